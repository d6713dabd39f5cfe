import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Fields } from "../../../../targets/web/page/files/fields";
import { INTERPOLATIONS } from "../../../../targets/web/page/imaging/interpolation";
import { IMAGE_LAYOUTS, normalise } from "../../../../targets/web/page/imaging/model-input";
import { upright } from "../../../../targets/web/page/imaging/orientation";
import { Preprocessing, RESIZE_MODES } from "../../../../targets/web/page/imaging/preprocessing";
import { RgbImage } from "../../../../targets/web/page/imaging/rgb-image";
import { goldenFile, parsed } from "./golden";

/** An image as a camera stored it, and where Python's results are found. */
interface Stated {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  readonly preprocessing: { readonly interpolation: string; readonly resize_mode: string };
  readonly places: readonly number[];
  readonly nchw: readonly number[];
  readonly nhwc: readonly number[];
}

interface Case {
  readonly stated: Stated;
  readonly preprocessing: Preprocessing;
  readonly image: RgbImage;
  readonly expected: Uint8Array;
}

function readCases(): Case[] {
  const bytes = gunzipSync(goldenFile("pixels.bin.gz"));
  let at = 0;
  const next = (size: number) => bytes.subarray(at, (at += size));
  const cases = parsed<Stated[]>(goldenFile("pixels.json")).map((stated) => {
    const { width, height } = stated;
    const preprocessing = Preprocessing.parse(new Fields(stated.preprocessing, "preprocessing"));
    const image = upright(new RgbImage(width, height, next(3 * width * height)), stated.orientation);
    const expected = next(3 * preprocessing.size.height * preprocessing.size.width);
    return { stated, preprocessing, image, expected };
  });
  assert.equal(at, bytes.length);
  return cases;
}

const CASES = readCases();

for (const { stated, preprocessing, image, expected } of CASES) {
  test(`pixels are Python's: ${stated.name}`, () => {
    const found = preprocessing.pixels(image);
    assert.deepEqual({ height: found.height, width: found.width }, preprocessing.size);
    const first = found.pixels.findIndex((value, index) => value !== expected[index]);
    assert.equal(first, -1, `differs at ${first}`);
  });

  test(`normalised values are Python's: ${stated.name}`, () => {
    for (const layout of IMAGE_LAYOUTS) {
      const found = normalise(expected, 1, layout, preprocessing);
      const values = layout === "NCHW" ? stated.nchw : stated.nhwc;
      const asked = stated.places.map((place) => found[place]);
      assert.deepEqual(asked, values.map(Math.fround), layout);
    }
  });
}

test("cases are of every kind", () => {
  const kinds = (kind: (stated: Stated) => unknown) => new Set(CASES.map(({ stated }) => kind(stated)));
  assert.ok(CASES.length > 160);
  assert.deepEqual(kinds((stated) => stated.preprocessing.interpolation), new Set<unknown>(INTERPOLATIONS));
  assert.deepEqual(kinds((stated) => stated.preprocessing.resize_mode), new Set<unknown>(RESIZE_MODES));
  assert.equal(kinds((stated) => stated.orientation).size, 8);
});
