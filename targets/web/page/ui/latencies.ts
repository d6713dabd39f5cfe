import { latencySummary } from "../judging/latency-summary";
import { count, milliseconds } from "./wording";

/** About a second of camera images. */
const WINDOW = 30;
const MILLISECONDS_A_SECOND = 1000;

/** How long recent images took. */
export class Latencies {
  private readonly model: number[] = [];
  private readonly preprocessing: number[] = [];
  private readonly done: number[] = [];

  /**
   * Notes an image.
   *
   * @param done when it was done, in milliseconds.
   */
  add(modelMs: number, preprocessingMs: number, done: number): void {
    for (const [list, value] of [
      [this.model, modelMs],
      [this.preprocessing, preprocessingMs],
      [this.done, done],
    ] as const) {
      list.push(value);
      if (list.length > WINDOW) list.shift();
    }
  }

  /** Forgets all, since another file or another image is looked at. */
  clear(): void {
    for (const list of [this.model, this.preprocessing, this.done]) list.length = 0;
  }

  /** Medians in words; empty before the first image. */
  text(isLive: boolean): string {
    if (this.model.length === 0) return "";
    const [model, preprocessing] = [this.model, this.preprocessing].map((list) =>
      milliseconds(latencySummary(list).medianMs),
    );
    const images = `${this.model.length > 1 ? "medians of " : ""}${count(this.model.length, "image")}`;
    const text = `Model ${model}, preprocessing ${preprocessing} (${images})`;
    const rate = this.rate();
    return isLive && rate !== null ? `${text}, ${rate.toFixed(1)} images a second` : text;
  }

  /** Images a second; null before there are two. */
  private rate(): number | null {
    const passed = this.done.length > 1 ? this.done.at(-1)! - this.done[0]! : 0;
    return passed > 0 ? ((this.done.length - 1) * MILLISECONDS_A_SECOND) / passed : null;
  }
}
