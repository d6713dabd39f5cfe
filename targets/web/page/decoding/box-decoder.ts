import { BOX_SIDES, type Placement } from "../imaging/placement";
import { isSameSize, type Size, sizeText } from "../imaging/size";
import { PageError } from "../page-error";
import { clamped } from "../rounding";
import { Anchors, FIRST_LEVEL, MOST_LEVELS, PER_PLACE } from "./anchors";
import type { FeatureMap } from "./feature-map";
import { checkFinite, notFinite } from "./finite";
import { best, type Ranked } from "./ranking";
import { suppress } from "./suppression";

/** An object in an image. */
export interface Detection {
  /** Of its class, from 0. */
  readonly index: number;

  /** In [0, 1]. */
  readonly score: number;

  /** Of its box in pixels of the image, as the other three sides. */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** What is kept of a detector's boxes. */
export interface DecodingSettings {
  /** Scores must be above it, in [0, 1). */
  readonly scoreThreshold: number;

  /** Pairs of an anchor and a class that each level keeps. */
  readonly mostPerLevel: number;

  /** Of two boxes of one class; the worse one is left out above it. */
  readonly mostIou: number;

  /** Of an image. */
  readonly mostBoxes: number;
}

/** mmdet's for RetinaNet. */
export const DECODING_SETTINGS: DecodingSettings = {
  scoreThreshold: 0.05,
  mostPerLevel: 1000,
  mostIou: 0.5,
  mostBoxes: 100,
};

/** Of the logarithm of a box's side over its anchor's, as mmdet clamps it. */
const LARGEST_SCALE = Math.fround(Math.abs(Math.log(16 / 1000)));

/** Writes the corners of an anchor, by its number over all levels. */
type WriteBox = (anchor: number, boxes: Float32Array, at: number) => void;

/**
 * Decodes the outputs of a detector for one input size, in the order and with the ties of Python's
 * `tasks/box_decoder.py`: by the logit, or by the score where the file gives scores; of equal ones
 * comes first what is first by level, row, column, anchor and class.
 */
export class BoxDecoder {
  private readonly levels: readonly Anchors[];
  private readonly settings: DecodingSettings;

  /**
   * @param input of the network.
   * @param classes of the detector.
   * @param levels of its pyramid.
   * @throws PageError there are none, or more than an input has room for.
   */
  constructor(
    private readonly input: Size,
    private readonly classes: number,
    levels: number,
    settings: Partial<DecodingSettings> = {},
  ) {
    if (!(classes > 0 && levels > 0 && levels <= MOST_LEVELS)) {
      throw new PageError(`a detector needs a class and 1 to ${MOST_LEVELS} levels`);
    }
    this.levels = Array.from({ length: levels }, (_, level) => Anchors.of(input, FIRST_LEVEL + level));
    this.settings = { ...DECODING_SETTINGS, ...settings };
    checkSettings(this.settings);
  }

  /**
   * Objects of an image from the maps of each level.
   *
   * @param logits of each level from the finest, of 9 * classes channels.
   * @param deltas likewise, of 36 channels.
   * @param placement the image's in the input.
   * @throws PageError a map is missing or of another shape, or a value is NaN or infinite.
   */
  decode(logits: readonly FeatureMap[], deltas: readonly FeatureMap[], placement: Placement): Detection[] {
    this.checkMaps(logits, "class_logits", this.classes);
    this.checkMaps(deltas, "box_deltas", BOX_SIDES);
    for (const map of deltas) checkFinite(map.values, "box_deltas");
    let start = 0;
    const candidates = logits.flatMap((map, level) => {
      const found = this.ranked(map, start * this.classes);
      start += this.levels[level]!.count;
      return found;
    });
    const write: WriteBox = (number, boxes, at) => {
      let anchor = number;
      let level = 0;
      while (anchor >= this.levels[level]!.count) anchor -= this.levels[level++]!.count;
      this.levels[level]!.write(anchor, boxes, at);
      shift(boxes, at, deltas[level]!, anchor);
    };
    return this.kept(candidates, placement, write).map((one) => ({ ...one, score: sigmoid(one.score) }));
  }

  /**
   * Objects of an image where the file decodes its maps.
   *
   * @param decoded corners x1, y1, x2, y2 of every anchor in pixels of the input [A, 4].
   * @param scores of every anchor and class [A, K], after the sigmoid.
   * @param placement the image's in the input.
   * @throws PageError a size is another, a value is NaN or infinite, or a score is not in [0, 1].
   */
  decodeBoxes(decoded: Float32Array, scores: Float32Array, placement: Placement): Detection[] {
    this.checkCount(decoded.length, BOX_SIDES, "boxes");
    this.checkCount(scores.length, this.classes, "scores");
    checkFinite(decoded, "boxes");
    if (!scores.every((score) => score >= 0 && score <= 1)) {
      throw new PageError("scores are not in [0, 1]; export the file again");
    }
    const threshold = Math.fround(this.settings.scoreThreshold);
    let start = 0;
    const candidates = this.levels.flatMap((level) => {
      const end = start + level.count * this.classes;
      const found: Ranked[] = [];
      for (let number = start; number < end; number++) {
        if (scores[number]! > threshold) found.push({ rank: scores[number]!, number });
      }
      start = end;
      return best(found, this.settings.mostPerLevel);
    });
    return this.kept(candidates, placement, (anchor, boxes, at) => {
      boxes.set(decoded.subarray(anchor * BOX_SIDES, (anchor + 1) * BOX_SIDES), at);
    });
  }

  /** A level's best logits above the threshold; those from number `start` on are its own. */
  private ranked(map: FeatureMap, start: number): Ranked[] {
    const { values, places, channels } = map;
    const isByPlace = map.layout === "NHWC";
    const threshold = logit(this.settings.scoreThreshold);
    const found: Ranked[] = [];
    for (let index = 0; index < values.length; index++) {
      const rank = values[index]!;
      if (rank <= threshold) continue;
      if (!Number.isFinite(rank)) throw notFinite("class_logits");
      const number = isByPlace ? index : (index % places) * channels + Math.floor(index / places);
      found.push({ rank, number: start + number });
    }
    return best(found, this.settings.mostPerLevel);
  }

  /** What remains of the candidates of all levels; the score of each is its rank. */
  private kept(candidates: readonly Ranked[], placement: Placement, write: WriteBox): Detection[] {
    if (!isSameSize(placement.input, this.input)) {
      const found = sizeText(placement.input);
      throw new PageError(
        `an image placed in ${found} pixels is none of a detector of ${sizeText(this.input)}`,
      );
    }
    const ordered = best(candidates, candidates.length);
    const boxes = new Float32Array(ordered.length * BOX_SIDES);
    ordered.forEach(({ number }, place) => {
      write(Math.floor(number / this.classes), boxes, place * BOX_SIDES);
    });
    placement.toImage(boxes, ordered.length);
    const classes = ordered.map(({ number }) => number % this.classes);
    const mostIou = Math.fround(this.settings.mostIou);
    return suppress(boxes, classes, mostIou, this.settings.mostBoxes).map((place) => {
      const [left, top, right, bottom] = boxes.subarray(place * BOX_SIDES);
      const { rank: score } = ordered[place]!;
      return { index: classes[place]!, score, left: left!, top: top!, right: right!, bottom: bottom! };
    });
  }

  private checkMaps(maps: readonly FeatureMap[], name: string, values: number): void {
    if (maps.length !== this.levels.length) {
      const levels = this.levels.length;
      throw new PageError(`${name}: there are ${maps.length} maps, not one for each of ${levels} levels`);
    }
    maps.forEach((map, level) => {
      const anchors = this.levels[level]!;
      const expected = `[${PER_PLACE * values}, ${anchors.height}, ${anchors.width}]`;
      const found = `[${map.channels}, ${map.height}, ${map.width}]`;
      if (found !== expected) {
        throw new PageError(`${name}_p${FIRST_LEVEL + level} must be ${expected}, not ${found}`);
      }
    });
  }

  private checkCount(count: number, values: number, name: string): void {
    const anchors = this.levels.reduce((sum, level) => sum + level.count, 0);
    if (count !== anchors * values) {
      throw new PageError(
        `${name} must be [${anchors}, ${values}], and are ${count} values; export the file again`,
      );
    }
  }
}

function checkSettings({ scoreThreshold, mostPerLevel, mostIou, mostBoxes }: DecodingSettings): void {
  if (!(scoreThreshold >= 0 && scoreThreshold < 1 && mostIou >= 0 && mostIou <= 1)) {
    throw new PageError(
      `a score threshold is in [0, 1) and an IoU in [0, 1], not ${scoreThreshold} and ${mostIou}`,
    );
  }
  if (!(mostPerLevel > 0 && mostBoxes > 0)) {
    throw new PageError("at least one box of a level and of an image must be kept");
  }
}

/** Makes an anchor's corners those of its box, in float32. */
function shift(boxes: Float32Array, at: number, deltas: FeatureMap, anchor: number): void {
  const { fround } = Math;
  const place = Math.floor(anchor / PER_PLACE);
  const channel = (anchor % PER_PLACE) * BOX_SIDES;
  for (const axis of [0, 1]) {
    const first = boxes[at + axis]!;
    const second = boxes[at + axis + 2]!;
    const size = fround(second - first);
    const moved = fround(size * deltas.at(place, channel + axis));
    const centre = fround(fround(fround(first + second) * 0.5) + moved);
    const scale = clamped(deltas.at(place, channel + axis + 2), -LARGEST_SCALE, LARGEST_SCALE);
    const half = fround(size * fround(Math.exp(scale))) / 2;
    boxes[at + axis] = centre - half;
    boxes[at + axis + 2] = centre + half;
  }
}

/** The score of a logit, in float64 as Python's. */
function sigmoid(logit: number): number {
  return Math.fround(1 / (1 + Math.exp(-logit)));
}

/** The logit of a score. */
function logit(score: number): number {
  return Math.fround(Math.log(score / (1 - score)));
}
