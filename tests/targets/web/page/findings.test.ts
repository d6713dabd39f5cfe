import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf } from "../../../../targets/web/page/decoding/colours";
import { LabelMap } from "../../../../targets/web/page/decoding/label-map";
import { outputReader } from "../../../../targets/web/page/decoding/output-reader";
import { parseBundle } from "../../../../targets/web/page/running/bundle";
import { findingRows, NOTHING, spokenFindings } from "../../../../targets/web/page/ui/finding-rows";
import { modelFile, tensor } from "./model-files";

const SQUARE = { height: 8, width: 8 };

function bundle(task: string, outputs: readonly object[]) {
  return parseBundle({
    ...{ name: "demo", task, trained: true, manifest_sha256: "ab", labels: [], golden: "g", samples: [] },
    outputs,
    preprocessing: {
      ...{ height: 8, width: 8, resize: [8, 8], resize_mode: "squash", crop_ratio: 1 },
      ...{ interpolation: "bilinear", padding: [0, 0, 0], padding_place: "around" },
      ...{ mean: [0, 0, 0], std: [1, 1, 1] },
    },
  });
}

test("classes are told with their probabilities", () => {
  const file = modelFile("a.tflite", [tensor("probabilities", [1, 2])]);
  const read = outputReader(bundle("classification", [{ name: "logits", shape: [2], layout: "K" }]), file);
  const findings = read(new Map([["probabilities", Float32Array.from([0.25, 0.75])]]), SQUARE);
  const rows = findingRows(findings, ["cat"]);
  assert.deepEqual(
    rows.map(({ name, text }) => [name, text]),
    [
      ["class 1", "75.0\u00a0%"],
      ["cat", "25.0\u00a0%"],
    ],
  );
  assert.equal(spokenFindings(rows, 1), "The model sees class 1 75.0\u00a0%.");
});

test("boxes are told from the score that pictures have on", () => {
  const box = { left: 0, top: 0, right: 1, bottom: 1 };
  const objects = [
    { index: 1, score: 0.9, ...box },
    { index: 0, score: 0.29, ...box },
  ];
  const rows = findingRows({ task: "detection", image: SQUARE, objects }, ["cat", "dog"]);
  assert.deepEqual(rows, [{ name: "dog", text: "0.90", share: 0.9, colour: colourOf(1) }]);
  assert.equal(spokenFindings([], 3), NOTHING);
});

test("a class that is called background is told without a colour", () => {
  const map = new LabelMap({ height: 1, width: 4 }, Uint8Array.from([0, 0, 0, 1]));
  const rows = findingRows({ task: "segmentation", map, regions: map.regions() }, ["Background", "cat"]);
  assert.deepEqual(
    rows.map(({ name, text, colour }) => [name, text, colour]),
    [
      ["Background", "75.0\u00a0%", null],
      ["cat", "25.0\u00a0%", colourOf(1)],
    ],
  );
});

test("a detector's decoded boxes are read by their names", () => {
  const maps = [
    { name: "class_logits_p3", shape: [9, 1, 1], layout: "CHW" },
    { name: "box_deltas_p3", shape: [36, 1, 1], layout: "CHW" },
  ];
  const file = modelFile("a.tflite", [tensor("scores", [1, 9, 1]), tensor("boxes", [1, 9, 4])]);
  const boxes = new Float32Array(36);
  boxes.set([1, 2, 3, 4]);
  const scores = new Float32Array(9);
  scores[0] = 0.5;
  const outputs = new Map([
    ["scores", scores],
    ["boxes", boxes],
  ]);
  assert.deepEqual(outputReader(bundle("detection", maps), file)(outputs, SQUARE), {
    ...{ task: "detection", image: SQUARE },
    objects: [{ index: 0, score: 0.5, left: 1, top: 2, right: 3, bottom: 4 }],
  });
  const none = modelFile("b.tflite", []);
  assert.throws(() => outputReader(bundle("classification", maps), none), /a classifier has one output/);
  const other = outputReader(bundle("detection", maps), none);
  assert.throws(() => other(new Map(), SQUARE), /b.tflite has no map "class_logits_p3"/);
});
