import { CHANNELS } from "../imaging/rgb-image";
import { PageError } from "../page-error";
import { type Bundle, parseBundle } from "./bundle";
import type { JobImages } from "./job";
import type { ModelFile } from "./model-file";

const HEX = 16;
const NOT_THERE = 404;

/** What the page has from where it came from; nothing is fetched from anywhere else. */
export class Site {
  private readonly contents = new Map<string, Promise<Uint8Array>>();

  /** @param root its address, with a slash at its end. */
  constructor(readonly root: URL) {}

  /**
   * The bundle that the files are of; null where the site is of files without one.
   *
   * @throws PageError it is damaged.
   */
  async bundle(): Promise<Bundle | null> {
    const value = await this.json("bundle.json");
    return value === null ? null : parseBundle(value);
  }

  /**
   * What a JSON file holds.
   *
   * @throws PageError it is not there, or damaged.
   */
  async json(path: string): Promise<unknown> {
    const text = new TextDecoder().decode(await this.fetched(path));
    try {
      return JSON.parse(text);
    } catch {
      throw new PageError(`${path} is no JSON; build the site again`);
    }
  }

  /**
   * Images, uint8 [N, H, W, 3].
   *
   * @throws PageError they are not there, or not of their shape.
   */
  async pixels({ file, count, height, width }: JobImages): Promise<Uint8Array> {
    const bytes = await this.fetched(file);
    if (bytes.length !== count * height * width * CHANNELS) {
      throw new PageError(`${file} does not have the size of its images; build the site again`);
    }
    return bytes;
  }

  /**
   * A file's content, held to its digest where the browser computes one.
   *
   * @throws PageError it is not there, or damaged.
   */
  async model(file: ModelFile): Promise<Uint8Array> {
    const bytes = await this.fetched(file.path);
    const digest = await digestOf(bytes);
    if (bytes.length !== file.bytes || (digest !== null && digest !== file.sha256)) {
      this.contents.delete(file.path);
      throw new PageError("is not the file that the site was made for; build the site again");
    }
    return bytes;
  }

  /** A file's content, kept. */
  fetched(path: string): Promise<Uint8Array> {
    let content = this.contents.get(path);
    if (!content) {
      content = this.fetchOnce(path);
      this.contents.set(path, content);
      content.catch(() => this.contents.delete(path));
    }
    return content;
  }

  private async fetchOnce(path: string): Promise<Uint8Array> {
    let response: Response;
    try {
      response = await fetch(new URL(path, this.root), { cache: "no-store" });
    } catch {
      throw new PageError(`${path} could not be fetched; the site is not to be reached any more`);
    }
    if (response.status === NOT_THERE) throw new PageError(`${path} is not there; build the site again`);
    if (!response.ok) throw new PageError(`${path} could not be fetched (status ${response.status})`);
    return new Uint8Array(await response.arrayBuffer());
  }
}

/** SHA-256 in hex; null where the page is not secure, so that browsers compute none. */
async function digestOf(bytes: Uint8Array): Promise<string | null> {
  if (!isSecureContext) return null;
  const digest = await crypto.subtle.digest("SHA-256", bytes as BufferSource);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(HEX).padStart(2, "0")).join("");
}
