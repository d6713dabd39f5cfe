import { softmax } from "../decoding/score";
import { readArray } from "../files/numpy-array";
import { ZipArchive } from "../files/zip-archive";
import { PageError } from "../page-error";
import type { ModelOutput } from "../running/bundle";

/** What a classifier's file gives that has the softmax in its graph. */
export const PROBABILITIES = "probabilities";

/** Images with the eager model's outputs, by which any runtime is compared. */
export class GoldenVectors {
  private constructor(
    /** Number of the images. */
    readonly count: number,

    /** uint8 [count, H, W, 3], resized, and cropped or padded. */
    readonly pixels: Uint8Array,
    private readonly outputs: ReadonlyMap<string, Float32Array>,
  ) {}

  /**
   * Reads a bundle's `golden.npz`, which has an array of each output by its name.
   *
   * @param outputs of the model.
   * @throws PageError it is damaged, or holds other arrays.
   */
  static async read(
    bytes: Uint8Array,
    name: string,
    outputs: readonly ModelOutput[],
  ): Promise<GoldenVectors> {
    const archive = new ZipArchive(bytes, name);
    const pixels = await readArray(archive, "pixels", "uint8");
    const count = pixels.shape[0];
    if (!count || pixels.shape.length !== 4 || pixels.shape[3] !== 3) {
      throw archive.unreadable("its images are not [N, H, W, 3]");
    }
    const values = new Map<string, Float32Array>();
    for (const output of outputs) {
      const array = await readArray(archive, output.name, "float32");
      const expected = [count, ...output.shape];
      if (String(array.shape) !== String(expected)) {
        throw archive.unreadable(`${output.name}: has the shape [${array.shape}], not [${expected}]`);
      }
      values.set(output.name, array.values);
    }
    return new GoldenVectors(count, pixels.values, values);
  }

  /** Whether images are the first of these. */
  includes(pixels: Uint8Array): boolean {
    return (
      pixels.length <= this.pixels.length && pixels.every((value, index) => value === this.pixels[index])
    );
  }

  /**
   * What a file's output is held to; null where that would be computed from others in an arithmetic
   * that is not Python's to the last bit, as decoded boxes would.
   */
  reference(name: string): Float32Array | null {
    return this.outputs.get(name) ?? (name === PROBABILITIES ? this.probabilities() : null);
  }

  /** The softmax of each image's logits, of a classifier. */
  private probabilities(): Float32Array {
    const [logits, ...others] = this.outputs.values();
    if (!logits || others.length > 0) throw new PageError("probabilities are none of this model");
    const classes = logits.length / this.count;
    const values = new Float32Array(logits.length);
    for (let start = 0; start < logits.length; start += classes) {
      values.set(softmax(logits.subarray(start, start + classes)), start);
    }
    return values;
  }
}
