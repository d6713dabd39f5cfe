import { readFileSync } from "node:fs";
import { FeatureMap } from "../../../../targets/web/page/decoding/feature-map";
import { LabelDecoder } from "../../../../targets/web/page/decoding/label-decoder";
import { readPlacement, type StatedPlacement } from "./decoding-case";

/** Logits in a file, float32 [channels, height, width]. */
interface Question extends StatedPlacement {
  readonly file: string;
  readonly shape: readonly [channels: number, height: number, width: number];
}

/** The interpolated labels of some logits, row by row. */
function answer(question: Question): number[] {
  const placement = readPlacement(question);
  const [channels, height, width] = question.shape;
  const values = new Float32Array(new Uint8Array(readFileSync(question.file)).buffer);
  const logits = new FeatureMap(values, channels, height, width, "NCHW");
  return Array.from(new LabelDecoder(placement.input, channels).interpolated(logits, placement).labels);
}

const questions = JSON.parse(process.argv[2]!) as Question[];
process.stdout.write(JSON.stringify(questions.map(answer)));
