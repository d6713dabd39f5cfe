import { PageError } from "../page-error";
import { crc32 } from "./crc32";

/** Where a file is in an archive, and how it was packed. */
interface Entry {
  readonly at: number;
  readonly method: number;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
}

/** Of a record in an archive: how it begins, and its length without names. */
const END = { signature: 0x06054b50, length: 22 };
const CENTRAL = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };

const LONGEST_COMMENT = 0xffff;

/** In place of sizes that are stated elsewhere, as those of 4 GiB are. */
const FAR = 0xffffffff;

const STORED = 0;
const DEFLATED = 8;

/** What gzip puts before a deflated stream; behind it stand its checksum and its size. */
const GZIP_HEADER = [0x1f, 0x8b, DEFLATED, 0, 0, 0, 0, 0, 0, 0xff];

/** A zip archive in memory, of files that are stored or deflated. */
export class ZipArchive {
  private readonly view: DataView;
  private readonly entries: ReadonlyMap<string, Entry>;

  /**
   * @param name of the archive, for messages.
   * @throws PageError it is none, or is damaged.
   */
  constructor(
    private readonly bytes: Uint8Array,
    readonly name: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.entries = this.guarded(() => this.directory());
  }

  /**
   * A file's content.
   *
   * @param most bytes that it may have; what an archive says of a size is believed up to here only.
   * @throws PageError it is missing, damaged or larger.
   */
  async content(name: string, most: number): Promise<Uint8Array> {
    const entry = this.entries.get(name);
    if (!entry) throw this.unreadable(`it has no ${JSON.stringify(name)}`);
    if (entry.size > most) throw this.unreadable(`${JSON.stringify(name)} has more than ${most} bytes`);
    const packed = this.guarded(() => this.packed(entry));
    const content = entry.method === STORED ? packed : await inflated(packed, entry);
    if (content?.length !== entry.size || crc32(content) !== entry.checksum) {
      throw this.unreadable(`${JSON.stringify(name)} differs from its checksum`);
    }
    return content;
  }

  /** @returns an error that says why the archive cannot be read. */
  unreadable(reason: string): PageError {
    return new PageError(`${this.name}: not a readable array file (${reason}); export again`);
  }

  private directory(): Map<string, Entry> {
    const end = this.end();
    const entries = new Map<string, Entry>();
    let at = this.view.getUint32(end + 16, true);
    for (let count = this.view.getUint16(end + 10, true); count > 0; count--) {
      this.check(at, CENTRAL.signature);
      const [nameLength, extra, comment] = [28, 30, 32].map((field) => this.view.getUint16(at + field, true));
      const method = this.view.getUint16(at + 10, true);
      const entry = {
        at: this.view.getUint32(at + 42, true),
        method,
        checksum: this.view.getUint32(at + 16, true),
        packed: this.view.getUint32(at + 20, true),
        size: this.view.getUint32(at + 24, true),
      };
      if (method !== STORED && method !== DEFLATED) throw this.unreadable(`it is packed by method ${method}`);
      if ([entry.at, entry.packed, entry.size].includes(FAR)) throw this.unreadable("it is too large");
      entries.set(this.text(at + CENTRAL.length, nameLength!), entry);
      at += CENTRAL.length + nameLength! + extra! + comment!;
    }
    return entries;
  }

  /** Where the record at the archive's end begins. */
  private end(): number {
    const last = this.bytes.length - END.length;
    for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
      if (this.view.getUint32(at, true) === END.signature) return at;
    }
    throw this.unreadable("it is no zip archive, or is cut off");
  }

  private packed(entry: Entry): Uint8Array {
    this.check(entry.at, LOCAL.signature);
    const names = this.view.getUint16(entry.at + 26, true) + this.view.getUint16(entry.at + 28, true);
    const start = entry.at + LOCAL.length + names;
    if (start + entry.packed > this.bytes.length) throw this.unreadable("it is cut off");
    return this.bytes.subarray(start, start + entry.packed);
  }

  private text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }

  private check(at: number, signature: number): void {
    if (this.view.getUint32(at, true) !== signature) throw this.unreadable("it is damaged");
  }

  /** What reads the archive, whose places may lie outside of it. */
  private guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof RangeError) throw this.unreadable("it is cut off");
      throw error;
    }
  }
}

/**
 * What was deflated, or null where it is damaged or is not of the size that was stated.
 *
 * As gzip, since not every browser and Node takes a deflated stream alone.
 */
async function inflated(packed: Uint8Array, entry: Entry): Promise<Uint8Array | null> {
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, entry.checksum, true);
  trailer.setUint32(4, entry.size, true);
  const gzip = new Blob([Uint8Array.from(GZIP_HEADER), new Uint8Array(packed), trailer]);
  const reader = gzip.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const content = new Uint8Array(entry.size);
  let filled = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return filled === entry.size ? content : null;
      content.set(value, filled);
      filled += value.length;
    }
  } catch {
    await reader.cancel().catch(() => undefined);
    return null;
  }
}
