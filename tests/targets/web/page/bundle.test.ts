import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBundle } from "../../../../targets/web/page/running/bundle";

const STATED = {
  name: "demo",
  task: "classification",
  trained: true,
  manifest_sha256: "ab",
  labels: ["cat", "dog"],
  preprocessing: {
    ...{ height: 8, width: 8, resize: [8, 8], resize_mode: "squash", crop_ratio: 1 },
    ...{ interpolation: "bilinear", padding: [0, 0, 0], padding_place: "around" },
    ...{ mean: [0, 0, 0], std: [1, 1, 1] },
  },
  outputs: [{ name: "logits", shape: [2], layout: "K" }],
  golden: "golden.npz",
  samples: [],
};

test("a bundle is read", () => {
  const bundle = parseBundle(STATED);
  assert.deepEqual(
    [bundle.name, bundle.task, bundle.labels, bundle.outputs],
    ["demo", "classification", ["cat", "dog"], [{ name: "logits", shape: [2], layout: "K" }]],
  );
  assert.deepEqual(bundle.preprocessing.size, { height: 8, width: 8 });
});

test("what is no bundle says why", () => {
  const refused = (change: object, expected: RegExp) =>
    assert.throws(() => parseBundle({ ...STATED, ...change }), expected);
  refused({ more: 1 }, /bundle.json has "more", which is not a known field/);
  refused({ task: "depth" }, /bundle.json.task "depth" is unknown/);
  refused({ labels: [1] }, /bundle.json.labels must be a list of texts/);
  refused({ outputs: [] }, /bundle.json.outputs are none/);
  refused({ outputs: [{ name: "logits" }] }, /bundle.json.outputs.0.shape is missing/);
  refused({ preprocessing: {} }, /bundle.json.preprocessing.height is missing/);
  assert.throws(() => parseBundle([]), /bundle.json must be an object/);
});
