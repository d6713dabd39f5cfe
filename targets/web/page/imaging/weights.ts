import type { Filter } from "./interpolation";

/** Of a weight's fraction: 32 bits, less 8 of a pixel and 2 for sums that overshoot. */
export const PRECISION_BITS = 22;

/** What a stretch of outputs of one direction takes of its inputs. */
export class Weights {
  /**
   * @param first input of each output.
   * @param counts of the inputs of each output.
   * @param stride how many of the values each output has; those beyond its count are 0.
   * @param values the weights, in units of 1 / 2^22.
   */
  private constructor(
    readonly first: Int32Array,
    readonly counts: Int32Array,
    readonly stride: number,
    readonly values: Int32Array,
  ) {}

  /** Number of outputs. */
  get outputs(): number {
    return this.first.length;
  }

  /** Where the inputs begin that are used. */
  get start(): number {
    return this.first[0]!;
  }

  /** Where they end. */
  get end(): number {
    return this.first[this.outputs - 1]! + this.counts[this.outputs - 1]!;
  }

  /** The same for inputs of which those before the first that is used were cut off. */
  withoutMargin(): Weights {
    const start = this.start;
    return new Weights(
      this.first.map((place) => place - start),
      this.counts,
      this.stride,
      this.values,
    );
  }

  /**
   * The weights of some outputs from number `from` on, when `inputSize` inputs become `outputSize`.
   *
   * An output's inputs are those within the support around its centre; when the image becomes
   * smaller, the support grows with the scale, which is what avoids aliasing.
   */
  static of(inputSize: number, outputSize: number, from: number, outputs: number, filter: Filter): Weights {
    const scale = inputSize / outputSize;
    const filterScale = Math.max(1, scale);
    const support = filter.support * filterScale;
    const stride = Math.ceil(support) * 2 + 1;
    const first = new Int32Array(outputs);
    const counts = new Int32Array(outputs);
    const values = new Int32Array(outputs * stride);
    const exact = new Float64Array(stride);
    for (let output = 0; output < outputs; output++) {
      const centre = (from + output + 0.5) * scale;
      const start = Math.max(0, Math.trunc(centre - support + 0.5));
      const count = Math.min(inputSize, Math.trunc(centre + support + 0.5)) - start;
      let sum = 0;
      for (let tap = 0; tap < count; tap++) {
        const weight = filter.weight((tap + start - centre + 0.5) * (1 / filterScale));
        exact[tap] = weight;
        sum += weight;
      }
      for (let tap = 0; tap < count; tap++) {
        values[output * stride + tap] = fixed(sum !== 0 ? exact[tap]! / sum : exact[tap]!);
      }
      first[output] = start;
      counts[output] = count;
    }
    return new Weights(first, counts, stride, values);
  }
}

/** In fixed point; halves away from zero. */
function fixed(weight: number): number {
  const scaled = weight * (1 << PRECISION_BITS);
  return Math.trunc(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}
