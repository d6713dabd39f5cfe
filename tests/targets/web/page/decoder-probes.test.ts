import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  decodingText,
  parseProbes,
  probeDecoder,
  PROBES,
} from "../../../../targets/web/page/imaging/decoder-probes";
import { RgbImage } from "../../../../targets/web/page/imaging/rgb-image";
import { PageError } from "../../../../targets/web/page/page-error";
import { parsed } from "./golden";

const STATED = parsed<unknown>(readFileSync(`targets/web/page/static/${PROBES}`));

test("a browser that decodes otherwise is told apart, by image", async () => {
  const probes = parseProbes(STATED);
  let number = 0;
  const decode = async (): Promise<RgbImage> => {
    const { width, height, pixels } = probes[number]!;
    if (number++ === 2) throw new PageError("this is no image");
    const changed = pixels.slice();
    if (number === 2) changed[5]! ^= 4;
    return new RgbImage(width, height, changed);
  };
  const differences = await probeDecoder(probes, { decode });
  assert.deepEqual(differences, [
    { name: "PNG with alpha", levels: 4 },
    { name: "JPEG 4:4:4", levels: null },
  ]);
  assert.equal(
    decodingText(differences),
    "differs from Pillow's: PNG with alpha by up to 4 of 255, JPEG 4:4:4 cannot be read",
  );
  assert.equal(decodingText([]), "as Pillow's, to the last bit");
});

test("probes that are damaged are told", () => {
  const probe = { name: "PNG", type: "image/png", file: "", width: 1, height: 1, pixels: "AAAA" };
  assert.equal(parseProbes({ probes: [probe] }).length, 1);
  const refused = (change: object, expected: RegExp) =>
    assert.throws(() => parseProbes({ probes: [{ ...probe, ...change }] }), expected);
  refused({ pixels: "AA==" }, /probes.0.pixels are not of its size/);
  refused({ file: "?" }, /probes.0.file is no base64/);
});
