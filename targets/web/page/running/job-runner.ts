import { type ImageInput, type ImageLayout, modelInput } from "../imaging/model-input";
import { PageError } from "../page-error";
import type { Setting } from "./accelerator";
import { type Answer, encodeOutputs, type FileAnswer } from "./answer";
import type { AloneTask, CheckTask, Job, Task, TimeTask } from "./job";
import type { ModelFacts } from "./model";
import { type ModelFile, sizeOf } from "./model-file";
import { ModelWorker, type WorkerNotes } from "./model-worker";
import { noiseInput } from "./noise-input";
import { joinOutputs, type Outputs } from "./output-values";
import { firstLine } from "./runtime-log";
import type { Site } from "./site";
import { Visibility } from "./visibility";

/** Runs that are not timed, as everywhere else. */
const WARMUP = 5;

/** Is told how many inferences of a request are done. */
export type Advance = (done: number) => void;

/** A file that ran images, with what it gave; null where it could not be run. */
export interface Checked {
  readonly file: ModelFile;
  readonly answer: FileAnswer;
  readonly outputs: Outputs | null;
}

type Result = Pick<Answer, "result">;

/** Does a job's requests, each file in a fresh worker. */
export class JobRunner {
  private notes: WorkerNotes = { log: [], clockStepMs: 0 };

  constructor(
    private readonly site: Site,
    private readonly job: Job,
  ) {}

  /**
   * Does a request; what goes wrong is told in its answer.
   *
   * @param told is told of each file that was checked, for what the page itself shows of it.
   */
  async answer(task: Task, advance: Advance, told: (checked: Checked) => void): Promise<Answer> {
    const begun = performance.now();
    const visibility = new Visibility();
    let outcome: Pick<Answer, "outcome" | "reason" | "result">;
    try {
      outcome = { outcome: "done", reason: null, ...(await this.do(task, advance, told)) };
    } catch (error) {
      outcome = { outcome: "failed", reason: reasonOf(error), result: null };
    }
    return {
      ...outcome,
      seconds: (performance.now() - begun) / 1000,
      hidden: visibility.close(),
      clock_step_ms: this.notes.clockStepMs,
      log: this.notes.log,
    };
  }

  private do(task: Task, advance: Advance, told: (checked: Checked) => void): Promise<Result> {
    switch (task.task) {
      case "check":
        return this.check(task, advance, told);
      case "alone":
        return this.alone(task);
      case "time":
        return this.time(task, advance);
    }
  }

  private async check(task: CheckTask, advance: Advance, told: (checked: Checked) => void): Promise<Result> {
    const checked: Checked[] = [];
    for (const [place, number] of task.files.entries()) {
      const file = this.job.files[number]!;
      const done = place * task.images.count;
      const one = await this.checked(file, task, (images) => advance(done + images));
      advance(done + task.images.count);
      checked.push(one);
      told(one);
    }
    return {
      result: {
        files: checked.map(({ answer }) => answer),
        outputs: checked.map(
          ({ file, outputs }) => outputs && encodeOutputs(outputs, task.images.count, file),
        ),
      },
    };
  }

  private async checked(file: ModelFile, task: CheckTask, advance: Advance): Promise<Checked> {
    let facts: ModelFacts | null = null;
    try {
      const pixels = await this.site.pixels(task.images);
      return await this.withWorker(task, async (worker) => {
        facts = (await worker.ask("open", await this.opened(file))).facts;
        const { count } = task.images;
        const batch = file.input.shape[0]!;
        const size = pixels.length / count;
        const runs: Outputs[] = [];
        for (let start = 0; start < count; start += batch) {
          const some = pixels.subarray(start * size, (start + batch) * size);
          const input = modelInput(some, some.length / size, imageInput(file), task.preprocessing);
          runs.push((await worker.ask("run", { model: 0, input })).outputs);
          advance(Math.min(start + batch, count));
        }
        const outputs = joinOutputs(runs, count, file);
        return { file, answer: fileAnswer(facts, null), outputs };
      });
    } catch (error) {
      return { file, answer: fileAnswer(facts, reasonOf(error)), outputs: null };
    }
  }

  private async alone(task: AloneTask): Promise<Result> {
    const file = this.job.files[task.files[0]!]!;
    const content = await this.opened(file);
    const input = noiseInput(file);
    return this.withWorker(task, async (worker) => {
      const { facts, loadMs } = await worker.ask("open", content);
      const { ms } = await worker.ask("run", { model: 0, input });
      for (let run = 0; run < WARMUP; run++) await worker.ask("run", { model: 0, input });
      const { clockStepMs } = worker.notes;
      return {
        result: {
          runtime: facts.runtime,
          batch: file.input.shape[0]!,
          // What is faster than the clock took a step of it at most.
          load_ms: Math.max(loadMs, clockStepMs),
          first_ms: Math.max(ms, clockStepMs),
        },
      };
    });
  }

  private async time(task: TimeTask, advance: Advance): Promise<Result> {
    const files = task.files.map((number) => this.job.files[number]!);
    // As in a ring, from the first on: where a file's memory lies depends on what was there before.
    const order = files.map((_, place) => (place + task.first) % files.length);
    return this.withWorker(task, async (worker) => {
      for (const place of order) await this.open(worker, files[place]!);
      const inputs = order.map((place) => noiseInput(files[place]!));
      const models = order.map((_, number) => number);
      const { rounds, warmupS } = task;
      const warmup = { rounds: WARMUP, seconds: warmupS };
      const timed = await worker.ask("time", { models, inputs, rounds, warmup }, advance);
      const back = files.map((_, place) => order.indexOf(place));
      return {
        result: {
          milliseconds: back.map((number) => timed.milliseconds[number]!),
          runs: back.map((number) => timed.runs[number]!),
        },
      };
    });
  }

  /** Opens a file beside others. */
  private async open(worker: ModelWorker, file: ModelFile): Promise<void> {
    try {
      await worker.ask("open", await this.opened(file));
    } catch (error) {
      throw error instanceof PageError ? new PageError(`${file.name}: ${error.message}`) : error;
    }
  }

  /** Has a fresh worker, which ends afterwards. */
  private async withWorker<T>(
    task: Setting & { readonly timeoutS: number },
    use: (worker: ModelWorker) => Promise<T>,
  ): Promise<T> {
    const { accelerator, threads, timeoutS } = task;
    const worker = new ModelWorker(this.site.root, { accelerator, threads }, timeoutS);
    try {
      return await use(worker);
    } finally {
      this.notes = worker.notes;
      worker.end();
    }
  }

  private async opened(file: ModelFile): Promise<{ file: ModelFile; bytes: Uint8Array }> {
    return { file, bytes: await this.site.model(file) };
  }
}

/** What a file takes of images. */
export function imageInput(file: ModelFile): ImageInput {
  const { dtype, layout } = file.input;
  return {
    type: dtype === "uint8" ? "uint8" : "float32",
    layout: layout as ImageLayout,
    size: sizeOf(file.input),
  };
}

function fileAnswer(facts: ModelFacts | null, failure: string | null): FileAnswer {
  return {
    failure,
    runtime: facts?.runtime ?? null,
    device: facts?.device ?? null,
    is_software: facts?.isSoftware ?? false,
    half: facts?.half ?? null,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof PageError ? error.message : firstLine(String(error));
}
