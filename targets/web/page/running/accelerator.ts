/** What runs a file in a browser: the processor, or the GPU in single or half precision. */
export const ACCELERATORS = ["wasm", "webgpu", "webgpu-fp16"] as const;

export type Accelerator = (typeof ACCELERATORS)[number];

/** What a file is run on, and with how many threads. */
export interface Setting {
  readonly accelerator: Accelerator;
  readonly threads: number;
}
