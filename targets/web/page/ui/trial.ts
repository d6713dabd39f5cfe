import type { ImageDecoder } from "../imaging/image-decoder";
import type { RgbImage } from "../imaging/rgb-image";
import type { Setting } from "../running/accelerator";
import type { Bundle } from "../running/bundle";
import { ImageRunner, type Sighting } from "../running/image-runner";
import type { ModelFile } from "../running/model-file";
import type { Site } from "../running/site";

/** What looks at images: a file, and what runs it. */
export interface Choice {
  readonly file: ModelFile;
  readonly setting: Setting;
}

/** What is looked at. */
export type Source =
  | { readonly photo: Blob }
  | { readonly video: HTMLVideoElement };

/** Is told how a trial gets on. */
export interface TrialWatcher {
  loading(choice: Choice): void;
  reading(): void;
  looking(): void;

  /** @param isLive whether the next image follows by itself. */
  seen(sighting: Sighting, runner: ImageRunner, isLive: boolean): void;
  failed(error: unknown): void;
}

/** Has the chosen file look at the chosen source, one thing at a time, until both are as was wanted. */
export class Trial {
  private choice: Choice | null = null;
  private source: Source | null = null;
  private opened: { readonly choice: Choice; readonly runner: ImageRunner } | null = null;
  private photo: { readonly blob: Blob; readonly image: RgbImage } | null = null;

  /** Whether what is wanted was not seen yet. */
  private isDue = false;
  private isRunning = false;
  private isPaused = false;

  constructor(
    private readonly site: Site,
    private readonly bundle: Bundle,
    private readonly decoder: ImageDecoder,
    private readonly watcher: TrialWatcher,
  ) {}

  /** Has another file look from now on. */
  choose(choice: Choice): void {
    this.choice = choice;
    this.wake();
  }

  /** Looks at something else from now on; null is nothing. */
  show(source: Source | null): void {
    this.source = source;
    this.wake();
  }

  /** Frees the device for something else, or goes on. */
  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused && !this.isRunning) this.close();
    if (!isPaused) this.wake();
  }

  private wake(): void {
    this.isDue = true;
    if (!this.isRunning) void this.pump();
  }

  private async pump(): Promise<void> {
    this.isRunning = true;
    try {
      while (this.isDue && this.choice && this.source && !this.isPaused) {
        await this.step(this.choice, this.source);
      }
    } finally {
      this.isRunning = false;
      if (this.isPaused) this.close();
    }
  }

  private async step(choice: Choice, source: Source): Promise<void> {
    this.isDue = false;
    const isWanted = () => this.choice === choice && this.source === source && !this.isPaused;
    try {
      const runner = await this.ready(choice);
      if (!isWanted()) return;
      const image = await this.image(source);
      if (!isWanted()) return;
      const sighting = await runner.look(image);
      if (!isWanted()) return;
      const isLive = "video" in source;
      this.watcher.seen(sighting, runner, isLive);
      this.isDue ||= isLive;
    } catch (error) {
      if (isWanted()) this.watcher.failed(error);
    }
  }

  private async ready(choice: Choice): Promise<ImageRunner> {
    if (this.opened?.choice === choice) return this.opened.runner;
    this.close();
    this.watcher.loading(choice);
    const runner = await ImageRunner.open(this.site, this.bundle, choice.file, choice.setting);
    this.opened = { choice, runner };
    return runner;
  }

  private async image(source: Source): Promise<RgbImage> {
    if ("video" in source) {
      // What is shown first is then what is looked at, and the page stays usable.
      await nextFrame();
      return this.decoder.frame(source.video);
    }
    if (this.photo?.blob !== source.photo) {
      this.watcher.reading();
      await nextFrame();
      this.photo = { blob: source.photo, image: await this.decoder.decode(source.photo) };
    }
    this.watcher.looking();
    await nextFrame();
    return this.photo.image;
  }

  private close(): void {
    this.opened?.runner.close();
    this.opened = null;
  }
}

/** Lets the browser show what was told. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
