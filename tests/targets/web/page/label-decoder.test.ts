import assert from "node:assert/strict";
import { test } from "node:test";
import { FeatureMap } from "../../../../targets/web/page/decoding/feature-map";
import { LabelDecoder } from "../../../../targets/web/page/decoding/label-decoder";
import { LabelMap } from "../../../../targets/web/page/decoding/label-map";
import { IMAGE_LAYOUTS } from "../../../../targets/web/page/imaging/model-input";
import { Extent, Placement } from "../../../../targets/web/page/imaging/placement";
import { readMap, readPlacement, type StatedMap, type StatedPlacement } from "./decoding-case";
import { decodingFile, parsed } from "./golden";

/** A segmenter's logits, and the labels that Python makes of them in both orders. */
interface Stated extends StatedPlacement {
  readonly name: string;
  readonly logits: StatedMap;
  readonly interpolated: readonly number[];
  readonly nearest: readonly number[];
}

const CASES = parsed<Stated[]>(decodingFile("labels.json"));

for (const stated of CASES) {
  for (const layout of IMAGE_LAYOUTS) {
    test(`labels are Python's, ${layout}: ${stated.name}`, () => {
      const logits = readMap(stated.logits, layout);
      const placement = readPlacement(stated);
      const decoder = new LabelDecoder(placement.input, logits.channels);
      for (const order of ["interpolated", "nearest"] as const) {
        const found = decoder[order](logits, placement);
        assert.deepEqual(found.size, placement.image);
        assert.deepEqual(found.labels, Uint8Array.from(stated[order]), order);
      }
    });
  }
}

test("there are cases", () => assert.equal(CASES.length, 18));

test("regions are from the largest, of equal ones by number", () => {
  const map = new LabelMap({ height: 2, width: 4 }, Uint8Array.of(3, 3, 0, 1, 255, 255, 255, 1));
  assert.deepEqual(map.regions(), [
    { index: 1, share: 0.25 },
    { index: 3, share: 0.25 },
    { index: 0, share: 0.125 },
  ]);
});

test("a pixel whose centre is at the input's edge is seen", () => {
  const placement = new Placement(new Extent(1, -1, 2, 1), new Extent(4, 0, 4, 4));
  const logits = new FeatureMap(Float32Array.of(1, 2), 2, 1, 1, "NCHW");
  const found = new LabelDecoder(placement.input, 2).nearest(logits, placement);
  assert.deepEqual(found.labels, Uint8Array.of(1, 1, 1, 1));
});

test("what is none is refused", () => {
  const input = { height: 8, width: 8 };
  const placement = new Placement(new Extent(8, 0, 8, 8), new Extent(8, 0, 8, 8));
  const decoder = new LabelDecoder(input, 2);
  const logits = (side: number, value: number, classes = 2) =>
    new FeatureMap(new Float32Array(classes * side * side).fill(value), classes, side, side, "NCHW");
  assert.equal(decoder.interpolated(logits(8, 0), placement).labels.length, 64);
  assert.throws(
    () => decoder.interpolated(logits(3, 0), placement),
    /must be 2 x 2 x 2, or of its size, not 2 x 3 x 3/,
  );
  assert.throws(() => decoder.nearest(logits(2, 0, 3), placement), /must be 2 x/);
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.throws(() => decoder.interpolated(logits(2, bad), placement), /logits are NaN or infinite/);
    assert.throws(() => decoder.nearest(logits(2, bad), placement), /logits are NaN or infinite/);
  }
  assert.throws(() => new LabelDecoder(input, 256), /256 classes have no label map/);
});
