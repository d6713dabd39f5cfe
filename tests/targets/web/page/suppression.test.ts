import assert from "node:assert/strict";
import { test } from "node:test";
import { suppress } from "../../../../targets/web/page/decoding/suppression";

/** The second covers 0.5 of the first in float32, and 0.50000005 in float64. */
const HALF = Float32Array.of(0, 0, 81.513756, 98.830894, 0, 0, 40.75688, 98.830894);

test("overlaps are rounded to float32, and at the bound a box is kept", () => {
  assert.deepEqual(suppress(HALF, [0, 0], 0.5, 9), [0, 1]);
  assert.deepEqual(suppress(HALF, [0, 0], 0.49, 9), [0]);
});

test("boxes of other classes do not meet", () => {
  assert.deepEqual(suppress(HALF, [0, 1], 0.1, 9), [0, 1]);
});

test("no more are kept than are wanted", () => {
  assert.deepEqual(suppress(HALF, [0, 1], 0.5, 1), [0]);
});

test("boxes without an area are left out, and suppress none", () => {
  const boxes = Float32Array.of(1, 1, 1, 5, 0, 3, 4, 3, 0, 0, 4, 4);
  assert.deepEqual(suppress(boxes, [0, 0, 0], 0, 9), [2]);
});
