import type { Accelerator, Setting } from "../running/accelerator";
import type { AloneResult, Answer, TimeResult } from "../running/answer";
import type { Job, Task, TimeTask } from "../running/job";
import type { ModelFile } from "../running/model-file";
import { type LatencySummary, latencySummary } from "./latency-summary";
import type { Parity } from "./parity";

/** What is known of a file on an accelerator; null is what is not known, or not yet. */
export interface ResultRow extends Setting {
  readonly file: ModelFile;

  /** Why it was not run, or not timed. */
  readonly failure: string | null;

  /** What computed it. */
  readonly runtime: string | null;
  readonly device: string | null;
  readonly isSoftware: boolean;
  readonly parity: Parity | null;
  readonly loadMs: number | null;
  readonly firstMs: number | null;
  readonly latency: LatencySummary | null;

  /** The median over that of the fp32 file of its format, which was timed in turns with it. */
  readonly ratio: number | null;
}

/** A file on an accelerator. */
interface Row {
  readonly key: string;
  readonly file: ModelFile;
  readonly setting: Setting;
}

/** What is known of it but for times. */
type Facts = Pick<
  ResultRow,
  "failure" | "runtime" | "device" | "isSoftware" | "parity" | "loadMs" | "firstMs"
>;

/** What is collected of it. */
interface Collected {
  facts: Facts;
  readonly milliseconds: number[];
  readonly ratios: number[];
}

const NOTHING: Facts = {
  failure: null,
  runtime: null,
  device: null,
  isSoftware: false,
  parity: null,
  loadMs: null,
  firstMs: null,
};

/** The results of a job, a row for each file on each accelerator that it is to be run on. */
export class ResultTable {
  private readonly collected = new Map<string, Collected>();
  private readonly order: Row[] = [];

  constructor(private readonly job: Job) {
    for (const { files, accelerator, threads } of job.requests) {
      for (const number of files) {
        const key = keyOf(number, accelerator, threads);
        if (this.collected.has(key)) continue;
        this.collected.set(key, { facts: NOTHING, milliseconds: [], ratios: [] });
        this.order.push({ key, file: job.files[number]!, setting: { accelerator, threads } });
      }
    }
  }

  /** The rows, in the order in which the job names them. */
  get rows(): ResultRow[] {
    return this.order.map(({ key, file, setting }) => {
      const { facts, milliseconds, ratios } = this.collected.get(key)!;
      return {
        file,
        ...setting,
        ...facts,
        latency: milliseconds.length > 0 ? latencySummary(milliseconds) : null,
        ratio: ratios.length > 0 ? latencySummary(ratios).medianMs : null,
      };
    });
  }

  /** Notes what became of a file that ran images. */
  check(task: Task, file: ModelFile, facts: Partial<Facts>): void {
    this.note(task, this.job.files.indexOf(file), facts);
  }

  /** Notes an answer. */
  answer(task: Task, answer: Answer): void {
    if (answer.outcome === "failed" || !answer.result) {
      for (const number of task.files) this.note(task, number, { failure: answer.reason });
    } else if (task.task === "alone") {
      const { load_ms, first_ms, runtime } = answer.result as AloneResult;
      this.note(task, task.files[0]!, { loadMs: load_ms, firstMs: first_ms, runtime });
    } else if (task.task === "time") {
      this.time(task, answer.result as TimeResult);
    }
  }

  private time(task: TimeTask, { milliseconds }: TimeResult): void {
    const medians = milliseconds.map((durations) => latencySummary(durations).medianMs);
    for (const [place, number] of task.files.entries()) {
      const file = this.job.files[number]!;
      const entry = this.collected.get(keyOf(number, task.accelerator, task.threads))!;
      entry.milliseconds.push(...milliseconds[place]!);
      const single = task.files.findIndex((other) => {
        const { format, precision } = this.job.files[other]!;
        return format === file.format && precision === "fp32";
      });
      if (single >= 0) entry.ratios.push(medians[place]! / medians[single]!);
    }
  }

  private note(task: Task, number: number, facts: Partial<Facts>): void {
    const entry = this.collected.get(keyOf(number, task.accelerator, task.threads))!;
    // The first reason is the cause.
    const failure = entry.facts.failure ?? facts.failure ?? null;
    entry.facts = { ...entry.facts, ...facts, failure };
  }
}

function keyOf(number: number, accelerator: Accelerator, threads: number): string {
  return `${number} ${accelerator} ${threads}`;
}
