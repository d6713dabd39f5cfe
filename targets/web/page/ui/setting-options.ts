import type { Setting } from "../running/accelerator";
import type { GpuAbility } from "../running/gpu-adapter";
import type { ModelFile } from "../running/model-file";

/** What a page may do on its device. */
export interface Abilities {
  readonly isIsolated: boolean;
  readonly cores: number;
  readonly gpu: GpuAbility;
}

/** A way to run a file; what cannot be taken says why. */
export interface SettingOption {
  readonly setting: Setting;
  readonly missing: string | null;
}

/** More threads than fast cores make phones slower. */
const MOST_THREADS = 4;

/** The ways to run a file, the surest first. */
export function settingOptions({ isIsolated, cores, gpu }: Abilities, file: ModelFile): SettingOption[] {
  const threads = Math.max(2, Math.min(cores, MOST_THREADS));
  const alone = cores < 2 ? "this device has one core" : null;
  const notIsolated = isIsolated ? alone : "the page is not isolated";
  const onnx = file.format === "onnx" ? "ONNX files are run in WebAssembly" : null;
  return [
    { setting: { accelerator: "wasm", threads: 1 }, missing: null },
    { setting: { accelerator: "wasm", threads }, missing: notIsolated },
    { setting: { accelerator: "webgpu", threads: 1 }, missing: onnx ?? gpu.missing },
    {
      setting: { accelerator: "webgpu-fp16", threads: 1 },
      missing: onnx ?? gpu.missing ?? (gpu.half ? null : "this GPU has no half precision in WebGPU"),
    },
  ];
}
