import type { BrowserFacts } from "../running/browser-facts";
import type { Bundle } from "../running/bundle";
import type { Job } from "../running/job";
import { type Golden, Measurement } from "../running/measurement";
import type { CommandPost } from "../running/post";
import { type JobDocument, makeReport } from "../running/report";
import type { Site } from "../running/site";
import { WakeLock } from "../running/wake-lock";
import { button, element } from "./element";
import { ReportButtons } from "./report-buttons";
import { ResultView } from "./result-view";
import { StatusLine } from "./status-line";
import { capitalised, taskTitle } from "./wording";

/** What the section needs of its page. */
export interface CheckContext {
  readonly site: Site;
  readonly job: Job;

  /** The job as the site has it. */
  readonly source: JobDocument;

  /** Null where the files are of no bundle. */
  readonly bundle: Bundle | null;
  readonly golden: Golden | null;
  readonly machine: BrowserFacts;

  /** Null where no command waits. */
  readonly post: CommandPost | null;

  /** Is told that the device is needed, or free again. */
  readonly occupy: (isBusy: boolean) => void;
}

const JUDGED_BY_COMMAND = "Whether a file keeps its promise, the command tells that served this page.";
const JUDGED_LATER = "Whether a file keeps its promise, lowformer-verify tells from the report.";

/** Checks and times all files, and offers what came of it. */
export class CheckSection {
  private readonly status = new StatusLine();
  private readonly bar = element("progress", { max: 1, value: 0, "aria-label": "Done so far", hidden: true });
  private readonly results = new ResultView();
  private readonly report = new ReportButtons((error) => this.status.fail(error));
  private readonly hiddenNote = element(
    "p",
    { class: "notice", hidden: true },
    "The page was out of sight for a while, and browsers slow down what nobody sees: the times may be too" +
      " long. Measure again, and leave the page in front.",
  );
  private readonly start = button("Check and time all files", () => void this.run(), { class: "primary" });
  private readonly end = button("Stop", () => this.stop(), { hidden: true });
  private measurement: Measurement | null = null;

  constructor(
    root: HTMLElement,
    private readonly context: CheckContext,
  ) {
    const { job, golden } = context;
    const compared = golden
      ? "Each file runs the bundle's golden images and is compared with the model that it was made from;" +
        " these figures are the page's own."
      : "Each file is run here, and what it gives is compared by the command.";
    root.append(
      element("p", {}, `${compared} ${job.starts ? JUDGED_BY_COMMAND : JUDGED_LATER}`),
      element(
        "p",
        {},
        "Times are those of a browser, never native ones: WebAssembly's tell files apart, and are not those" +
          " of an app on the same phone.",
      ),
      element("p", { class: "actions" }, this.start, this.end),
      ...this.status.elements,
      this.bar,
      this.hiddenNote,
      this.results.element,
      this.report.element,
    );
    this.start.hidden = job.starts;
    this.status.tell("Not measured yet. Leave the page in front until it is done.");
    this.results.element.hidden = true;
  }

  /** Does the job. */
  async run(): Promise<void> {
    const { occupy } = this.context;
    const measurement = this.measure();
    const lock = new WakeLock();
    this.measurement = measurement;
    this.results.element.hidden = false;
    this.showResults(measurement);
    this.toggle(true);
    this.report.show(null);
    this.hiddenNote.hidden = true;
    occupy(true);
    try {
      await measurement.run();
      this.status.tell(this.ending(measurement.isStopped));
    } catch (error) {
      this.status.fail(error);
    } finally {
      occupy(false);
      this.toggle(false);
      this.hiddenNote.hidden = !measurement.wasHidden;
      this.offer(measurement);
      await lock.release();
    }
  }

  private measure(): Measurement {
    const { site, job, golden, post } = this.context;
    const steps = job.requests.length;
    return new Measurement(site, job, golden, post, {
      begin: (number, task) => {
        const step = steps > 1 ? `, step ${number + 1} of ${steps}` : "";
        this.status.tell(`${capitalised(taskTitle(job, task))}${step}…`);
      },
      advance: (share) => {
        this.bar.value = share;
      },
      show: () => this.showResults(this.measurement!),
    });
  }

  private stop(): void {
    this.measurement?.stop();
    // Disabled it would lose the focus, and with it the place of whoever uses keys.
    this.end.setAttribute("aria-disabled", "true");
    this.status.tell("Stopping after what is being done…");
  }

  private toggle(isRunning: boolean): void {
    const hadFocus = document.activeElement === this.start || document.activeElement === this.end;
    this.start.hidden = isRunning || this.context.job.starts;
    this.end.hidden = !isRunning || this.context.job.starts;
    this.end.removeAttribute("aria-disabled");
    this.bar.hidden = !isRunning;
    this.bar.value = 0;
    if (hadFocus) (isRunning ? this.end : this.start).focus();
  }

  private showResults({ results }: Measurement): void {
    this.results.show(results.rows);
  }

  private offer(measurement: Measurement): void {
    const { bundle, machine, source } = this.context;
    const { done, begun } = measurement;
    this.report.show(bundle && done.size > 0 ? makeReport(begun, bundle, machine, source, done) : null);
  }

  private ending(isPart: boolean): string {
    if (isPart) return "Stopped. The report has what was done.";
    if (this.context.job.starts) return "Done. The command has all answers; this page may be closed.";
    return "Done.";
  }
}
