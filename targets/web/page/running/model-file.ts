import type { Fields } from "../files/fields";

/** What a file's name ends with, without the dot. */
export const FILE_FORMATS = ["tflite", "onnx"] as const;

/** A file's input or output. */
export interface TensorInfo {
  readonly name: string;

  /** Numpy's name of the values' type, such as `float32`. */
  readonly dtype: string;
  readonly shape: readonly number[];

  /** `NCHW` or `NHWC` of images and maps, `NK` of one value a class; empty where nobody knows. */
  readonly layout: string;
}

/** A file that a page is to run, as its job states it. */
export interface ModelFile {
  /** Where the site has it. */
  readonly path: string;

  /** As it is shown. */
  readonly name: string;
  readonly format: (typeof FILE_FORMATS)[number];

  /** Such as `int8`; empty where nobody says. */
  readonly precision: string;

  /** Of the content, in hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly input: TensorInfo;
  readonly outputs: readonly TensorInfo[];
}

/** @throws PageError a field is missing, unknown or impossible. */
export function parseModelFile(fields: Fields): ModelFile {
  fields.named("path", "name", "format", "precision", "sha256", "bytes", "input", "outputs");
  return {
    path: fields.text("path"),
    name: fields.text("name"),
    format: fields.choice("format", FILE_FORMATS),
    precision: fields.text("precision"),
    sha256: fields.text("sha256"),
    bytes: fields.whole("bytes"),
    input: parseTensor(fields.object("input")),
    outputs: fields.objects("outputs").map(parseTensor),
  };
}

/** Number of values of a tensor. */
export function sizeOf(tensor: TensorInfo): number {
  return tensor.shape.reduce((product, side) => product * side, 1);
}

function parseTensor(fields: Fields): TensorInfo {
  return {
    name: fields.text("name"),
    dtype: fields.text("dtype"),
    shape: fields.wholes("shape"),
    layout: fields.text("layout"),
  };
}
