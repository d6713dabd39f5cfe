import { colourOf, inkOn } from "../decoding/colours";
import type { Detection } from "../decoding/box-decoder";
import { type Findings, LEAST_SHOWN } from "../decoding/findings";
import { type LabelMap, UNSEEN } from "../decoding/label-map";
import type { Size } from "../imaging/size";
import { cssColour, element } from "./element";
import { isPainted } from "./finding-rows";
import { className } from "./wording";

/** 0.55 of a colour, as Python's pictures have it. */
const OPACITY = 140;
const RGBA = 4;

/** In the page's own pixels. */
const LINE = 3;
const FONT = 15;
const MARGIN = 4;

/** Draws boxes with names, or a mask, over the picture that lies beneath it. */
export class Overlay {
  readonly element = element("canvas", { class: "overlay", "aria-hidden": "true" });
  private findings: Findings | null = null;
  private labels: readonly string[] = [];

  constructor() {
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Draws findings from now on; null is nothing. */
  show(findings: Findings | null, labels: readonly string[]): void {
    this.findings = findings;
    this.labels = labels;
    this.draw();
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    const scale = devicePixelRatio;
    this.element.width = Math.round(width * scale);
    this.element.height = Math.round(height * scale);
    const context = this.element.getContext("2d");
    if (!context || !this.findings || width === 0) return;
    context.scale(scale, scale);
    const { findings } = this;
    if (findings.task === "segmentation") drawMask(context, findings.map, this.labels, { height, width });
    if (findings.task === "detection") {
      const shown = findings.objects.filter(({ score }) => score >= LEAST_SHOWN);
      drawBoxes(context, shown, this.labels, findings.image, { height, width });
    }
  }
}

function drawMask(
  context: CanvasRenderingContext2D,
  { size, labels: map }: LabelMap,
  labels: readonly string[],
  room: Size,
): void {
  const painted = new ImageData(size.width, size.height);
  const palette = Array.from({ length: UNSEEN }, (_, index) =>
    isPainted(index, labels) ? colourOf(index) : null,
  );
  for (const [place, label] of map.entries()) {
    const colour = palette[label];
    if (colour === null || colour === undefined) continue;
    painted.data.set([colour >> 16, (colour >> 8) & 0xff, colour & 0xff, OPACITY], RGBA * place);
  }
  const small = element("canvas", { width: size.width, height: size.height });
  small.getContext("2d")!.putImageData(painted, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, room.width, room.height);
}

/** The best ones are drawn last, so that they can be read. */
function drawBoxes(
  context: CanvasRenderingContext2D,
  objects: readonly Detection[],
  labels: readonly string[],
  image: Size,
  room: Size,
): void {
  const across = room.width / image.width;
  const down = room.height / image.height;
  context.font = `${FONT}px system-ui, sans-serif`;
  context.textBaseline = "top";
  context.lineWidth = LINE;
  for (const { index, left, top, right, bottom } of [...objects].reverse()) {
    context.strokeStyle = cssColour(colourOf(index));
    context.strokeRect(left * across, top * down, (right - left) * across, (bottom - top) * down);
  }
  for (const { index, score, left, top } of [...objects].reverse()) {
    const text = `${className(index, labels)} ${score.toFixed(2)}`;
    const wide = Math.min(context.measureText(text).width + 2 * MARGIN, room.width);
    const high = FONT + 2 * MARGIN;
    const x = Math.max(0, Math.min(left * across, room.width - wide));
    const above = top * down - high;
    const y = above >= 0 ? above : Math.min(top * down, room.height - high);
    context.fillStyle = cssColour(colourOf(index));
    context.fillRect(x, y, wide, high);
    context.fillStyle = cssColour(inkOn(colourOf(index)));
    context.fillText(text, x + MARGIN, y + MARGIN, wide - 2 * MARGIN);
  }
}
