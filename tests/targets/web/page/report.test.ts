import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "../../../../targets/web/page/running/answer";
import type { Task } from "../../../../targets/web/page/running/job";
import { makeReport, reportName } from "../../../../targets/web/page/running/report";

function answer(seconds: number): Answer {
  const rest = { hidden: false, clock_step_ms: 0.1, log: [], result: null };
  return { outcome: "failed", reason: "no", seconds, ...rest };
}

const COMMON = { accelerator: "wasm", threads: 1, timeoutS: 9 } as const;
const ALONE: Task = { ...COMMON, task: "alone", files: [1] };
const TIME: Task = { ...COMMON, task: "time", files: [0], rounds: 3, first: 0, warmupS: 0 };

const JOB = {
  files: [{ path: "a" }],
  requests: [
    { task: "alone", files: [1], timeout_s: 9 },
    { task: "alone", files: [0], timeout_s: 9 },
    { task: "time", files: [1, 0], rounds: 3, first: 1 },
  ],
};

test("a report has what was done, in the job's order and words", () => {
  const done = new Map([
    [2, { task: TIME, answer: answer(2) }],
    [0, { task: ALONE, answer: answer(0) }],
  ]);
  const begun = new Date("2026-11-29T14:00:00.123Z");
  const bundle = { name: "My model/1", manifestSha256: "ab" };
  const report = makeReport(begun, bundle, { browser: "Chromium" }, JOB, done);
  assert.deepEqual(report, {
    report: 1,
    created: "2026-11-29T14:00:00Z",
    bundle: { name: "My model/1", manifest_sha256: "ab" },
    machine: { browser: "Chromium" },
    files: [{ path: "a" }],
    requests: [
      { task: { task: "alone", files: [1], timeout_s: 9 }, answer: answer(0) },
      { task: { task: "time", files: [0], rounds: 3, first: 0 }, answer: answer(2) },
    ],
  });
  assert.equal(reportName(report), "My-model-1-web-2026-11-29T14-00-00Z.json");
});
