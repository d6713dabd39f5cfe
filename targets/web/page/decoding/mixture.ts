import type { Extent } from "../imaging/placement";
import { clamped } from "../rounding";

/** For each new value along an axis, the two old ones that it is made of: Python's `tasks/bilinear.py`. */
export class Mixture {
  /**
   * @param first places of those before it.
   * @param second places of those after it.
   * @param shares how much it has of the second one.
   */
  private constructor(
    readonly first: Int32Array,
    readonly second: Int32Array,
    readonly shares: Float32Array,
  ) {}

  /** From an axis of some length to one of another length. */
  static of(before: number, after: number): Mixture {
    const scale = before / after;
    return Mixture.at(after, 0, before, (index) => (index + 0.5) * scale);
  }

  /** The image's own pixels, of those of the input that show the image. */
  static fromInput(extent: Extent): Mixture {
    const { image, first, last, scale, start } = extent;
    return Mixture.at(image, first, last, (index) => (index + 0.5) * scale + start);
  }

  /** At places that are counted from the axis's edge, of the values from `start` to `end`. */
  private static at(
    count: number,
    start: number,
    end: number,
    centre: (index: number) => number,
  ): Mixture {
    const first = new Int32Array(count);
    const second = new Int32Array(count);
    const shares = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      const place = clamped(centre(index) - 0.5, start, end - 1);
      const below = Math.floor(place);
      first[index] = below;
      second[index] = Math.min(below + 1, end - 1);
      shares[index] = place - below;
    }
    return new Mixture(first, second, shares);
  }
}
