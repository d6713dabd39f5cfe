import { Camera, type Facing } from "../imaging/camera";
import type { DecoderDifference } from "../imaging/decoder-probes";
import type { ImageDecoder } from "../imaging/image-decoder";
import type { Setting } from "../running/accelerator";
import type { Bundle } from "../running/bundle";
import { gpuAbility } from "../running/gpu-adapter";
import type { ImageRunner, Sighting } from "../running/image-runner";
import type { Job } from "../running/job";
import type { ModelFile } from "../running/model-file";
import type { Site } from "../running/site";
import { WakeLock } from "../running/wake-lock";
import { ChoiceBox } from "./choice-box";
import { button, element } from "./element";
import { FindingList } from "./finding-list";
import { findingRows, spokenFindings } from "./finding-rows";
import { Latencies } from "./latencies";
import { PhotoPicker } from "./photo-picker";
import { SampleStrip } from "./sample-strip";
import { type Abilities, settingOptions } from "./setting-options";
import { Stage } from "./stage";
import { StatusLine } from "./status-line";
import { Trial } from "./trial";
import { milliseconds, sentence, settingTitle } from "./wording";

/** What the section needs of its page. */
export interface TryContext {
  readonly site: Site;
  readonly job: Job;
  readonly bundle: Bundle;
  readonly decoder: ImageDecoder;

  /** Where the browser decodes photos otherwise than Python. */
  readonly differences: readonly DecoderDifference[];
}

/** How often screen readers are told of what the camera shows, in milliseconds at least. */
const SPOKEN_EVERY_MS = 5000;

/** Results that are said of an image. */
const MOST_SPOKEN = 3;

/** Lets a person try the files on photos and on the camera. */
export class TrySection {
  private readonly files = new ChoiceBox<ModelFile>("File", () => this.chooseFile());
  private readonly settings = new ChoiceBox<Setting>("Run by", () => this.choose());
  private readonly picker = new PhotoPicker((photo, name) => this.showPhoto(photo, `The photo ${name}`));
  private readonly samples: SampleStrip;
  private readonly start = button("Use the camera", () => void this.openCamera());
  private readonly turn = button("Switch the camera", () => void this.turnCamera(), { hidden: true });
  private readonly end = button("Stop the camera", () => this.stopCamera(), { hidden: true });
  private readonly status = new StatusLine();
  private readonly spoken = element("p", { class: "unseen", role: "status" });
  private readonly stage = new Stage();
  private readonly list = new FindingList();
  private readonly latency = element("p", { class: "latency" });
  private readonly runtime = element("p", { class: "quiet" });
  private readonly latencies = new Latencies();
  private readonly trial: Trial;
  private camera: Camera | null = null;
  private facing: Facing = "environment";
  private lock: WakeLock | null = null;
  private spokenAt = -Infinity;

  private constructor(
    root: HTMLElement,
    private readonly context: TryContext,
    private readonly abilities: Abilities,
  ) {
    const { site, job, bundle, decoder } = context;
    this.trial = new Trial(site, bundle, decoder, {
      loading: ({ file, setting }) => this.status.tell(`Loading ${file.name}, ${settingTitle(setting)}…`),
      reading: () => this.status.tell("Reading the photo…"),
      looking: () => this.status.tell("Looking at the photo…"),
      seen: (sighting, runner, isLive) => this.showSighting(sighting, runner, isLive),
      failed: (error) => this.fail(error),
    });
    this.samples = new SampleStrip(
      bundle.samples,
      (path) => new URL(path, site.root),
      (path, name) => void this.showSample(path, name),
    );
    this.files.offer(job.files.map((file) => ({ value: file, title: file.name, missing: null })));
    root.append(...this.notices(), this.controls(), this.result());
    this.status.tell("No photo is picked.");
    this.chooseFile();
    document.addEventListener("visibilitychange", () => this.followSight());
  }

  /** Fills the section. */
  static async open(root: HTMLElement, context: TryContext): Promise<TrySection> {
    const abilities = {
      isIsolated: crossOriginIsolated,
      cores: navigator.hardwareConcurrency,
      gpu: await gpuAbility(),
    };
    return new TrySection(root, context, abilities);
  }

  /** Leaves the device to what is measured, or takes it again. */
  pause(isPaused: boolean): void {
    if (isPaused) this.stopCamera();
    this.trial.pause(isPaused);
    for (const part of [this.files, this.settings, this.picker, this.samples]) part.isDisabled = isPaused;
    this.start.disabled = isPaused || Camera.missing !== null;
    if (isPaused) this.status.tell("Files are measured just now; photos can be tried afterwards.");
    else this.status.tell("No photo is picked.");
  }

  private notices(): HTMLElement[] {
    const { bundle, differences } = this.context;
    const texts = [
      bundle.trained ? null : "This model has random weights: what it sees means nothing, its latency does.",
      differences.length === 0
        ? null
        : "This browser decodes photos otherwise than Python: what a model sees in them may differ a" +
          " little. The check is not touched by it, since golden images are pixels.",
    ];
    return texts
      .filter((text): text is string => text !== null)
      .map((text) => element("p", { class: "notice" }, text));
  }

  private controls(): HTMLElement {
    const missing = Camera.missing;
    this.start.disabled = missing !== null;
    return element(
      "div",
      { class: "controls" },
      element("div", { class: "choices" }, this.files.element, this.settings.element),
      element("div", { class: "actions" }, this.picker.element, this.start, this.turn, this.end),
      missing === null ? null : element("p", { class: "quiet" }, sentence(missing)),
      this.samples.element,
    );
  }

  private result(): HTMLElement {
    const told = [...this.status.elements, this.spoken, this.list.element, this.latency, this.runtime];
    return element("div", { class: "trial" }, this.stage.element, element("div", { class: "told" }, ...told));
  }

  private chooseFile(): void {
    this.settings.offer(
      settingOptions(this.abilities, this.files.value).map(({ setting, missing }) => ({
        ...{ value: setting, title: settingTitle(setting), missing },
      })),
    );
    this.choose();
  }

  private choose(): void {
    this.forget();
    this.trial.choose({ file: this.files.value, setting: this.settings.value });
  }

  private showPhoto(photo: Blob, name: string): void {
    this.stopCamera();
    this.stage.showPhoto(photo, name);
    this.trial.show({ photo });
  }

  private async showSample(path: string, name: string): Promise<void> {
    try {
      this.showPhoto(new Blob([(await this.context.site.fetched(path)) as BlobPart]), name);
    } catch (error) {
      this.fail(error);
    }
  }

  private async openCamera(): Promise<void> {
    this.stopCamera();
    this.status.tell("Starting the camera…");
    try {
      this.camera = await Camera.open(this.stage.video, this.facing, () => this.stopCamera());
    } catch (error) {
      this.fail(error);
      return;
    }
    const hadFocus = document.activeElement === this.start;
    this.start.hidden = true;
    this.end.hidden = false;
    this.turn.hidden = (await Camera.count()) < 2;
    if (hadFocus) this.end.focus();
    this.lock ??= new WakeLock();
    this.stage.showCamera();
    this.trial.show({ video: this.stage.video });
  }

  private async turnCamera(): Promise<void> {
    this.facing = this.facing === "user" ? "environment" : "user";
    await this.openCamera();
    this.turn.focus();
  }

  private stopCamera(): void {
    const hadFocus = document.activeElement === this.end;
    this.trial.show(null);
    this.camera?.close();
    this.camera = null;
    void this.lock?.release();
    this.lock = null;
    this.start.hidden = false;
    this.end.hidden = this.turn.hidden = true;
    if (hadFocus) this.start.focus();
    this.stage.clear();
    this.forget();
    this.status.tell("No photo is picked.");
  }

  /** Nobody is filmed by a page that nobody sees. */
  private followSight(): void {
    if (document.hidden && this.camera) this.stopCamera();
  }

  private showSighting(
    { findings, preprocessingMs, modelMs }: Sighting,
    { facts, firstMs }: ImageRunner,
    isLive: boolean,
  ): void {
    const { labels } = this.context.bundle;
    const rows = findingRows(findings, labels);
    this.stage.draw(findings, labels);
    this.list.show(rows);
    const now = performance.now();
    this.latencies.add(modelMs, preprocessingMs, now);
    this.latency.textContent = this.latencies.text(isLive);
    const device = facts.device === null ? "" : ` on ${facts.device}${facts.isSoftware ? ", software" : ""}`;
    this.runtime.textContent =
      `In this browser, by ${facts.runtime}${device}; the first run took ${milliseconds(firstMs)}.` +
      (facts.device === null ? " These are not the times of an app." : "");
    this.status.tell(`This is what the model sees ${isLive ? "through the camera" : "in the photo"}.`);
    this.speak(spokenFindings(rows, MOST_SPOKEN), now, isLive);
  }

  /** Has screen readers say what is seen; of the camera now and then, and what is new alone. */
  private speak(text: string, now: number, isLive: boolean): void {
    if (isLive && now - this.spokenAt < SPOKEN_EVERY_MS) return;
    this.spokenAt = now;
    if (this.spoken.textContent !== text) this.spoken.textContent = text;
  }

  private fail(error: unknown): void {
    this.forget();
    this.status.fail(error);
  }

  private forget(): void {
    this.latencies.clear();
    this.spokenAt = -Infinity;
    this.list.show(null);
    this.latency.textContent = this.runtime.textContent = this.spoken.textContent = "";
    this.stage.draw(null, []);
  }
}
