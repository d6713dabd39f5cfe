import assert from "node:assert/strict";
import { test } from "node:test";
import type { GoldenVectors } from "../../../../targets/web/page/judging/golden-vectors";
import { parityOf } from "../../../../targets/web/page/judging/parity";
import { modelFile, tensor } from "./model-files";

/** Golden outputs, by name. */
function golden(outputs: Readonly<Record<string, readonly number[]>>): GoldenVectors {
  const reference = (name: string) => (outputs[name] ? Float32Array.from(outputs[name]) : null);
  return { reference } as Partial<GoldenVectors> as GoldenVectors;
}

test("a classifier's parity is of the images that were run", () => {
  const file = modelFile("a.tflite", [tensor("logits", [1, 2])]);
  const expected = golden({ logits: [1, 2, 2, 1, 9, 8] });
  const run = (values: number[]) =>
    parityOf(file, new Map([["logits", Float32Array.from(values)]]), 2, expected, "classification");
  assert.deepEqual(run([1, 2, 2, 1]), { sqnrDb: "exact", agreement: 100 });
  const { sqnrDb, agreement } = run([1, 2, 1, 2]);
  assert.equal(agreement, 50);
  assert.equal((sqnrDb as number).toFixed(3), (10 * Math.log10(5)).toFixed(3));
});

test("a segmenter's classes are compared at each place, channels first", () => {
  const file = modelFile("a.tflite", [tensor("logits", [1, 1, 2, 2], "NHWC")]);
  const outputs = new Map([["logits", Float32Array.from([3, 0, 1, 2])]]);
  const { agreement } = parityOf(file, outputs, 1, golden({ logits: [3, 2, 1, 0] }), "segmentation");
  assert.equal(agreement, 50);
});

test("of a detector the farthest output tells; what boxes agree is Python's", () => {
  const file = modelFile("a.tflite", [tensor("p3", [1, 2]), tensor("p4", [1, 2]), tensor("boxes", [1, 2])]);
  const outputs = new Map(["p3", "p4", "boxes"].map((name) => [name, Float32Array.from([1, 1])]));
  const parity = parityOf(file, outputs, 1, golden({ p3: [1, 1], p4: [1, 2] }), "detection");
  assert.equal(parity.agreement, null);
  assert.equal((parity.sqnrDb as number).toFixed(3), (10 * Math.log10(5)).toFixed(3));
  assert.deepEqual(parityOf(file, outputs, 1, golden({}), "detection"), { sqnrDb: null, agreement: null });
});

test("values that are none are refused", () => {
  const file = modelFile("a.tflite", [tensor("logits", [1, 2])]);
  const outputs = new Map([["logits", Float32Array.from([NaN, 1])]]);
  const expected = golden({ logits: [1, 2] });
  assert.throws(() => parityOf(file, outputs, 1, expected, "classification"), /NaN or infinite/);
});
