import type { ZipArchive } from "./zip-archive";

/** An array in C order. */
export interface NumpyArray<T> {
  readonly shape: readonly number[];
  readonly values: T;
}

/** Types of an array's values. */
export interface ValueTypes {
  readonly uint8: Uint8Array;
  readonly float32: Float32Array;
}

/** Bytes of an array. What a file says of its size is believed up to here only. */
const MOST_BYTES = 2 ** 28;

const MAGIC = "\x93NUMPY";
const LONGEST_HEADER = 2 ** 14;
const MOST_DIMENSIONS = 8;

const HEADER =
  /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(((?:\d{1,9}, ?)*(?:\d{1,9})?)\), \}\s*$/;

/** How values of a type are read. */
interface Reader<T> {
  /** The type's name in a file. */
  readonly id: string;

  /** Bytes of a value. */
  readonly width: number;

  /** All browsers are little endian, as the files are. */
  read(bytes: Uint8Array): T;
}

const READERS: { readonly [T in keyof ValueTypes]: Reader<ValueTypes[T]> } = {
  uint8: { id: "|u1", width: 1, read: (bytes) => bytes },
  float32: {
    id: "<f4",
    width: Float32Array.BYTES_PER_ELEMENT,
    read: (bytes) => new Float32Array(new Uint8Array(bytes).buffer),
  },
};

/**
 * Reads an array of a `.npz` file.
 *
 * @throws PageError the file lacks the array, is damaged, or holds another type.
 */
export async function readArray<T extends keyof ValueTypes>(
  archive: ZipArchive,
  name: string,
  type: T,
): Promise<NumpyArray<ValueTypes[T]>> {
  const content = await archive.content(`${name}.npy`, MOST_BYTES + LONGEST_HEADER);
  const fail = (reason: string): never => {
    throw archive.unreadable(`${name}: ${reason}`);
  };
  const reader = READERS[type];
  const start = headerEnd(content) ?? fail("its header is damaged");
  const header = HEADER.exec(new TextDecoder().decode(content.subarray(headerStart(content), start)));
  const [, descr, order, sides] = header ?? fail("its header is damaged");
  if (descr !== reader.id) fail(`its type is ${JSON.stringify(descr)}, not ${reader.id}`);
  if (order !== "False") fail("it is not in C order");
  const shape = sides!.split(",").filter((side) => side.trim()).map(Number);
  if (shape.length > MOST_DIMENSIONS) fail(`it has ${shape.length} dimensions`);
  const bytes = content.subarray(start);
  if (shape.reduce((product, side) => product * side, reader.width) !== bytes.length) {
    fail(`it does not have the size of its shape [${shape.join(", ")}]`);
  }
  return { shape, values: reader.read(bytes) };
}

/** Where a `.npy` file's header begins: the versions 1 to 3 differ in the sizes of its length. */
function headerStart(content: Uint8Array): number {
  return MAGIC.length + 2 + (content[MAGIC.length] === 1 ? 2 : 4);
}

/** Where it ends; null where there is none. */
function headerEnd(content: Uint8Array): number | null {
  const start = headerStart(content);
  const magic = String.fromCharCode(...content.subarray(0, MAGIC.length));
  const version = content[MAGIC.length];
  if (content.length < start || magic !== MAGIC || ![1, 2, 3].includes(version!)) return null;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const at = MAGIC.length + 2;
  const length = version === 1 ? view.getUint16(at, true) : view.getUint32(at, true);
  return length <= LONGEST_HEADER && start + length <= content.length ? start + length : null;
}
