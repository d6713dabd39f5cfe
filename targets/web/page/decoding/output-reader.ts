import { Placement } from "../imaging/placement";
import { longestSide, type Size } from "../imaging/size";
import { PROBABILITIES } from "../judging/golden-vectors";
import { PageError } from "../page-error";
import type { Bundle } from "../running/bundle";
import { type ModelFile, sizeOf } from "../running/model-file";
import { type Outputs, shapeFor } from "../running/output-values";
import { FIRST_LEVEL, PER_PLACE } from "./anchors";
import { BoxDecoder } from "./box-decoder";
import { FeatureMap } from "./feature-map";
import type { Findings } from "./findings";
import { LabelDecoder } from "./label-decoder";
import { topScores } from "./score";

/** How many classes are told of. */
const TOP = 5;

const BOXES = "boxes";
const SCORES = "scores";

/** Tells what a file's outputs for an image mean. */
export type OutputReader = (outputs: Outputs, image: Size) => Findings;

/**
 * The reader of a file of a bundle.
 *
 * @throws PageError its outputs are none of the bundle's task.
 */
export function outputReader(bundle: Bundle, file: ModelFile): OutputReader {
  switch (bundle.task) {
    case "classification":
      return scoreReader(file);
    case "detection":
      return boxReader(bundle, file);
    case "segmentation":
      return labelReader(bundle, file);
  }
}

function scoreReader(file: ModelFile): OutputReader {
  const [output, ...others] = file.outputs;
  if (!output || others.length > 0) throw new PageError(`${file.name}: a classifier has one output`);
  return (outputs) => {
    const scores = topScores(valuesOf(outputs, output.name), TOP, output.name === PROBABILITIES);
    return { task: "classification", scores };
  };
}

function boxReader({ outputs: stated, preprocessing }: Bundle, file: ModelFile): OutputReader {
  const levels = Math.floor(stated.length / 2);
  const logits = stated.find(({ name }) => name === `class_logits_p${FIRST_LEVEL}`);
  const classes = Math.floor((logits?.shape[0] ?? 0) / PER_PLACE);
  const decoder = new BoxDecoder(preprocessing.size, classes, levels);
  const isDecoded = file.outputs.some(({ name }) => name === BOXES);
  const maps = (outputs: Outputs, name: string) =>
    Array.from({ length: levels }, (_, level) => mapOf(outputs, file, `${name}_p${FIRST_LEVEL + level}`));
  return (outputs, image) => {
    const placement = Placement.of(preprocessing, image);
    const objects = isDecoded
      ? decoder.decodeBoxes(valuesOf(outputs, BOXES), valuesOf(outputs, SCORES), placement)
      : decoder.decode(maps(outputs, "class_logits"), maps(outputs, "box_deltas"), placement);
    return { task: "detection", image, objects };
  };
}

function labelReader({ preprocessing }: Bundle, file: ModelFile): OutputReader {
  const [output, ...others] = file.outputs;
  if (!output || others.length > 0) throw new PageError(`${file.name}: a segmenter has one output`);
  const [, classes] = shapeFor(output, 1);
  const decoder = new LabelDecoder(preprocessing.size, classes ?? 0);
  return (outputs, image) => {
    // Of larger images than the input no more is known than of such of its size.
    const placement = Placement.of(preprocessing, image).ofImageWithin(longestSide(preprocessing.size));
    const map = decoder.interpolated(mapOf(outputs, file, output.name), placement);
    return { task: "segmentation", map, regions: map.regions() };
  };
}

function valuesOf(outputs: Outputs, name: string): Float32Array {
  const values = outputs.get(name);
  if (!values) throw new PageError(`the output ${JSON.stringify(name)} is missing; build the site again`);
  return values;
}

/** A map of one image; outputs have channels first. */
function mapOf(outputs: Outputs, file: ModelFile, name: string): FeatureMap {
  const tensor = file.outputs.find((output) => output.name === name);
  const [, channels, height, width] = tensor ? shapeFor(tensor, 1) : [];
  if (!tensor || !channels || !height || !width || tensor.shape.length !== 4) {
    throw new PageError(`${file.name} has no map ${JSON.stringify(name)}; export it again`);
  }
  const values = valuesOf(outputs, name);
  const size = sizeOf(tensor) / tensor.shape[0]!;
  return new FeatureMap(values.subarray(0, size), channels, height, width, "NCHW");
}
