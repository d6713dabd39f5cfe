import type { Fields } from "../files/fields";
import { PageError } from "../page-error";
import { roundHalfEven } from "../rounding";
import { INTERPOLATIONS, type Interpolation } from "./interpolation";
import { resample } from "./resampling";
import { CHANNELS, RgbImage } from "./rgb-image";
import { isSameSize, longestSide, type Size, sizeText } from "./size";

/** How an image of any shape comes to the network's, by the names in a manifest. */
export const RESIZE_MODES = ["crop", "squash", "letterbox"] as const;

/** Where a letterboxed image leaves room. */
export const PADDING_PLACES = ["bottom-right", "around"] as const;

/** Pixels of a resized image's long side; beyond that it is no photo, and would fill memory. */
export const LONGEST_SIDE = 32_768;

const LEAST_CROP_RATIO = 0.01;
const BYTE = 0xff;

/** What a manifest states of the way from an image to the network's input. */
export interface PreprocessingFields {
  /** Of the network's input. */
  readonly size: Size;

  /** What a resized image covers in `crop`, and else keeps within. */
  readonly resize: Size;
  readonly resizeMode: (typeof RESIZE_MODES)[number];

  /** Share of the covered size that a crop keeps. */
  readonly cropRatio: number;
  readonly interpolation: Interpolation;

  /** For `letterbox`: red, green and blue from 0 to 255. */
  readonly padding: readonly number[];

  /** For `letterbox`. */
  readonly paddingPlace: (typeof PADDING_PLACES)[number];

  /** Of red, green and blue, in [0, 1], as the deviations. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * How an image becomes the network's input, the same as Python's `artifact/preprocessing.py`.
 *
 * Resize to the network's size, scale to [0, 1], then subtract the mean and divide by the standard
 * deviation of each channel.
 */
export class Preprocessing {
  readonly size: Size;

  /** Of red, green and blue in turn: what each value of a pixel becomes. */
  readonly tables: readonly Float32Array[];

  /** @throws PageError a field is impossible or contradicts another. */
  constructor(private readonly fields: PreprocessingFields) {
    check(fields);
    this.size = fields.size;
    this.tables = fields.mean.map((mean, channel) => normalised(mean, fields.std[channel]!));
  }

  /**
   * Reads what a manifest states.
   *
   * @throws PageError a field is missing, unknown, impossible or contradicts another.
   */
  static parse(fields: Fields): Preprocessing {
    fields.named(
      ...["height", "width", "resize", "resize_mode", "crop_ratio", "interpolation", "padding"],
      ...["padding_place", "mean", "std"],
    );
    const [height, width, ...more] = fields.wholes("resize");
    if (height === undefined || width === undefined || more.length > 0) {
      throw new PageError(`${fields.place}.resize must be a height and a width`);
    }
    return new Preprocessing({
      size: { height: fields.whole("height"), width: fields.whole("width") },
      resize: { height, width },
      resizeMode: fields.choice("resize_mode", RESIZE_MODES),
      cropRatio: fields.real("crop_ratio"),
      interpolation: fields.choice("interpolation", INTERPOLATIONS),
      padding: fields.wholes("padding"),
      paddingPlace: fields.choice("padding_place", PADDING_PLACES),
      mean: fields.reals("mean"),
      std: fields.reals("std"),
    });
  }

  /** What an image is resized to. */
  resized(image: Size): Size {
    const { height, width } = image;
    const { height: tall, width: wide } = this.fields.resize;
    switch (this.fields.resizeMode) {
      case "squash":
        return this.fields.resize;
      case "crop":
        // The side that the other one is as large as, or larger; cut off, not rounded.
        return tall * width >= wide * height
          ? { height: tall, width: Math.trunc((tall * width) / height) }
          : { height: Math.trunc((wide * height) / width), width: wide };
      case "letterbox": {
        // As detectors are trained by mmcv, to the last bit of its factor.
        const factor = Math.min(tall / height, wide / width);
        return { height: fitted(height, factor), width: fitted(width, factor) };
      }
    }
  }

  /**
   * Where a resized image begins in the network's input: from the top, and from the left.
   *
   * Negative where the image is cropped.
   */
  placed(resized: Size): [top: number, left: number] {
    const above = (this.size.height - resized.height) / 2;
    const before = (this.size.width - resized.width) / 2;
    if (this.fields.resizeMode !== "letterbox") return [roundHalfEven(above), roundHalfEven(before)];
    if (this.fields.paddingPlace === "bottom-right") return [0, 0];
    return [Math.floor(above), Math.floor(before)];
  }

  /**
   * Resizes an upright image, and crops or pads it, in the very arithmetic of Pillow.
   *
   * @returns an image of the network's size.
   * @throws PageError the sides are so unequal that the long one would pass 32768 pixels.
   */
  pixels(image: RgbImage): RgbImage {
    const whole = this.resized(image);
    if (longestSide(whole) > LONGEST_SIDE) {
      throw new PageError(
        `${image.width} x ${image.height} pixels are too unequal to be resized; crop the image`,
      );
    }
    const [top, left] = this.placed(whole);
    const { resizeMode, interpolation } = this.fields;
    if (resizeMode === "letterbox") {
      const all = { top: 0, left: 0, size: whole };
      return this.padded(resample(image, whole, all, interpolation), top, left);
    }
    return resample(image, whole, { top: -top, left: -left, size: this.size }, interpolation);
  }

  /** An image of the network's size in the padding's colour, with another image on it. */
  private padded(image: RgbImage, top: number, left: number): RgbImage {
    const { height, width } = this.size;
    const canvas = new Uint8Array(CHANNELS * height * width);
    for (let index = 0; index < canvas.length; index++) {
      canvas[index] = this.fields.padding[index % CHANNELS]!;
    }
    const length = CHANNELS * image.width;
    for (let row = 0; row < image.height; row++) {
      const pixels = image.pixels.subarray(row * length, (row + 1) * length);
      canvas.set(pixels, CHANNELS * ((top + row) * width + left));
    }
    return new RgbImage(width, height, canvas);
  }
}

function check(fields: PreprocessingFields): void {
  const { size, resize, resizeMode, cropRatio } = fields;
  if (Math.min(size.height, size.width) < 1 || longestSide(size) > LONGEST_SIDE) {
    throw new PageError(`height and width must be from 1 to ${LONGEST_SIDE}, not ${sizeText(size)}`);
  }
  if (!(cropRatio >= LEAST_CROP_RATIO && cropRatio <= 1)) {
    throw new PageError(`crop_ratio must be in [${LEAST_CROP_RATIO}, 1], not ${cropRatio}`);
  }
  const share = resizeMode === "crop" ? cropRatio : 1;
  const implied = { height: Math.ceil(size.height / share), width: Math.ceil(size.width / share) };
  if (!isSameSize(resize, implied)) {
    throw new PageError(
      `resize ${sizeText(resize)} contradicts ${sizeText(size)} at resize_mode ${resizeMode} and` +
        ` crop_ratio ${cropRatio}, which give ${sizeText(implied)}`,
    );
  }
  if (longestSide(resize) > LONGEST_SIDE) {
    throw new PageError(`resize must be at most ${LONGEST_SIDE}, not ${sizeText(resize)}`);
  }
  checkColours(fields);
}

function checkColours({ padding, mean, std }: PreprocessingFields): void {
  const isByte = (value: number) => Number.isInteger(value) && value >= 0 && value <= BYTE;
  if (padding.length !== CHANNELS || !padding.every(isByte)) {
    throw new PageError(`padding needs three whole numbers from 0 to ${BYTE}`);
  }
  const narrow = [...mean, ...std].map(Math.fround);
  if (mean.length !== CHANNELS || std.length !== CHANNELS || !narrow.every(Number.isFinite)) {
    throw new PageError("mean and std need three numbers each");
  }
  if (!narrow.slice(CHANNELS).every((value) => value > 0)) throw new PageError("std must be positive");
}

/** (pixel / 255 - mean) / std in float32, of each value of a pixel. */
function normalised(mean: number, std: number): Float32Array {
  const { fround } = Math;
  return Float32Array.from({ length: BYTE + 1 }, (_, pixel) =>
    fround(fround(fround(pixel / BYTE) - fround(mean)) / fround(std)),
  );
}

/** A side of an image that is resized by a factor; nothing vanishes. */
function fitted(side: number, factor: number): number {
  return Math.max(Math.trunc(side * factor + 0.5), 1);
}
