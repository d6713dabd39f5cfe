import { colourOf } from "../decoding/colours";
import { type Findings, LEAST_SHOWN } from "../decoding/findings";
import { className, percent } from "./wording";

/** One line of what a model sees. */
export interface FindingRow {
  readonly name: string;

  /** As it is told, such as `93.4 %`. */
  readonly text: string;

  /** In [0, 1]. */
  readonly share: number;

  /** Of its box or its pixels, 0xRRGGBB; null where nothing is drawn. */
  readonly colour: number | null;
}

/** The name of a class that is no thing of its own, as VOC and many others call it. */
const UNPAINTED = "background";

/** Of a class in a legend; what is less would be 0.0 % there. */
const LEAST_SHARE = 0.0005;

/** Whether the pixels of a class are painted. */
export function isPainted(index: number, labels: readonly string[]): boolean {
  return labels[index]?.toLowerCase() !== UNPAINTED;
}

/** All that is worth telling, the best first. */
export function findingRows(findings: Findings, labels: readonly string[]): FindingRow[] {
  switch (findings.task) {
    case "classification":
      return findings.scores.map(({ index, probability }) => ({
        name: className(index, labels),
        text: percent(100 * probability),
        share: probability,
        colour: null,
      }));
    case "detection":
      return findings.objects
        .filter(({ score }) => score >= LEAST_SHOWN)
        .map(({ index, score }) => ({
          name: className(index, labels),
          text: score.toFixed(2),
          share: score,
          colour: colourOf(index),
        }));
    case "segmentation":
      return findings.regions
        .filter(({ share }) => share >= LEAST_SHARE)
        .map(({ index, share }) => ({
          name: className(index, labels),
          text: percent(100 * share),
          share,
          colour: isPainted(index, labels) ? colourOf(index) : null,
        }));
  }
}

/** What is said of it in a line, the best first. */
export function spokenFindings(rows: readonly FindingRow[], most: number): string {
  if (rows.length === 0) return NOTHING;
  return `The model sees ${rows
    .slice(0, most)
    .map(({ name, text }) => `${name} ${text}`)
    .join(", ")}.`;
}

/** What is told where a model sees none of its classes. */
export const NOTHING = "The model finds nothing here.";
