import { PageError } from "../page-error";
import type { Setting } from "./accelerator";
import type { CommandName, Commands, FromWorker, Replies, Runtimes, ToWorker } from "./worker-messages";

/** What a worker said besides its replies, the last time that it said something. */
export interface WorkerNotes {
  readonly log: readonly string[];
  readonly clockStepMs: number;
}

const SILENT: WorkerNotes = { log: [], clockStepMs: 0 };

/** A worker of its own for some files, so that what one does to a runtime touches no other. */
export class ModelWorker {
  private readonly worker: Worker;
  private readonly runtimes: Runtimes;
  private isOver = false;

  /** What it said last. */
  notes: WorkerNotes = SILENT;

  /**
   * @param site the address of the site's root.
   * @param setting of all files that it is to open.
   * @param patienceS for how long it may say nothing.
   */
  constructor(
    site: URL,
    private readonly setting: Setting,
    private readonly patienceS: number,
  ) {
    this.worker = new Worker(new URL("worker.js", site));
    this.runtimes = {
      litert: new URL("runtimes/litert/", site).href,
      onnx: new URL("runtimes/onnx/", site).href,
    };
  }

  /**
   * Has something done; one thing at a time.
   *
   * @param advance is told of each round of timing.
   * @throws PageError it could not be done, or the worker died or fell silent.
   */
  ask<Name extends CommandName>(
    name: Name,
    command: Commands[Name],
    advance: (round: number) => void = () => {},
  ): Promise<Replies[Name]> {
    return new Promise((resolve, reject) => {
      let alarm = 0;
      const finish = (end: () => void) => {
        clearTimeout(alarm);
        end();
      };
      const wait = () => {
        clearTimeout(alarm);
        alarm = setTimeout(() => {
          this.end();
          reject(new PageError(`gave no sign for ${this.patienceS} s and was ended`));
        }, 1000 * this.patienceS);
      };
      this.worker.onerror = (event) => {
        event.preventDefault();
        const reason = event.message || "its script could not be loaded";
        finish(() => reject(new PageError(`the worker failed: ${reason}`)));
      };
      this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        this.notes = { log: data.log, clockStepMs: data.clockStepMs };
        if ("round" in data) {
          wait();
          advance(data.round);
        } else if ("failure" in data) {
          finish(() => reject(new PageError(data.failure)));
        } else {
          finish(() => resolve(data.reply as Replies[Name]));
        }
      };
      if (this.isOver) return reject(new PageError("its worker has ended"));
      wait();
      const { setting, runtimes } = this;
      this.worker.postMessage({ name, command, setting, runtimes } as ToWorker);
    });
  }

  /** Ends it, with all that it opened. */
  end(): void {
    this.isOver = true;
    this.worker.terminate();
  }
}
