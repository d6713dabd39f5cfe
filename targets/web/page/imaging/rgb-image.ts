/** Red, green and blue. */
export const CHANNELS = 3;

const CHANNELS_WITH_ALPHA = 4;

/** An image of 8 bits a channel. */
export class RgbImage {
  /**
   * @param width in pixels; at least 1, as the height.
   * @param pixels red, green and blue of each pixel, row by row: uint8 [height, width, 3].
   */
  constructor(
    readonly width: number,
    readonly height: number,
    readonly pixels: Uint8Array,
  ) {
    if (width < 1 || height < 1 || pixels.length !== CHANNELS * width * height) {
      throw new RangeError(`${pixels.length} bytes are no RGB image of ${width} x ${height} pixels`);
    }
  }

  /** An image of pixels with alpha, as a canvas or a texture has them; alpha is dropped. */
  static fromRgba(width: number, height: number, rgba: ArrayLike<number>): RgbImage {
    if (rgba.length !== CHANNELS_WITH_ALPHA * width * height) {
      throw new RangeError(`${rgba.length} bytes are no RGBA image of ${width} x ${height} pixels`);
    }
    const pixels = new Uint8Array(CHANNELS * width * height);
    let to = 0;
    for (let from = 0; from < rgba.length; from += CHANNELS_WITH_ALPHA) {
      pixels[to++] = rgba[from]!;
      pixels[to++] = rgba[from + 1]!;
      pixels[to++] = rgba[from + 2]!;
    }
    return new RgbImage(width, height, pixels);
  }
}
