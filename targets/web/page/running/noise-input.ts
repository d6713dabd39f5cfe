import type { InputValues } from "../imaging/model-input";
import { type ModelFile, sizeOf } from "./model-file";

/** Of Park and Miller's generator (1988), so that every run takes the same values. */
const MODULUS = 2 ** 31 - 1;
const MULTIPLIER = 48271;

const BYTES = 256;

/** Ordinary values of a file's input, to be timed with: numbers from -2 to 2, or bytes. */
export function noiseInput(file: ModelFile): InputValues {
  const size = sizeOf(file.input);
  let state = 1;
  const next = () => {
    state = (state * MULTIPLIER) % MODULUS;
    return state / MODULUS;
  };
  if (file.input.dtype === "uint8") {
    return Uint8Array.from({ length: size }, () => Math.floor(BYTES * next()));
  }
  return Float32Array.from({ length: size }, () => 4 * next() - 2);
}
