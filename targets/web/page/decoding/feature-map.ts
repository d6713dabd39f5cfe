import type { ImageLayout } from "../imaging/model-input";

/** Values of every place of an image, as a runtime gives them. */
export class FeatureMap {
  private readonly placeStep: number;
  private readonly channelStep: number;

  /** @param values in the layout's order. */
  constructor(
    readonly values: Float32Array,
    readonly channels: number,
    readonly height: number,
    readonly width: number,
    readonly layout: ImageLayout,
  ) {
    if (values.length !== channels * height * width) {
      throw new RangeError(`${values.length} values are no map of ${channels} x ${height} x ${width}`);
    }
    this.placeStep = layout === "NHWC" ? channels : 1;
    this.channelStep = layout === "NHWC" ? 1 : this.places;
  }

  /** Number of places. */
  get places(): number {
    return this.height * this.width;
  }

  /** A channel's value at a place; places are counted row by row. */
  at(place: number, channel: number): number {
    return this.values[place * this.placeStep + channel * this.channelStep]!;
  }

  /** Values in the order [H, W, C]: the map's own where it has that order. */
  byPlace(): Float32Array {
    return this.layout === "NHWC" ? this.values : transposed(this.values, this.channels, this.places);
  }

  /** Values in the order [C, H, W]: the map's own where it has that order. */
  byChannel(): Float32Array {
    return this.layout === "NCHW" ? this.values : transposed(this.values, this.places, this.channels);
  }
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = values[row * columns + column]!;
    }
  }
  return turned;
}
