import type { Size } from "../imaging/size";

/** The label of what the network did not see. */
export const UNSEEN = 255;

/** The pixels of an image that show one class. */
export interface Region {
  /** Of the class, from 0. */
  readonly index: number;

  /** Of the image's pixels, in [0, 1]. */
  readonly share: number;
}

/** The class of each pixel of an image. */
export class LabelMap {
  /** @param labels row by row; `UNSEEN` where the image was cropped. */
  constructor(
    readonly size: Size,
    readonly labels: Uint8Array,
  ) {}

  /** The classes that occur, with their share of all pixels, from the largest. */
  regions(): Region[] {
    const counts = new Array<number>(UNSEEN + 1).fill(0);
    for (const label of this.labels) counts[label]!++;
    return counts
      .slice(0, UNSEEN)
      .map((count, index) => ({ index, share: count / this.labels.length }))
      .filter((region) => region.share > 0)
      .sort((one, other) => other.share - one.share);
  }
}
