import { clamped } from "../rounding";
import type { Preprocessing } from "./preprocessing";
import { longestSide, type Size } from "./size";

/** Numbers of a box: its corners x1, y1, x2, y2. */
export const BOX_SIDES = 4;

/** An image along one of its axes, in pixels. */
export class Extent {
  /**
   * @param input of the network's input.
   * @param start where the resized image begins in it; negative where the image is cropped.
   * @param resized of the resized image.
   * @param image of the image itself.
   */
  constructor(
    readonly input: number,
    readonly start: number,
    readonly resized: number,
    readonly image: number,
  ) {
    if (!(Math.min(input, resized, image) > 0 && start < input && start + resized > 0)) {
      throw new RangeError(
        `an image of ${image} pixels, resized to ${resized} and placed at ${start}, is not within` +
          ` an input of ${input}`,
      );
    }
  }

  /** Where the image begins in the input, without what is cropped. */
  get first(): number {
    return Math.max(this.start, 0);
  }

  /** Where it ends. */
  get last(): number {
    return Math.min(this.start + this.resized, this.input);
  }

  /** The resized image's pixels over the image's. */
  get scale(): number {
    return this.resized / this.image;
  }
}

/** Where an image lies in a network's input, and back from there; Python's `artifact/placement.py`. */
export class Placement {
  /**
   * @param rows from top to bottom.
   * @param columns from left to right.
   */
  constructor(
    readonly rows: Extent,
    readonly columns: Extent,
  ) {}

  /** That of an image of some size. */
  static of(preprocessing: Preprocessing, image: Size): Placement {
    const input = preprocessing.size;
    const resized = preprocessing.resized(image);
    const [top, left] = preprocessing.placed(resized);
    return new Placement(
      new Extent(input.height, top, resized.height, image.height),
      new Extent(input.width, left, resized.width, image.width),
    );
  }

  /** The network's input. */
  get input(): Size {
    return { height: this.rows.input, width: this.columns.input };
  }

  /** The image. */
  get image(): Size {
    return { height: this.rows.image, width: this.columns.image };
  }

  /** That of the same image with fewer pixels, where one of its sides is longer than so many. */
  ofImageWithin(side: number): Placement {
    const longest = longestSide(this.image);
    if (longest <= side) return this;
    const shorter = ({ input, start, resized, image }: Extent) =>
      new Extent(input, start, resized, Math.max(Math.trunc((image * side) / longest), 1));
    return new Placement(shorter(this.rows), shorter(this.columns));
  }

  /**
   * Brings boxes to pixels of the image, clipped to what the network saw of it.
   *
   * @param boxes corners x1, y1, x2, y2 in pixels of the input, one box after the other; they are
   *   changed.
   * @param count of the boxes.
   */
  toImage(boxes: Float32Array, count: number): void {
    const { fround } = Math;
    for (let side = 0; side < BOX_SIDES; side++) {
      const axis = side % 2 === 0 ? this.columns : this.rows;
      const scale = fround(axis.scale);
      for (let index = side; index < count * BOX_SIDES; index += BOX_SIDES) {
        boxes[index] = fround(clamped(boxes[index]!, axis.first, axis.last) - axis.start) / scale;
      }
    }
  }
}
