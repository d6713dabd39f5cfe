import type { Findings } from "../decoding/findings";
import { element } from "./element";
import { Overlay } from "./overlay";

/** The picture that is looked at, with what is seen drawn over it. */
export class Stage {
  private readonly photo = element("img", { alt: "" });
  readonly video = element("video", { playsinline: true, muted: true, "aria-label": "What the camera sees" });
  private readonly overlay = new Overlay();
  private readonly frame = element("div", { class: "frame" }, this.photo, this.video, this.overlay.element);
  readonly element = element("div", { class: "stage", hidden: true }, this.frame);
  private address: string | null = null;

  constructor() {
    // The attribute alone does not silence what a script has made.
    this.video.muted = true;
    // What is no image is told in words.
    this.photo.addEventListener("error", () => (this.element.hidden = true));
  }

  /** Shows a photo in place of what was there. */
  showPhoto(blob: Blob, name: string): void {
    this.clear();
    this.address = URL.createObjectURL(blob);
    this.photo.src = this.address;
    this.photo.alt = name;
    this.present(this.photo);
  }

  /** Shows the camera in place of what was there. */
  showCamera(): void {
    this.clear();
    this.present(this.video);
  }

  /** Shows nothing. */
  clear(): void {
    this.draw(null, []);
    this.element.hidden = true;
    this.photo.removeAttribute("src");
    if (this.address !== null) URL.revokeObjectURL(this.address);
    this.address = null;
  }

  /** Draws what is seen; null is nothing. */
  draw(findings: Findings | null, labels: readonly string[]): void {
    this.overlay.show(findings, labels);
  }

  private present(media: HTMLElement): void {
    this.photo.hidden = media !== this.photo;
    this.video.hidden = media !== this.video;
    this.element.hidden = false;
  }
}
