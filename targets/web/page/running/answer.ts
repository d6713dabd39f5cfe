import type { ModelFile } from "./model-file";
import { type Outputs, shapeFor } from "./output-values";

/** An answer, as `job.json`'s protocol has it. */
export interface Answer {
  readonly outcome: "done" | "failed";
  readonly reason: string | null;
  readonly seconds: number;
  readonly hidden: boolean;
  readonly clock_step_ms: number;
  readonly log: readonly string[];
  readonly result: CheckResult | AloneResult | TimeResult | null;
}

export interface FileAnswer {
  readonly failure: string | null;
  readonly runtime: string | null;
  readonly device: string | null;
  readonly is_software: boolean;
  readonly half: boolean | null;
}

export interface EncodedArray {
  readonly shape: readonly number[];
  readonly base64: string;
}

export interface CheckResult {
  readonly files: readonly FileAnswer[];
  readonly outputs: readonly (Readonly<Record<string, EncodedArray>> | null)[];
}

export interface AloneResult {
  readonly runtime: string;
  readonly batch: number;
  readonly load_ms: number;
  readonly first_ms: number;
}

export interface TimeResult {
  readonly milliseconds: readonly (readonly number[])[];
  readonly runs: readonly number[];
}

/** Bytes that become characters at a time; an argument list has its limits. */
const CHUNK = 3 * 8192;

/** A file's outputs as an answer has them. */
export function encodeOutputs(
  outputs: Outputs,
  images: number,
  file: ModelFile,
): Record<string, EncodedArray> {
  return Object.fromEntries(
    file.outputs.map((tensor) => [
      tensor.name,
      { shape: shapeFor(tensor, images), base64: encodeBase64(outputs.get(tensor.name)!) },
    ]),
  );
}

/** All browsers are little endian, as the protocol is. */
function encodeBase64(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += CHUNK) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(start, start + CHUNK))));
  }
  return parts.join("");
}
