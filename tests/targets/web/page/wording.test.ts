import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "../../../../targets/web/page/running/job";
import { Latencies } from "../../../../targets/web/page/ui/latencies";
import {
  capitalised,
  className,
  decibels,
  milliseconds,
  percent,
  ratio,
  sentence,
  settingTitle,
  taskTitle,
} from "../../../../targets/web/page/ui/wording";
import { modelFile } from "./model-files";

test("figures keep their units beside them", () => {
  assert.deepEqual(
    [milliseconds(9.994), milliseconds(12.34), milliseconds(null)],
    ["9.99\u00a0ms", "12.3\u00a0ms", "–"],
  );
  assert.deepEqual([decibels(35.24), decibels("exact"), decibels(null)], ["35.2\u00a0dB", "exact", "–"]);
  assert.deepEqual([percent(93.44), ratio(0.5), ratio(null)], ["93.4\u00a0%", "×\u00a00.50", "–"]);
});

test("lines begin with a capital, but for names", () => {
  assert.equal(capitalised("this is no image"), "This is no image");
  assert.equal(capitalised("job.json is missing"), "job.json is missing");
  assert.equal(capitalised("demo-fp32: no"), "demo-fp32: no");
  assert.equal(sentence("no GPU"), "No GPU.");
  assert.equal(sentence("Is it?"), "Is it?");
});

test("classes without a name have their number", () => {
  assert.equal(className(1, ["cat"]), "class 1");
  assert.equal(className(0, ["cat"]), "cat");
});

test("what is done is told with the place where it is done", () => {
  const files = [modelFile("a.tflite", []), modelFile("b.tflite", [])];
  const job: Job = { name: "demo", files, requests: [], starts: false };
  const setting = { files: [0, 1], threads: 2, timeoutS: 1 };
  const common = { ...setting, rounds: 1, first: 0, warmupS: 0, task: "time" } as const;
  assert.equal(
    taskTitle(job, { ...common, accelerator: "wasm" }),
    "Timing 2 files in turns in WebAssembly, 2 threads",
  );
  assert.equal(
    taskTitle(job, { ...common, files: [1], task: "alone", accelerator: "webgpu" }),
    "Opening b.tflite on the GPU (WebGPU)",
  );
  assert.equal(settingTitle({ accelerator: "webgpu-fp16", threads: 1 }), "GPU (WebGPU), half precision");
});

test("latencies are medians of the last second", () => {
  const latencies = new Latencies();
  assert.equal(latencies.text(true), "");
  latencies.add(2, 3, 0);
  assert.equal(latencies.text(true), "Model 2.00\u00a0ms, preprocessing 3.00\u00a0ms (1 image)");
  for (let number = 1; number <= 40; number++) latencies.add(4, 5, 100 * number);
  const medians = "Model 4.00\u00a0ms, preprocessing 5.00\u00a0ms (medians of 30 images)";
  assert.equal(latencies.text(false), medians);
  assert.equal(latencies.text(true), `${medians}, 10.0 images a second`);
  latencies.clear();
  assert.equal(latencies.text(false), "");
});
