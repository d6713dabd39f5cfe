import assert from "node:assert/strict";
import { test } from "node:test";
import { Anchors } from "../../../../targets/web/page/decoding/anchors";
import {
  BoxDecoder,
  type DecodingSettings,
  type Detection,
} from "../../../../targets/web/page/decoding/box-decoder";
import { FeatureMap } from "../../../../targets/web/page/decoding/feature-map";
import { IMAGE_LAYOUTS, type ImageLayout } from "../../../../targets/web/page/imaging/model-input";
import { Extent, Placement } from "../../../../targets/web/page/imaging/placement";
import { readMap, readPlacement, type StatedMap, type StatedPlacement } from "./decoding-case";
import { decodingFile, parsed } from "./golden";

/** In pixels. Boxes of the anchors' own sides are equal; others are scaled by numpy's `exp`, which rounds. */
const BOUND = 5e-5;

/** A detector's outputs, and what Python makes of them. */
interface Stated extends StatedPlacement {
  readonly name: string;
  readonly num_classes: number;
  readonly levels: number;
  readonly maps: Readonly<Record<string, StatedMap>>;
  readonly boxes: readonly (readonly number[])[];
  readonly scores: readonly number[];
  readonly classes: readonly number[];
}

const CASES = parsed<Stated[]>(decodingFile("boxes.json"));

function readMaps(stated: Stated, name: string, layout: ImageLayout): FeatureMap[] {
  return Array.from({ length: stated.levels }, (_, level) =>
    readMap(stated.maps[`${name}_p${3 + level}`]!, layout),
  );
}

function decoderOf(stated: Stated): BoxDecoder {
  return new BoxDecoder(readPlacement(stated).input, stated.num_classes, stated.levels);
}

/** Whether no box is larger or smaller than its anchor. */
function keepsSides(map: FeatureMap): boolean {
  return map.byPlace().every((delta, index) => index % 4 < 2 || delta === 0);
}

function assertSame(stated: Stated, found: readonly Detection[]): void {
  const bound = readMaps(stated, "box_deltas", "NHWC").every(keepsSides) ? 0 : BOUND;
  assert.deepEqual(
    found.map(({ index, score }) => [index, score]),
    stated.classes.map((index, place) => [index, Math.fround(stated.scores[place]!)]),
  );
  found.forEach(({ left, top, right, bottom }, place) => {
    const distances = [left, top, right, bottom].map((side, index) =>
      Math.abs(side - Math.fround(stated.boxes[place]![index]!)),
    );
    assert.ok(Math.max(...distances) <= bound, `box ${place} is ${Math.max(...distances)} pixels away`);
  });
}

for (const stated of CASES) {
  for (const layout of IMAGE_LAYOUTS) {
    test(`objects are Python's, ${layout}: ${stated.name}`, () => {
      const logits = readMaps(stated, "class_logits", layout);
      const deltas = readMaps(stated, "box_deltas", layout);
      assertSame(stated, decoderOf(stated).decode(logits, deltas, readPlacement(stated)));
    });
  }

  test(`decoded boxes give the same: ${stated.name}`, () => {
    const scores = readMaps(stated, "class_logits", "NHWC").flatMap((map) =>
      Array.from(map.values, (logit) => 1 / (1 + Math.exp(-logit))),
    );
    const boxes = Float32Array.from(anchorsBoxes(stated));
    const found = decoderOf(stated).decodeBoxes(boxes, Float32Array.from(scores), readPlacement(stated));
    assertSame(stated, found);
  });
}

type Four = readonly [number, number, number, number];

/** The boxes of all anchors, by a formula of its own. */
function anchorsBoxes(stated: Stated): number[] {
  const { fround } = Math;
  const anchor = new Float32Array(4);
  return readMaps(stated, "box_deltas", "NHWC").flatMap((map, level) => {
    const anchors = Anchors.of(readPlacement(stated).input, 3 + level);
    return Array.from({ length: anchors.count }, (_, number) => {
      anchors.write(number, anchor, 0);
      const [left, top, right, bottom] = anchor as unknown as Four;
      const deltas = map.values.subarray(4 * number, 4 * number + 4);
      const [dx, dy, dw, dh] = deltas as unknown as Four;
      const [width, height] = [fround(right - left), fround(bottom - top)];
      const x = fround(fround(fround(left + right) / 2) + fround(dx * width));
      const y = fround(fround(fround(top + bottom) / 2) + fround(dy * height));
      const wide = fround(width * grown(dw)) / 2;
      const high = fround(height * grown(dh)) / 2;
      return [x - wide, y - high, x + wide, y + high];
    }).flat();
  });
}

function grown(delta: number): number {
  return Math.fround(Math.exp(Math.min(Math.max(delta, -4.135166645050049), 4.135166645050049)));
}

test("there are cases", () => {
  assert.equal(CASES.length, 22);
  assert.ok(CASES.reduce((sum, stated) => sum + stated.boxes.length, 0) > 300);
});

const ONE = new Placement(new Extent(8, 0, 8, 8), new Extent(8, 0, 8, 8));

function map(channels: number, value: number): FeatureMap {
  return new FeatureMap(new Float32Array(channels).fill(value), channels, 1, 1, "NCHW");
}

function decoder(settings: Partial<DecodingSettings> = {}): BoxDecoder {
  return new BoxDecoder({ height: 8, width: 8 }, 1, 1, settings);
}

test("numbers that are none are refused", () => {
  assert.equal(decoder().decode([map(9, 1)], [map(36, 0)], ONE).length, 1);
  for (const bad of [NaN, Infinity]) {
    assert.throws(() => decoder().decode([map(9, bad)], [map(36, 0)], ONE), /class_logits are NaN/);
    assert.throws(() => decoder().decode([map(9, 1)], [map(36, -bad)], ONE), /box_deltas are NaN/);
    const boxes = new Float32Array(36).fill(bad);
    assert.throws(() => decoder().decodeBoxes(boxes, new Float32Array(9), ONE), /boxes are NaN/);
  }
  for (const bad of [-0.1, 1.1, NaN]) {
    const scores = new Float32Array(9).fill(bad);
    assert.throws(() => decoder().decodeBoxes(new Float32Array(36), scores, ONE), /not in \[0, 1\]/);
  }
  assert.deepEqual(decoder().decode([map(9, -Infinity)], [map(36, 0)], ONE), []);
});

test("outputs of others are refused", () => {
  assert.throws(
    () => decoder().decode([map(18, 1)], [map(36, 0)], ONE),
    /class_logits_p3 must be \[9, 1, 1\], not \[18, 1, 1\]/,
  );
  assert.throws(
    () => decoder().decode([map(9, 1)], [], ONE),
    /box_deltas: there are 0 maps, not one for each of 1 levels/,
  );
  assert.throws(
    () => decoder().decodeBoxes(new Float32Array(8), new Float32Array(9), ONE),
    /boxes must be \[9, 4\], and are 8 values/,
  );
  const other = new Placement(new Extent(16, 0, 16, 16), new Extent(8, 0, 8, 8));
  assert.throws(() => decoder().decode([map(9, 1)], [map(36, 0)], other), /none of a detector of 8 x 8/);
});

test("settings are held", () => {
  const found = (settings: Partial<DecodingSettings>) =>
    decoder(settings).decode([map(9, 0)], [map(36, 0)], ONE).length;
  assert.equal(found({ scoreThreshold: 0, mostIou: 1 }), 9);
  assert.equal(found({ mostIou: 1, mostBoxes: 2 }), 2);
  assert.equal(found({ mostIou: 1, mostPerLevel: 4 }), 4);
  assert.equal(found({ scoreThreshold: 0.5 }), 0);
  assert.throws(() => decoder({ scoreThreshold: 1 }), /a score threshold is in \[0, 1\)/);
  assert.throws(() => decoder({ mostBoxes: 0 }), /at least one box/);
  assert.throws(() => new BoxDecoder({ height: 8, width: 8 }, 1, 10), /1 to 9 levels/);
});
