import type { Preprocessing } from "./preprocessing";
import { CHANNELS } from "./rgb-image";

/** Orders of the dimensions of images and maps, by their names in a manifest. */
export const IMAGE_LAYOUTS = ["NCHW", "NHWC"] as const;

export type ImageLayout = (typeof IMAGE_LAYOUTS)[number];

/** The values of a file's input, in memory of their own. */
export type InputValues = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** What a file takes. */
export interface ImageInput {
  /** `uint8` of files that take pixels and normalise them themselves. */
  readonly type: "float32" | "uint8";
  readonly layout: ImageLayout;

  /** Number of values of a batch. */
  readonly size: number;
}

/**
 * The one way from pixels to a file's input; what is missing to a batch is zeros.
 *
 * @param pixels uint8 [images, H, W, 3].
 * @param images at most as many as go in at a time.
 */
export function modelInput(
  pixels: Uint8Array,
  images: number,
  input: ImageInput,
  preprocessing: Preprocessing,
): InputValues {
  if (pixels.length > input.size) {
    throw new RangeError(`${pixels.length} values are more than the ${input.size} of an input`);
  }
  if (input.type === "uint8") {
    const values = new Uint8Array(input.size);
    arrange(pixels.length, images, input.layout, (_, from, to) => {
      values[to] = pixels[from]!;
    });
    return values;
  }
  const values = new Float32Array(input.size);
  values.set(normalise(pixels, images, input.layout, preprocessing));
  return values;
}

/**
 * Scales and normalises pixels: (pixel / 255 - mean) / std in float32.
 *
 * @param pixels uint8 [images, H, W, 3].
 * @param layout of the result.
 */
export function normalise(
  pixels: Uint8Array,
  images: number,
  layout: ImageLayout,
  preprocessing: Preprocessing,
): Float32Array {
  const values = new Float32Array(pixels.length);
  arrange(pixels.length, images, layout, (channel, from, to) => {
    values[to] = preprocessing.tables[channel]![pixels[from]!]!;
  });
  return values;
}

/** Walks through RGB images in rows of pixels, and tells where each value belongs in a layout. */
function arrange(
  values: number,
  images: number,
  layout: ImageLayout,
  place: (channel: number, from: number, to: number) => void,
): void {
  const area = values / (CHANNELS * images);
  if (!(images > 0 && Number.isInteger(area))) {
    throw new RangeError(`${values} bytes are no ${images} RGB images`);
  }
  const [pixelStep, channelStep] = layout === "NHWC" ? [CHANNELS, 1] : [1, area];
  for (let image = 0; image < images; image++) {
    const start = image * area * CHANNELS;
    for (let channel = 0; channel < CHANNELS; channel++) {
      let from = start + channel;
      let to = start + channel * channelStep;
      for (let pixel = 0; pixel < area; pixel++) {
        place(channel, from, to);
        from += CHANNELS;
        to += pixelStep;
      }
    }
  }
}
