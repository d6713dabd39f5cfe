import type { GoldenVectors } from "../judging/golden-vectors";
import { parityOf } from "../judging/parity";
import { ResultTable } from "../judging/result-table";
import { PageError } from "../page-error";
import type { ModelTask } from "./bundle";
import { type Checked, JobRunner } from "./job-runner";
import { type CheckTask, inferences, type Job, type Task } from "./job";
import { FailedFiles } from "./failed-files";
import type { CommandPost } from "./post";
import type { DoneRequest } from "./report";
import type { Site } from "./site";

/** By what a page judges files itself. */
export interface Golden {
  readonly vectors: GoldenVectors;
  readonly task: ModelTask;
}

/** Is told how a job gets on. */
export interface Watcher {
  /** A request begins. */
  begin(number: number, task: Task): void;

  /** A share of all that is to be done is done, in [0, 1]. */
  advance(share: number): void;

  /** The results have changed. */
  show(results: ResultTable): void;
}

/** A job that is being done, with what came of it so far. */
export class Measurement {
  /** By the number of the request: what was asked in the end, with its answer. */
  readonly done = new Map<number, DoneRequest>();
  readonly results: ResultTable;
  readonly begun = new Date();
  private readonly failed = new FailedFiles();
  private wasStopped = false;

  /**
   * @param golden null where the page has nothing to compare with.
   * @param post null where no command waits for answers.
   */
  constructor(
    private readonly site: Site,
    private readonly job: Job,
    private readonly golden: Golden | null,
    private readonly post: CommandPost | null,
    private readonly watcher: Watcher,
  ) {
    this.results = new ResultTable(job);
  }

  /** Whether it was ended before it was through. */
  get isStopped(): boolean {
    return this.wasStopped;
  }

  /** Whether the page was out of sight meanwhile. */
  get wasHidden(): boolean {
    return [...this.done.values()].some(({ answer }) => answer.hidden);
  }

  /**
   * Does all requests, but those after it was stopped.
   *
   * @throws PageError the command that waits for the answers has ended.
   */
  async run(): Promise<void> {
    const runner = new JobRunner(this.site, this.job);
    for (const [number, asked] of this.job.requests.entries()) {
      if (this.wasStopped) return;
      // A command gets an answer to the very thing that it asked for.
      const task = this.post ? asked : this.failed.without(asked);
      if (task === null) continue;
      this.watcher.begin(number, task);
      const advance = (done: number) => {
        this.post?.advance(number, done);
        this.watcher.advance((number + done / inferences(task)) / this.job.requests.length);
      };
      const comparisons: Promise<void>[] = [];
      const answer = await runner.answer(task, advance, (checked) => {
        comparisons.push(this.compare(task as CheckTask, checked));
      });
      await Promise.all(comparisons);
      if (answer.outcome === "failed") this.failed.add(task, task.files);
      this.done.set(number, { task, answer });
      this.results.answer(task, answer);
      this.watcher.show(this.results);
      this.watcher.advance((number + 1) / this.job.requests.length);
      await this.post?.answer(number, answer);
    }
  }

  /** Ends it after the request that is being done. */
  stop(): void {
    this.wasStopped = true;
  }

  /** Compares a file's outputs with the golden ones, for the page's own table. */
  private async compare(task: CheckTask, { file, answer, outputs }: Checked): Promise<void> {
    const { failure, runtime, device, is_software: isSoftware } = answer;
    this.results.check(task, file, { failure, runtime, device, isSoftware });
    if (failure !== null) this.failed.add(task, [this.job.files.indexOf(file)]);
    try {
      if (outputs && this.golden && (await this.isGolden(task, this.golden.vectors))) {
        const { vectors, task: modelTask } = this.golden;
        const parity = parityOf(file, outputs, task.images.count, vectors, modelTask);
        this.results.check(task, file, { parity });
      }
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      this.results.check(task, file, { failure: error.message });
    }
    this.watcher.show(this.results);
  }

  private async isGolden(task: CheckTask, vectors: GoldenVectors): Promise<boolean> {
    return vectors.includes(await this.site.pixels(task.images));
  }
}
