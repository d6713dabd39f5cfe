import assert from "node:assert/strict";
import { test } from "node:test";
import { ResultTable } from "../../../../targets/web/page/judging/result-table";
import type { Answer } from "../../../../targets/web/page/running/answer";
import type { Job, Task, TimeTask } from "../../../../targets/web/page/running/job";
import { modelFile } from "./model-files";

const COMMON = { accelerator: "wasm", threads: 1, timeoutS: 9 } as const;
const TIME: TimeTask = { ...COMMON, task: "time", files: [0, 1, 2], rounds: 3, first: 0, warmupS: 0 };
const ALONE: Task = { ...COMMON, task: "alone", files: [1] };
const ON_GPU: Task = { ...COMMON, task: "alone", files: [0], accelerator: "webgpu" };

const FILES = [
  modelFile("a.tflite", []),
  modelFile("b.tflite", [], "int8"),
  modelFile("c.onnx", [], "int8"),
];
const JOB: Job = { name: "demo", files: FILES, requests: [ALONE, TIME, ON_GPU], starts: false };

function done(result: Answer["result"]): Answer {
  return { outcome: "done", reason: null, seconds: 1, hidden: false, clock_step_ms: 0.1, log: [], result };
}

function failed(reason: string): Answer {
  return { ...done(null), outcome: "failed", reason };
}

test("a row for each file on each accelerator, in the job's order", () => {
  const rows = new ResultTable(JOB).rows;
  assert.deepEqual(
    rows.map(({ file, accelerator, latency, parity, failure }) => [
      ...[file.name, accelerator, latency, parity, failure],
    ]),
    [
      ["b.tflite", "wasm", null, null, null],
      ["a.tflite", "wasm", null, null, null],
      ["c.onnx", "wasm", null, null, null],
      ["a.tflite", "webgpu", null, null, null],
    ],
  );
});

test("times are summed up, and held against fp32 of the same format", () => {
  const table = new ResultTable(JOB);
  table.answer(TIME, done({ milliseconds: [[4, 4, 8], [1, 2, 3], [7, 7, 7]], runs: [1, 1, 1] }));
  table.answer(TIME, done({ milliseconds: [[4, 4, 4], [3, 3, 3], [7, 7, 7]], runs: [1, 1, 1] }));
  const [int8, single, onnx] = table.rows;
  assert.deepEqual([single!.latency!.medianMs, single!.latency!.runs, single!.ratio], [4, 6, 1]);
  assert.deepEqual([int8!.latency!.medianMs, int8!.ratio], [3, 0.625]);
  assert.deepEqual([onnx!.latency!.medianMs, onnx!.ratio], [7, null]);
});

test("the first reason stays, and is the row's alone", () => {
  const table = new ResultTable(JOB);
  table.check(ALONE, FILES[1]!, { failure: "refused" });
  table.answer(ALONE, failed("refused again"));
  table.answer(ON_GPU, failed("no GPU"));
  const reasons = table.rows.map(({ failure }) => failure);
  assert.deepEqual(reasons, ["refused", null, null, "no GPU"]);
});

test("first moments are noted", () => {
  const table = new ResultTable(JOB);
  table.answer(ALONE, done({ runtime: "LiteRT.js", batch: 1, load_ms: 5, first_ms: 6 }));
  const { loadMs, firstMs, runtime } = table.rows[0]!;
  assert.deepEqual([loadMs, firstMs, runtime], [5, 6, "LiteRT.js"]);
});
