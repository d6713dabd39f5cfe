import type { Parity } from "../judging/parity";
import type { Setting } from "../running/accelerator";
import type { Job, Task } from "../running/job";

/** What stands where nothing is known. */
export const UNKNOWN = "–";

const FEW_MS = 10;

/** At a text's beginning, what is no name. */
const WORD = /^[a-z]+(?![^\s,:])/;

/** Between a number and its unit, where no line is to break. */
const SPACE = "\u00a0";

/** A duration, with as many digits as matter. */
export function milliseconds(value: number | null): string {
  if (value === null) return UNKNOWN;
  return `${value.toFixed(value < FEW_MS ? 2 : 1)}${SPACE}ms`;
}

/** A share in percent, such as `93.4 %`. */
export function percent(share: number): string {
  return `${share.toFixed(1)}${SPACE}%`;
}

/** How closely outputs are followed. */
export function decibels(value: Parity["sqnrDb"]): string {
  if (value === null) return UNKNOWN;
  return value === "exact" ? "exact" : `${value.toFixed(1)}${SPACE}dB`;
}

/** A time over another one. */
export function ratio(value: number | null): string {
  return value === null ? UNKNOWN : `×${SPACE}${value.toFixed(2)}`;
}

/** What runs a file, such as `WebAssembly, 2 threads`. */
export function settingTitle({ accelerator, threads }: Setting): string {
  switch (accelerator) {
    case "wasm":
      return `WebAssembly, ${count(threads, "thread")}`;
    case "webgpu":
      return "GPU (WebGPU)";
    case "webgpu-fp16":
      return "GPU (WebGPU), half precision";
  }
}

/** What a request does, such as `Checking 4 files in WebAssembly, 1 thread`. */
export function taskTitle(job: Job, task: Task): string {
  const [first, ...others] = task.files;
  const files = others.length === 0 ? job.files[first!]!.name : count(task.files.length, "file");
  const place = task.accelerator === "wasm" ? "in" : "on the";
  const where = `${place} ${settingTitle(task)}`;
  switch (task.task) {
    case "check":
      return `Checking ${files} ${where}`;
    case "alone":
      return `Opening ${files} ${where}`;
    case "time":
      return `Timing ${files} in turns ${where}`;
  }
}

/** A number of things, such as `1 file` or `2 files`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A class's name, or its number where nobody gave it one. */
export function className(index: number, labels: readonly string[]): string {
  return labels[index] ?? `class ${index}`;
}

/** Text that begins a line; names of files and outputs stay as they are. */
export function capitalised(text: string): string {
  return WORD.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

/** A reason as a line of its own. */
export function sentence(reason: string): string {
  return /[.!?…]$/.test(reason) ? capitalised(reason) : `${capitalised(reason)}.`;
}
