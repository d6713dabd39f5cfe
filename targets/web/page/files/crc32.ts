const POLYNOMIAL = 0xedb88320;
const BYTE = 0xff;

const TABLE = Uint32Array.from({ length: BYTE + 1 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** The checksum that zip archives have of their files, unsigned. */
export function crc32(bytes: Uint8Array): number {
  let sum = ~0;
  for (const byte of bytes) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & BYTE]!;
  return ~sum >>> 0;
}
