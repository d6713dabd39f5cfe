import { checkFinite } from "./finite";

/** How probable the model says a class is; classes are counted from 0. */
export interface Score {
  readonly index: number;
  readonly probability: number;
}

/** The softmax of an image's logits, exp(l - max) / sum, in float64. */
export function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((one, other) => Math.max(one, other), -Infinity);
  const powers = Float64Array.from(logits, (value) => Math.exp(value - largest));
  const sum = powers.reduce((one, other) => one + other, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

/**
 * The most probable classes, the best first; of equal ones, the first.
 *
 * @param values of one image [K]: logits, of which the probabilities are the softmax, or the
 *   probabilities.
 * @param most how many classes, or all where there are fewer.
 * @throws PageError a value is NaN or infinite.
 */
export function topScores(values: Float32Array, most: number, areProbabilities = false): Score[] {
  checkFinite(values, "the model's outputs");
  const probabilities = areProbabilities ? values : softmax(values);
  return Array.from(values.keys())
    .sort((one, other) => values[other]! - values[one]!)
    .slice(0, most)
    .map((index) => ({ index, probability: probabilities[index]! }));
}
