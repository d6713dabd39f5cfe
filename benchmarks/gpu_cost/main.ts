import { loadAndCompile, loadLiteRt, Tensor, type CompiledModel } from "@litertjs/core";

import { GpuCounter, type GpuCost } from "./counter";

/** What the page tells of a file. */
interface Told {
  readonly file: string;
  readonly precision: "fp32" | "fp16";
  /** Why there are no figures; null where there are. */
  readonly failure: string | null;
  readonly costs: readonly GpuCost[];
}

const RUNS = 3;

// Before LiteRT's WebAssembly takes the methods that are counted.
const counter = new GpuCounter();

void main();

async function main(): Promise<void> {
  await loadLiteRt("wasm/", {});
  const files = (await (await fetch("files")).json()) as string[];
  for (const file of files) {
    for (const precision of ["fp32", "fp16"] as const) {
      const told: Told = await countCosts(file, precision);
      await fetch("told", { method: "POST", body: JSON.stringify(told) });
    }
  }
}

async function countCosts(file: string, precision: "fp32" | "fp16"): Promise<Told> {
  try {
    const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
    const options = { accelerator: "webgpu", gpuOptions: { precision } } as const;
    const model = await loadAndCompile(bytes, options);
    if (!model.isFullyAccelerated) {
      return { file, precision, failure: "WebGPU does not take the whole of it", costs: [] };
    }
    const costs: GpuCost[] = [];
    for (let run = 0; run < RUNS; run++) costs.push(await costOfRun(model));
    return { file, precision, failure: null, costs };
  } catch (error) {
    return { file, precision, failure: String(error), costs: [] };
  }
}

async function costOfRun(model: CompiledModel): Promise<GpuCost> {
  const shape = [...model.getInputDetails()[0]!.shape];
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  const input = new Tensor(values, shape);
  counter.take();
  for (const output of await model.run(input)) {
    await output.data();
    output.delete();
  }
  input.delete();
  return counter.take();
}
