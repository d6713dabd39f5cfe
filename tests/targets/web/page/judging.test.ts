import assert from "node:assert/strict";
import { test } from "node:test";
import { agreement } from "../../../../targets/web/page/judging/agreement";
import { closeness } from "../../../../targets/web/page/judging/closeness";
import { latencySummary } from "../../../../targets/web/page/judging/latency-summary";

const some = (...values: number[]) => Float32Array.from(values);

test("outputs that cannot be compared are refused", () => {
  assert.throws(() => closeness(some(), some(), "logits"), /0 and 0 values of logits cannot be compared/);
  assert.throws(() => closeness(some(1), some(1, 2), "logits"), /1 and 2 values of logits/);
  assert.throws(() => closeness(some(NaN), some(1), "boxes"), /the eager model's boxes are NaN or infinite/);
  assert.throws(() => closeness(some(1), some(Infinity), "boxes"), /the file's boxes are NaN or infinite/);
  assert.throws(() => closeness(some(0, 0), some(0, 1), "logits"), /the eager model's logits are all zero/);
});

test("zeros that agree are exact and have no angle", () => {
  assert.deepEqual(closeness(some(0), some(0), "logits"), { sqnrDb: "exact", cosine: 0, maxDifference: 0 });
});

test("of equal classes the first is the best", () => {
  assert.equal(agreement(some(1, 1, 0, 0, 2, 1), some(1, 0, 0, 1, 2, 2), 3, 1), 100);
  assert.equal(agreement(some(1, 1), some(0, 1), 2, 1), 0);
});

test("classes at places are compared place by place", () => {
  assert.equal(agreement(some(1, 0, 0, 1), some(1, 1, 0, 0), 2, 2), 50);
  assert.throws(() => agreement(some(1, 2, 3), some(1, 2, 3), 2, 1), /cannot be compared/);
});

test("the order of runs does not matter and stays", () => {
  const times = [5, 1, 4, 2, 3];
  const expected = { runs: 5, medianMs: 3, p10Ms: 1.4, p90Ms: 4.6, p99Ms: 4.96 };
  assert.deepEqual(latencySummary(times), expected);
  assert.deepEqual(times, [5, 1, 4, 2, 3]);
  assert.throws(() => latencySummary([]), /there are no durations/);
});
