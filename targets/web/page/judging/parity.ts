import type { ModelTask } from "../running/bundle";
import type { ModelFile } from "../running/model-file";
import { type Outputs, shapeFor } from "../running/output-values";
import { agreement } from "./agreement";
import { closeness } from "./closeness";
import type { GoldenVectors } from "./golden-vectors";

/** How closely a file follows the eager model in golden images; null is what only Python tells. */
export interface Parity {
  /** Of the output that is farthest from the golden one. */
  readonly sqnrDb: number | "exact" | null;

  /** Share of images, or of places, with the same best class, in percent. */
  readonly agreement: number | null;
}

/**
 * Compares a file's outputs with the golden ones.
 *
 * @param images how many of the golden ones were run, the first.
 * @throws PageError a value is not finite, or outputs cannot be compared.
 */
export function parityOf(
  file: ModelFile,
  outputs: Outputs,
  images: number,
  golden: GoldenVectors,
  task: ModelTask,
): Parity {
  let sqnrDb: Parity["sqnrDb"] = null;
  let same: number | null = null;
  for (const tensor of file.outputs) {
    const values = outputs.get(tensor.name)!;
    const reference = golden.reference(tensor.name)?.subarray(0, values.length);
    if (!reference) continue;
    sqnrDb = farther(sqnrDb, closeness(reference, values, tensor.name).sqnrDb);
    // What two detectors find in common is for Python to say, which decodes both.
    if (task === "detection") continue;
    const [, classes, ...sides] = shapeFor(tensor, images) as [number, number, ...number[]];
    const places = sides.reduce((product, side) => product * side, 1);
    same = agreement(reference, values, classes, places);
  }
  return { sqnrDb, agreement: same };
}

function farther(one: Parity["sqnrDb"], other: number | "exact"): number | "exact" {
  if (one === null || one === "exact") return other;
  return other === "exact" ? one : Math.min(one, other);
}
