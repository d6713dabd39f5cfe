import { FILTERS, type Interpolation } from "./interpolation";
import { CHANNELS, RgbImage } from "./rgb-image";
import type { Size } from "./size";
import { PRECISION_BITS, Weights } from "./weights";

/** A part of a resized image: its first row and column there, and its size. */
export interface Crop {
  readonly top: number;
  readonly left: number;
  readonly size: Size;
}

const HALF = 1 << (PRECISION_BITS - 1);
const BYTE = 0xff;

/**
 * Resizes an image to a size and cuts a part out, computing no pixel outside of it.
 *
 * The result is Pillow's to the last bit: one pass along the rows and one along the columns, each
 * antialiased, in fixed point, and rounded to 8 bits at its end.
 */
export function resample(image: RgbImage, size: Size, crop: Crop, interpolation: Interpolation): RgbImage {
  if (interpolation === "nearest") return nearest(image, size, crop);
  const filter = FILTERS[interpolation];
  const columns = Weights.of(image.width, size.width, crop.left, crop.size.width, filter);
  const rows = Weights.of(image.height, size.height, crop.top, crop.size.height, filter);
  if (isColumnsFirst(image, size)) {
    const short = alongColumns(image, columns.start, columns.end, rows);
    return alongRows(short, 0, short.height, columns.withoutMargin());
  }
  const narrow = alongRows(image, rows.start, rows.end, columns);
  return alongColumns(narrow, 0, narrow.width, rows.withoutMargin());
}

/** Pillow 13 begins with the columns where these lose more than twice as many pixels as the rows do. */
function isColumnsFirst(image: RgbImage, size: Size): boolean {
  return size.height < image.height && image.height - size.height > 2 * (image.width - size.width);
}

/** Some rows of an image, resized along the rows. */
function alongRows(image: RgbImage, start: number, end: number, weights: Weights): RgbImage {
  const source = image.pixels;
  const { outputs, first, counts, stride, values } = weights;
  const target = new Uint8Array(CHANNELS * (end - start) * outputs);
  let to = 0;
  for (let row = start; row < end; row++) {
    for (let output = 0; output < outputs; output++) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let at = CHANNELS * (row * image.width + first[output]!);
      const begin = output * stride;
      const stop = begin + counts[output]!;
      for (let tap = begin; tap < stop; tap++) {
        const weight = values[tap]!;
        red = (red + weight * source[at]!) | 0;
        green = (green + weight * source[at + 1]!) | 0;
        blue = (blue + weight * source[at + 2]!) | 0;
        at += CHANNELS;
      }
      target[to] = clipped(red);
      target[to + 1] = clipped(green);
      target[to + 2] = clipped(blue);
      to += CHANNELS;
    }
  }
  return new RgbImage(outputs, end - start, target);
}

/** Some columns of an image, resized along the columns. */
function alongColumns(image: RgbImage, start: number, end: number, weights: Weights): RgbImage {
  const source = image.pixels;
  const { outputs, first, counts, stride, values } = weights;
  const length = CHANNELS * (end - start);
  const target = new Uint8Array(outputs * length);
  const sums = new Int32Array(length);
  for (let output = 0; output < outputs; output++) {
    sums.fill(HALF);
    for (let tap = 0; tap < counts[output]!; tap++) {
      const weight = values[output * stride + tap]!;
      const from = CHANNELS * ((first[output]! + tap) * image.width + start);
      for (let index = 0; index < length; index++) {
        sums[index] = sums[index]! + weight * source[from + index]!;
      }
    }
    for (let index = 0; index < length; index++) target[output * length + index] = clipped(sums[index]!);
  }
  return new RgbImage(end - start, outputs, target);
}

/** The pixel of a sum in fixed point. */
function clipped(sum: number): number {
  const pixel = sum >> PRECISION_BITS;
  return pixel < 0 ? 0 : pixel > BYTE ? BYTE : pixel;
}

function nearest(image: RgbImage, size: Size, crop: Crop): RgbImage {
  const columns = nearestInputs(image.width, size.width, crop.left, crop.size.width);
  const rows = nearestInputs(image.height, size.height, crop.top, crop.size.height);
  const target = new Uint8Array(CHANNELS * rows.length * columns.length);
  let to = 0;
  for (const row of rows) {
    for (const column of columns) {
      const at = CHANNELS * (row * image.width + column);
      for (let channel = 0; channel < CHANNELS; channel++) target[to++] = image.pixels[at + channel]!;
    }
  }
  return new RgbImage(columns.length, rows.length, target);
}

/** The nearest inputs of some outputs; Pillow adds the steps up, so where halves fall depends on it. */
function nearestInputs(inputSize: number, outputSize: number, from: number, outputs: number): Int32Array {
  const scale = inputSize / outputSize;
  const inputs = new Int32Array(outputs);
  let place = scale * 0.5;
  for (let output = 0; output < from + outputs; output++) {
    if (output >= from) inputs[output - from] = Math.trunc(place);
    place += scale;
  }
  return inputs;
}
