import assert from "node:assert/strict";
import { test } from "node:test";
import { softmax, topScores } from "../../../../targets/web/page/decoding/score";

test("the softmax of logits, however large", () => {
  const expected = Float32Array.of(0.09003057, 0.24472848, 0.66524094);
  assert.deepEqual(softmax(Float32Array.of(1, 2, 3)), expected);
  assert.deepEqual(softmax(Float32Array.of(1e30, 1e30, -1e30)), Float32Array.of(0.5, 0.5, 0));
});

test("the best classes come first, and of equal ones the first", () => {
  const logits = Float32Array.of(0, 2, -0, 2, 1);
  const probabilities = softmax(logits);
  const expected = [1, 3, 4, 0].map((index) => ({ index, probability: probabilities[index]! }));
  assert.deepEqual(topScores(logits, 4), expected);
  assert.equal(topScores(logits, 9).length, 5);
});

test("probabilities stay as they are", () => {
  assert.deepEqual(topScores(Float32Array.of(0.25, 0.75), 1, true), [{ index: 1, probability: 0.75 }]);
});

test("outputs that are NaN or infinite are refused", () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.throws(() => topScores(Float32Array.of(1, bad), 1), /the model's outputs are NaN or infinite/);
  }
});
