import type { ModelFile, TensorInfo } from "../../../../targets/web/page/running/model-file";

/** An output as a file lays it out. */
export function tensor(name: string, shape: readonly number[], layout = ""): TensorInfo {
  return { name, dtype: "float32", shape, layout };
}

/** A file with some outputs. */
export function modelFile(name: string, outputs: readonly TensorInfo[], precision = "fp32"): ModelFile {
  return {
    path: `files/${name}`,
    name,
    format: name.endsWith(".onnx") ? "onnx" : "tflite",
    precision,
    sha256: "0".repeat(64),
    bytes: 1,
    input: tensor("image", [1, 8, 8, 3], "NHWC"),
    outputs,
  };
}
