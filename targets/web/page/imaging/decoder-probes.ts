import { Fields } from "../files/fields";
import { PageError } from "../page-error";
import type { ImageDecoder } from "./image-decoder";

/** Where the site has the probes. */
export const PROBES = "decoder-probes.json";

/** A small image with the pixels that Pillow makes of it. */
export interface DecoderProbe {
  /** Such as `JPEG 4:2:0`. */
  readonly name: string;
  readonly type: string;
  readonly file: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;

  /** uint8 [height, width, 3]. */
  readonly pixels: Uint8Array;
}

/** An image that a browser decodes otherwise than Pillow. */
export interface DecoderDifference {
  readonly name: string;

  /** Largest, of a channel of a pixel, in 255ths; null where there is nothing to compare. */
  readonly levels: number | null;
}

/** @throws PageError they are damaged. */
export function parseProbes(value: unknown): DecoderProbe[] {
  return new Fields(value, PROBES).objects("probes").map((fields) => {
    fields.named("name", "type", "file", "width", "height", "pixels");
    const probe = {
      name: fields.text("name"),
      type: fields.text("type"),
      file: bytesOf(fields, "file"),
      width: fields.whole("width"),
      height: fields.whole("height"),
      pixels: bytesOf(fields, "pixels"),
    };
    if (probe.pixels.length !== 3 * probe.width * probe.height) {
      throw new PageError(`${fields.place}.pixels are not of its size; build the site again`);
    }
    return probe;
  });
}

/** Decodes the probes as photos are decoded; those that differ from Pillow's. */
export async function probeDecoder(
  probes: readonly DecoderProbe[],
  decoder: Pick<ImageDecoder, "decode">,
): Promise<DecoderDifference[]> {
  const differences: DecoderDifference[] = [];
  for (const probe of probes) {
    const levels = await levelsApart(probe, decoder);
    if (levels !== 0) differences.push({ name: probe.name, levels });
  }
  return differences;
}

/** What a browser's decoding is, in words. */
export function decodingText(differences: readonly DecoderDifference[]): string {
  if (differences.length === 0) return "as Pillow's, to the last bit";
  const texts = differences.map(({ name, levels }) =>
    levels === null ? `${name} cannot be read` : `${name} by up to ${levels} of 255`,
  );
  return `differs from Pillow's: ${texts.join(", ")}`;
}

async function levelsApart(
  { file, type, width, height, pixels }: DecoderProbe,
  decoder: Pick<ImageDecoder, "decode">,
): Promise<number | null> {
  try {
    const image = await decoder.decode(new Blob([file], { type }));
    if (image.width !== width || image.height !== height) return null;
    return image.pixels.reduce((most, value, index) => Math.max(most, Math.abs(value - pixels[index]!)), 0);
  } catch (error) {
    if (error instanceof PageError) return null;
    throw error;
  }
}

function bytesOf(fields: Fields, name: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(fields.text(name)), (character) => character.charCodeAt(0));
  } catch {
    throw new PageError(`${fields.place}.${name} is no base64; build the site again`);
  }
}
