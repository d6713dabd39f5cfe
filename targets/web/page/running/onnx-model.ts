import * as ort from "onnxruntime-web/wasm";

import type { InputValues } from "../imaging/model-input";
import { PageError } from "../page-error";
import type { Setting } from "./accelerator";
import type { Model, ModelFacts } from "./model";
import type { ModelFile } from "./model-file";
import { firstLine } from "./runtime-log";

/** An ONNX file by ONNX Runtime in WebAssembly. */
export class OnnxModel implements Model {
  private tensor: ort.Tensor | null = null;

  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly file: ModelFile,
    readonly facts: ModelFacts,
  ) {}

  /**
   * Opens a file.
   *
   * @param folder where the site has ONNX Runtime's WebAssembly.
   * @throws PageError it cannot be run on the accelerator that was asked for.
   */
  static async open(
    file: ModelFile,
    bytes: Uint8Array,
    setting: Setting,
    folder: string,
  ): Promise<OnnxModel> {
    if (setting.accelerator !== "wasm") {
      throw new PageError("ONNX files are run in WebAssembly alone; TFLite files run by WebGPU");
    }
    const { wasm, versions } = ort.env;
    wasm.wasmPaths = folder;
    wasm.numThreads = setting.threads;
    try {
      const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
      const threads = `${setting.threads} thread${setting.threads > 1 ? "s" : ""}`;
      return new OnnxModel(session, file, {
        runtime: `ONNX Runtime Web ${versions.web ?? "of an unknown version"} (WebAssembly, ${threads})`,
        device: null,
        isSoftware: false,
        half: null,
      });
    } catch (error) {
      throw new PageError(`ONNX Runtime Web refuses it: ${firstLine(String(error))}`);
    }
  }

  feed(input: InputValues): void {
    const { dtype, shape } = this.file.input;
    this.tensor = new ort.Tensor(dtype as "float32" | "uint8", input, [...shape]);
  }

  async run(): Promise<ReadonlyMap<string, Float32Array>> {
    if (!this.tensor) throw new Error("there is no input");
    const outputs = await this.session.run({ [this.file.input.name]: this.tensor });
    return new Map(
      Object.entries(outputs).map(([name, output]) => [name, output.data as Float32Array]),
    );
  }
}
