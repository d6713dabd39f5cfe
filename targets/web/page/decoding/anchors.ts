import type { Size } from "../imaging/size";

/** The pyramid's finest level, P3, whose stride is 2^3. */
export const FIRST_LEVEL = 3;

/** Anchors of a place. */
export const PER_PLACE = 9;

/** More levels than any input has room for. */
export const MOST_LEVELS = 9;

const BASE_SCALE = 4;
const SCALES_PER_OCTAVE = 3;

/** Height over width. */
const RATIOS = [0.5, 1, 2];

/**
 * The boxes that a level's outputs are relative to, as mmdet places them; Python's `tasks/anchors.py`.
 *
 * They are centred on whole multiples of the stride, beginning with the image's corner.
 */
export class Anchors {
  /** Half the width and half the height of each kind, by ratio, and those of one ratio by size. */
  private readonly halves: readonly (readonly [x: number, y: number])[];

  /**
   * @param height rows of the level's map.
   * @param width columns of the level's map.
   */
  private constructor(
    private readonly stride: number,
    readonly height: number,
    readonly width: number,
  ) {
    this.halves = RATIOS.flatMap((ratio) => {
      const root = Math.sqrt(ratio);
      return Array.from({ length: SCALES_PER_OCTAVE }, (_, scale) => {
        const side = stride * BASE_SCALE * 2 ** (scale / SCALES_PER_OCTAVE);
        return [((1 / root) * side) / 2, (root * side) / 2] as const;
      });
    });
  }

  /** The anchors of an input's level, 3 for stride 8. */
  static of(input: Size, level: number): Anchors {
    const stride = 1 << level;
    return new Anchors(stride, Math.ceil(input.height / stride), Math.ceil(input.width / stride));
  }

  /** Number of anchors. */
  get count(): number {
    return this.height * this.width * PER_PLACE;
  }

  /**
   * Writes the corners x1, y1, x2, y2 of an anchor in pixels of the input.
   *
   * @param number of the anchor, by row, column and kind.
   */
  write(number: number, into: Float32Array, at: number): void {
    const place = Math.floor(number / PER_PLACE);
    const [halfWidth, halfHeight] = this.halves[number % PER_PLACE]!;
    const x = (place % this.width) * this.stride;
    const y = Math.floor(place / this.width) * this.stride;
    into[at] = x - halfWidth;
    into[at + 1] = y - halfHeight;
    into[at + 2] = x + halfWidth;
    into[at + 3] = y + halfHeight;
  }
}
