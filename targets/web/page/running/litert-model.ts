import {
  type CompiledModel,
  getWebGpuDevice,
  loadAndCompile,
  loadLiteRt,
  supportsFeature,
  Tensor,
} from "@litertjs/core";
import { version } from "@litertjs/core/package.json";

import type { InputValues } from "../imaging/model-input";
import { PageError } from "../page-error";
import type { Setting } from "./accelerator";
import { describeAdapter } from "./gpu-adapter";
import type { Model, ModelFacts } from "./model";
import type { ModelFile } from "./model-file";
import { lastError } from "./runtime-log";

/** A build of LiteRT's WebAssembly. */
interface Build {
  readonly script: string;
  readonly title: string;
}

const BUILDS = {
  relaxed: { script: "litert_wasm_internal.js", title: "relaxed SIMD" },
  threaded: { script: "litert_wasm_threaded_internal.js", title: "relaxed SIMD" },
  compatible: { script: "litert_wasm_compat_internal.js", title: "SIMD" },
} as const satisfies Record<string, Build>;

const FP16_ON_CPU = "of fp16 it never does, LiteRT issue 9663; export --int8, or --int8-weights";

/** What a script of Emscripten's asks of its surroundings. */
declare const self: { Module?: unknown };

let loaded: Promise<Build> | null = null;

/** A TFLite file by LiteRT.js: XNNPACK in WebAssembly, or the GPU by WebGPU. */
export class LiteRtModel implements Model {
  private tensor: Tensor | null = null;

  private constructor(
    private readonly model: CompiledModel,
    private readonly file: ModelFile,
    readonly facts: ModelFacts,
  ) {}

  /**
   * Loads what opens files; the first setting of threads is that of all.
   *
   * @param folder where the site has LiteRT's WebAssembly.
   * @param log takes what LiteRT says.
   */
  static async load(folder: string, setting: Setting, log: string[]): Promise<void> {
    loaded ??= loadBuild(folder, setting.threads, log);
    await loaded;
  }

  /**
   * Opens a file that {@link load} was called for.
   *
   * @throws PageError it cannot be run whole on the accelerator that was asked for.
   */
  static async open(
    file: ModelFile,
    bytes: Uint8Array,
    setting: Setting,
    log: string[],
  ): Promise<LiteRtModel> {
    if (!loaded) throw new Error("LiteRT.js is not loaded");
    const build = await loaded;
    const gpu = setting.accelerator === "wasm" ? null : gpuFacts(setting.accelerator);
    const said = log.length;
    let model: CompiledModel;
    try {
      model = await loadAndCompile(bytes, {
        accelerator: gpu ? "webgpu" : "wasm",
        cpuOptions: { numThreads: setting.threads },
        gpuOptions: { precision: gpu?.half ? "fp16" : "fp32" },
      });
    } catch (error) {
      throw new PageError(`LiteRT.js refuses it: ${lastError(log.slice(said)) ?? String(error)}`);
    }
    holdWhole(model, file, gpu !== null, log.slice(said));
    const place = gpu ? `WebGPU, ${gpu.half ? "fp16" : "fp32"}` : wasmTitle(build, setting);
    return new LiteRtModel(model, file, {
      runtime: `LiteRT.js ${version} (${place})`,
      device: gpu?.device ?? null,
      isSoftware: gpu?.isSoftware ?? false,
      half: gpu?.half ? true : null,
    });
  }

  feed(input: InputValues): void {
    this.tensor?.delete();
    this.tensor = new Tensor(input, [...this.file.input.shape]);
  }

  async run(): Promise<ReadonlyMap<string, Float32Array>> {
    if (!this.tensor) throw new Error("there is no input");
    const outputs = await this.model.run(this.tensor);
    const names = this.model.getOutputDetails().map((details) => details.name);
    const values = new Map<string, Float32Array>();
    for (const [number, output] of outputs.entries()) {
      values.set(names[number]!, Float32Array.from((await output.data()) as Float32Array));
      output.delete();
    }
    return values;
  }
}

async function loadBuild(folder: string, threads: number, log: string[]): Promise<Build> {
  const build = await chosenBuild(threads);
  const say = (line: string) => log.push(line);
  // A worker's own address is not that of the WebAssembly.
  self.Module = {
    locateFile: (name: string) => folder + name,
    mainScriptUrlOrBlob: folder + build.script,
    print: say,
    printErr: say,
  };
  await loadLiteRt(folder + build.script, { threads: threads > 1 });
  return build;
}

async function chosenBuild(threads: number): Promise<Build> {
  if (!(await supportsFeature("relaxedSimd"))) {
    if (threads > 1) throw new PageError("this browser runs one thread alone; choose one");
    return BUILDS.compatible;
  }
  return threads > 1 ? BUILDS.threaded : BUILDS.relaxed;
}

function wasmTitle(build: Build, { threads }: Setting): string {
  return `WebAssembly, ${build.title}, ${threads} thread${threads > 1 ? "s" : ""}`;
}

/** What the GPU that LiteRT took is, held to what was asked for. */
function gpuFacts(accelerator: "webgpu" | "webgpu-fp16") {
  const device = getWebGpuDevice();
  if (!device) throw new PageError("this browser shows no GPU to this page (no WebGPU adapter)");
  const half = accelerator === "webgpu-fp16";
  if (half && !device.features.has("shader-f16")) {
    throw new PageError("this GPU has no half precision in WebGPU (shader-f16)");
  }
  return { ...describeAdapter(device.adapterInfo), half };
}

/** LiteRT.js takes the processor for what the accelerator refuses, without a word. */
function holdWhole(
  model: CompiledModel,
  { precision }: ModelFile,
  onGpu: boolean,
  log: readonly string[],
): void {
  const used = model.options.accelerator;
  if (model.isFullyAccelerated && used === (onGpu ? "webgpu" : "wasm")) return;
  const place = onGpu ? "WebGPU" : "XNNPACK";
  const reason = lastError(log) ?? (!onGpu && precision === "fp16" ? FP16_ON_CPU : null);
  throw new PageError(
    `${place} does not take the whole of it, and LiteRT.js would compute the rest otherwise` +
      (reason === null ? "" : ` (${reason})`),
  );
}
