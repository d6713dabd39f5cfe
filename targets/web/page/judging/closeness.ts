import { PageError } from "../page-error";

/** How closely an output follows a reference's, as Python's `tasks/closeness.py` tells it. */
export interface Closeness {
  /**
   * 10 log10 of the reference's power over the difference's, over all values; `exact` where they are
   * the same.
   */
  readonly sqnrDb: number | "exact";

  /** Of the angle between all values of both; 0 where one has no length. */
  readonly cosine: number;

  /** Largest absolute difference of a value. */
  readonly maxDifference: number;
}

/**
 * Compares an output's values with the reference's, in float64.
 *
 * @param name of the output.
 * @throws PageError the sizes differ, there is no value, one is not finite, or the reference is zero
 *   throughout.
 */
export function closeness(reference: Float32Array, values: Float32Array, name: string): Closeness {
  if (reference.length === 0 || reference.length !== values.length) {
    throw new PageError(`${reference.length} and ${values.length} values of ${name} cannot be compared`);
  }
  checkOutput(reference, `the eager model's ${name}`);
  checkOutput(values, `the file's ${name}`);
  let signal = 0;
  let noise = 0;
  let product = 0;
  let power = 0;
  let maxDifference = 0;
  for (let index = 0; index < reference.length; index++) {
    const expected = reference[index]!;
    const found = values[index]!;
    const difference = expected - found;
    signal += expected * expected;
    power += found * found;
    product += expected * found;
    noise += difference * difference;
    maxDifference = Math.max(maxDifference, Math.abs(Math.fround(difference)));
  }
  if (signal === 0 && noise > 0) throw new PageError(`the eager model's ${name} are all zero`);
  const norms = Math.sqrt(signal) * Math.sqrt(power);
  return {
    sqnrDb: noise === 0 ? "exact" : 10 * Math.log10(signal / noise),
    cosine: norms > 0 ? product / norms : 0,
    maxDifference,
  };
}

function checkOutput(values: Float32Array, whose: string): void {
  if (!values.every(Number.isFinite)) {
    throw new PageError(`${whose} are NaN or infinite; a weight is too large for the precision`);
  }
}
