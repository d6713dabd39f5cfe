import { Fields } from "../files/fields";
import { Preprocessing } from "../imaging/preprocessing";
import { PageError } from "../page-error";
import { ACCELERATORS, type Setting } from "./accelerator";
import { type ModelFile, parseModelFile } from "./model-file";

/** The version of `job.json` and of answers that this page speaks. */
export const PROTOCOL = 1;

/** Images of a request: uint8 in C order, in a file of its own. */
export interface JobImages {
  readonly file: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

interface TaskBase extends Setting {
  /** Numbers of the job's files. */
  readonly files: readonly number[];

  /** For how long a worker may be silent. */
  readonly timeoutS: number;
}

/** Run images by each file, in a fresh worker each. */
export interface CheckTask extends TaskBase {
  readonly task: "check";
  readonly images: JobImages;
  readonly preprocessing: Preprocessing;
}

/** Open the file in a fresh worker and run it a few times. */
export interface AloneTask extends TaskBase {
  readonly task: "alone";
}

/** Time files in turns in one fresh worker. */
export interface TimeTask extends TaskBase {
  readonly task: "time";
  readonly rounds: number;

  /** Number, among the request's files, of the one that is opened and run first. */
  readonly first: number;

  /** For how long runs are not timed at least: browsers go on compiling WebAssembly while it runs. */
  readonly warmupS: number;
}

export type Task = CheckTask | AloneTask | TimeTask;

/** What a site asks the page to do. */
export interface Job {
  readonly name: string;
  readonly files: readonly ModelFile[];
  readonly requests: readonly Task[];

  /** Whether the page does it as soon as it is open, and posts its answers. */
  readonly starts: boolean;
}

/** @throws PageError it is none, or is of another version. */
export function parseJob(value: unknown): Job {
  const fields = new Fields(value, "job.json");
  if (fields.whole("protocol") !== PROTOCOL) {
    throw new PageError("job.json is of another version than this page; reload it without its cache");
  }
  fields.named("protocol", "name", "files", "requests", "starts");
  const files = fields.objects("files").map(parseModelFile);
  return {
    name: fields.text("name"),
    files,
    requests: fields.objects("requests").map((request) => parseTask(request, files.length)),
    starts: fields.flag("starts"),
  };
}

/** How many inferences a request is, as its progress is counted; those of timing are rounds. */
export function inferences(task: Task): number {
  switch (task.task) {
    case "check":
      return task.files.length * task.images.count;
    case "alone":
      return 1;
    case "time":
      return task.rounds;
  }
}

function parseImages(fields: Fields): JobImages {
  const [count, height, width, channels, ...more] = fields.wholes("shape");
  if (!count || !height || !width || channels !== 3 || more.length > 0) {
    throw new PageError(`${fields.place}.shape must be [N, H, W, 3]`);
  }
  return { file: fields.text("file"), count, height, width };
}

function parseTask(fields: Fields, known: number): Task {
  const files = fields.wholes("files");
  if (files.length === 0 || files.some((number) => number < 0 || number >= known)) {
    throw new PageError(`${fields.place}.files are none, or no such files`);
  }
  const base: TaskBase = {
    files,
    accelerator: fields.choice("accelerator", ACCELERATORS),
    threads: fields.whole("threads"),
    timeoutS: fields.real("timeout_s"),
  };
  switch (fields.choice("task", ["check", "alone", "time"])) {
    case "check":
      return {
        ...base,
        task: "check",
        images: parseImages(fields.object("images")),
        preprocessing: Preprocessing.parse(fields.object("preprocessing")),
      };
    case "alone":
      return { ...base, task: "alone" };
    case "time":
      return {
        ...base,
        task: "time",
        rounds: fields.whole("rounds"),
        first: fields.whole("first"),
        warmupS: fields.real("warmup_s"),
      };
  }
}
