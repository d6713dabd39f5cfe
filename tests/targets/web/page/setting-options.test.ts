import assert from "node:assert/strict";
import { test } from "node:test";
import { settingOptions } from "../../../../targets/web/page/ui/setting-options";
import { modelFile } from "./model-files";

const TFLITE = modelFile("a.tflite", []);
const GPU = { missing: null, half: true };

test("what cannot be taken says why", () => {
  const reasons = (abilities: Parameters<typeof settingOptions>[0], file = TFLITE) =>
    settingOptions(abilities, file).map(({ missing }) => missing);
  assert.deepEqual(reasons({ isIsolated: true, cores: 8, gpu: GPU }), [null, null, null, null]);
  const bare = { isIsolated: false, cores: 8, gpu: { missing: "no GPU", half: false } };
  assert.deepEqual(reasons(bare), [null, "the page is not isolated", "no GPU", "no GPU"]);
  const single = { isIsolated: true, cores: 1, gpu: { missing: null, half: false } };
  assert.deepEqual(reasons(single), [
    ...[null, "this device has one core", null, "this GPU has no half precision in WebGPU"],
  ]);
  const onnx = "ONNX files are run in WebAssembly";
  assert.deepEqual(reasons({ isIsolated: true, cores: 8, gpu: GPU }, modelFile("a.onnx", [])), [
    ...[null, null, onnx, onnx],
  ]);
});

test("threads are as many as fast cores", () => {
  const threads = (cores: number) =>
    settingOptions({ isIsolated: true, cores, gpu: GPU }, TFLITE)[1]!.setting.threads;
  assert.deepEqual([2, 3, 4, 8].map(threads), [2, 3, 4, 4]);
});
