import { PageError } from "../page-error";
import type { ModelFile, TensorInfo } from "./model-file";
import { sizeOf } from "./model-file";

/** A file's outputs for some images, by name: channels first in maps, as all of Python has them. */
export type Outputs = ReadonlyMap<string, Float32Array>;

/**
 * The outputs of several runs together.
 *
 * @param runs as the file laid them out, a batch each.
 * @param images of all runs; the last batch may have been filled up.
 * @throws PageError an output is missing, or is not of its size.
 */
export function joinOutputs(runs: readonly Outputs[], images: number, file: ModelFile): Outputs {
  const batch = file.input.shape[0]!;
  const joined = new Map<string, Float32Array>();
  for (const tensor of file.outputs) {
    const size = sizeOf(tensor) / batch;
    const values = new Float32Array(size * images);
    for (const [number, run] of runs.entries()) {
      const start = number * batch;
      const part = batchOf(run, tensor).subarray(0, size * Math.min(batch, images - start));
      values.set(part, size * start);
    }
    joined.set(tensor.name, values);
  }
  return joined;
}

function batchOf(run: Outputs, tensor: TensorInfo): Float32Array {
  const values = run.get(tensor.name);
  if (values?.length !== sizeOf(tensor)) {
    const told = values ? `has ${values.length} values` : "is missing";
    throw new PageError(`its output ${JSON.stringify(tensor.name)} ${told}; it is not as its job says`);
  }
  return tensor.layout === "NHWC" ? channelsFirst(values, tensor.shape) : values;
}

/** Values [N, H, W, C] as [N, C, H, W]. */
function channelsFirst(values: Float32Array, shape: readonly number[]): Float32Array {
  const [images, height, width, channels] = shape as [number, number, number, number];
  const places = height * width;
  const moved = new Float32Array(values.length);
  for (let image = 0; image < images; image++) {
    const start = image * places * channels;
    for (let place = 0; place < places; place++) {
      for (let channel = 0; channel < channels; channel++) {
        moved[start + channel * places + place] = values[start + place * channels + channel]!;
      }
    }
  }
  return moved;
}

/** An output's shape for so many images, channels first. */
export function shapeFor(tensor: TensorInfo, images: number): number[] {
  const [, ...sides] = tensor.shape;
  if (tensor.layout !== "NHWC") return [images, ...sides];
  const [height, width, channels] = sides as [number, number, number];
  return [images, channels, height, width];
}
