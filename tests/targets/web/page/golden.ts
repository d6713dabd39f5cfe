import { readFileSync } from "node:fs";

/** Cases that the Android app is held to as well; Python writes them. Tests run in the checkout. */
const PIXELS = "android_demo/core/src/test/resources/golden";
const DECODING = "tests/data/decoding";

/** A golden file of pixels and figures. */
export function goldenFile(name: string): Uint8Array<ArrayBuffer> {
  return readFileSync(`${PIXELS}/${name}`);
}

/** A golden file of decoding. */
export function decodingFile(name: string): Uint8Array<ArrayBuffer> {
  return readFileSync(`${DECODING}/${name}`);
}

/** What a JSON file holds, which is trusted to be of a type. */
export function parsed<T>(content: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(content)) as T;
}
