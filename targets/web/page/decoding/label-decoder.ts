import type { Extent, Placement } from "../imaging/placement";
import { isSameSize, type Size, sizeText } from "../imaging/size";
import { PageError } from "../page-error";
import { clamped } from "../rounding";
import type { FeatureMap } from "./feature-map";
import { checkFinite } from "./finite";
import { LabelMap, UNSEEN } from "./label-map";
import { Mixture } from "./mixture";

/** Pixels of the input between two logits. */
const STRIDE = 4;

/**
 * Labels of an image from a segmenter's logits, in the arithmetic and with the ties of Python's
 * `tasks/label_map.py`.
 */
export class LabelDecoder {
  /**
   * @param input of the network.
   * @param classes of the segmenter.
   * @throws PageError there are too many, or none.
   */
  constructor(
    private readonly input: Size,
    private readonly classes: number,
  ) {
    if (!(classes >= 1 && classes <= UNSEEN)) {
      throw new PageError(`${classes} classes have no label map; 1 to ${UNSEEN} have one`);
    }
  }

  /**
   * Labels in mmseg's order: logits are resized to the input, cut to the image without its padding
   * and resized to its size; then the best class is taken, of equal ones the first.
   *
   * @param logits at a quarter of the input, or at its size.
   * @param placement the image's in the input.
   * @throws PageError logits are of another shape, NaN or infinite.
   */
  interpolated(logits: FeatureMap, placement: Placement): LabelMap {
    this.check(logits, placement);
    const values = logits.byPlace();
    const tall = Mixture.of(logits.height, this.input.height);
    const across = Mixture.of(logits.width, this.input.width);
    const down = Mixture.fromInput(placement.rows);
    const columns = Mixture.fromInput(placement.columns);
    const row = logits.width * this.classes;
    const upper = new Float32Array(row);
    const lower = new Float32Array(row);
    const wide = new Float32Array(this.input.width * this.classes);
    const size = placement.image;
    const labels = new Uint8Array(size.height * size.width);
    for (let y = 0; y < size.height; y++) {
      mix(values, row, tall, down.first[y]!, upper, 0);
      if (down.shares[y] !== 0) {
        mix(values, row, tall, down.second[y]!, lower, 0);
        mixAll(upper, lower, down.shares[y]!);
      }
      for (let x = 0; x < this.input.width; x++) mix(upper, this.classes, across, x, wide, x * this.classes);
      for (let x = 0; x < size.width; x++) labels[y * size.width + x] = this.best(wide, columns, x);
    }
    return withoutUnseen(new LabelMap(size, labels), placement);
  }

  /**
   * Labels in the cheap order: the best class of each logit, then the logit in whose place a pixel's
   * centre lies.
   *
   * @param logits at a quarter of the input, or at its size.
   * @param placement the image's in the input.
   * @throws PageError logits are of another shape, NaN or infinite.
   */
  nearest(logits: FeatureMap, placement: Placement): LabelMap {
    this.check(logits, placement);
    const small = Uint8Array.from({ length: logits.places }, (_, place) => {
      let best = 0;
      for (let index = 1; index < this.classes; index++) {
        if (logits.at(place, index) > logits.at(place, best)) best = index;
      }
      return best;
    });
    const rows = nearestPlaces(placement.rows, logits.height);
    const columns = nearestPlaces(placement.columns, logits.width);
    const size = placement.image;
    const labels = new Uint8Array(size.height * size.width);
    for (let y = 0; y < size.height; y++) {
      for (let x = 0; x < size.width; x++) {
        labels[y * size.width + x] = small[rows[y]! * logits.width + columns[x]!]!;
      }
    }
    return withoutUnseen(new LabelMap(size, labels), placement);
  }

  /** The first of the best classes of a pixel of the image, from the row of the input. */
  private best(wide: Float32Array, columns: Mixture, x: number): number {
    const first = columns.first[x]! * this.classes;
    const second = columns.second[x]! * this.classes;
    const share = columns.shares[x]!;
    const rest = Math.fround(1 - share);
    let best = 0;
    let highest = -Infinity;
    for (let index = 0; index < this.classes; index++) {
      const value = mixed(wide[first + index]!, rest, wide[second + index]!, share);
      if (value > highest) {
        highest = value;
        best = index;
      }
    }
    return best;
  }

  private check(logits: FeatureMap, placement: Placement): void {
    const quarter = {
      height: Math.ceil(this.input.height / STRIDE),
      width: Math.ceil(this.input.width / STRIDE),
    };
    const fits = isSameSize(logits, quarter) || isSameSize(logits, this.input);
    if (!(isSameSize(placement.input, this.input) && logits.channels === this.classes && fits)) {
      throw new PageError(
        `logits of one image of ${sizeText(this.input)} must be ${this.classes} x ${sizeText(quarter)},` +
          ` or of its size, not ${logits.channels} x ${sizeText(logits)} in an input of` +
          ` ${sizeText(placement.input)}`,
      );
    }
    checkFinite(logits.values, "logits");
  }
}

/** A value that has a share of another one, in float32. */
function mixed(value: number, rest: number, other: number, share: number): number {
  return Math.fround(Math.fround(value * rest) + Math.fround(other * share));
}

/** Mixes two of `length` values each, of those that lie one after the other. */
function mix(
  values: Float32Array,
  length: number,
  mixture: Mixture,
  place: number,
  into: Float32Array,
  at: number,
): void {
  const first = mixture.first[place]! * length;
  const second = mixture.second[place]! * length;
  const share = mixture.shares[place]!;
  const rest = Math.fround(1 - share);
  for (let index = 0; index < length; index++) {
    into[at + index] = mixed(values[first + index]!, rest, values[second + index]!, share);
  }
}

function mixAll(values: Float32Array, others: Float32Array, share: number): void {
  const rest = Math.fround(1 - share);
  for (let index = 0; index < values.length; index++) {
    values[index] = mixed(values[index]!, rest, others[index]!, share);
  }
}

/** Where a pixel has its centre in the input, in pixels of the input times 2 * extent.image: whole. */
function centreOf(extent: Extent, pixel: number): number {
  return (2 * pixel + 1) * extent.resized + 2 * extent.image * extent.start;
}

/** The places, of so many, that the image's pixels lie in. */
function nearestPlaces(extent: Extent, count: number): Int32Array {
  return Int32Array.from({ length: extent.image }, (_, pixel) => {
    const place = Math.floor((centreOf(extent, pixel) * count) / (2 * extent.image * extent.input));
    return clamped(place, 0, count - 1);
  });
}

function isUnseen(extent: Extent, pixel: number): boolean {
  const centre = centreOf(extent, pixel);
  return centre < 0 || centre >= 2 * extent.image * extent.input;
}

/** Marks what the network did not see, since the image was cropped. */
function withoutUnseen(map: LabelMap, placement: Placement): LabelMap {
  const { height, width } = map.size;
  for (let y = 0; y < height; y++) {
    if (isUnseen(placement.rows, y)) map.labels.fill(UNSEEN, y * width, (y + 1) * width);
  }
  for (let x = 0; x < width; x++) {
    if (!isUnseen(placement.columns, x)) continue;
    for (let y = 0; y < height; y++) map.labels[y * width + x] = UNSEEN;
  }
  return map;
}
