import type { Answer } from "./answer";
import type { BrowserFacts } from "./browser-facts";
import type { Bundle } from "./bundle";
import type { Task } from "./job";

/** The version of reports that this page writes. */
export const REPORT = 1;

/** A request that was done: of all its files, or of those that may run. */
export interface DoneRequest {
  readonly task: Task;
  readonly answer: Answer;
}

/** The parts of `job.json` that a report has as they are. */
export interface JobDocument {
  readonly files: readonly unknown[];
  readonly requests: readonly unknown[];
}

/** What a site without a command hands to one: `lowformer-verify --web-report`. */
export interface Report {
  readonly report: typeof REPORT;

  /** When it was begun, such as `2026-11-29T14:00:00Z`. */
  readonly created: string;
  readonly bundle: { readonly name: string; readonly manifest_sha256: string };
  readonly machine: BrowserFacts;
  readonly files: readonly unknown[];

  /** Those of the job's requests that were done, in its order, with the files that they were of. */
  readonly requests: readonly { readonly task: unknown; readonly answer: Answer }[];
}

/**
 * A report of what was done of a job.
 *
 * @param begun when its first request was begun.
 * @param done by the number of the request.
 */
export function makeReport(
  begun: Date,
  { name, manifestSha256 }: Pick<Bundle, "name" | "manifestSha256">,
  machine: BrowserFacts,
  job: JobDocument,
  done: ReadonlyMap<number, DoneRequest>,
): Report {
  return {
    report: REPORT,
    created: begun.toISOString().replace(/\.\d+/, ""),
    bundle: { name, manifest_sha256: manifestSha256 },
    machine,
    files: job.files,
    requests: [...done]
      .sort(([one], [other]) => one - other)
      .map(([number, { task, answer }]) => ({ task: stated(job.requests[number], task), answer })),
  };
}

/** A request as the job has it, but for the files that it was not done for. */
function stated(request: unknown, task: Task): unknown {
  const changed = task.task === "time" ? { files: task.files, first: task.first } : { files: task.files };
  return { ...(request as object), ...changed };
}

/** What the report's file is called, such as `demo-web-2026-11-29T14-00-00Z.json`. */
export function reportName({ bundle, created }: Report): string {
  const name = bundle.name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60);
  return `${name}-web-${created.replaceAll(":", "-")}.json`;
}
