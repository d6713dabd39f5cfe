import assert from "node:assert/strict";
import { test } from "node:test";
import { Fields } from "../../../../targets/web/page/files/fields";
import { modelInput, normalise } from "../../../../targets/web/page/imaging/model-input";
import { Placement } from "../../../../targets/web/page/imaging/placement";
import { Preprocessing } from "../../../../targets/web/page/imaging/preprocessing";
import { RgbImage } from "../../../../targets/web/page/imaging/rgb-image";

const STATED = {
  height: 2,
  width: 4,
  resize: [2, 4],
  resize_mode: "crop",
  crop_ratio: 1,
  interpolation: "bicubic",
  padding: [124, 116, 104],
  padding_place: "bottom-right",
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

function parse(changed: object = {}): Preprocessing {
  return Preprocessing.parse(new Fields({ ...STATED, ...changed }, "preprocessing"));
}

function assertRefused(changed: object, expected: RegExp): void {
  assert.throws(() => parse(changed), expected);
}

test("what is impossible or contradicts itself is refused", () => {
  assert.deepEqual(parse().size, { height: 2, width: 4 });
  assertRefused({ height: 0 }, /height and width must be from 1 to 32768, not 0 x 4/);
  assertRefused({ height: 40000, resize: [40000, 4] }, /must be from 1 to 32768/);
  assertRefused({ crop_ratio: 0 }, /crop_ratio must be in \[0.01, 1\], not 0/);
  assertRefused({ crop_ratio: 1.01 }, /crop_ratio must be in/);
  assertRefused({ crop_ratio: 0.5 }, /resize 2 x 4 contradicts 2 x 4 .* which give 4 x 8/);
  assertRefused({ width: 32768, crop_ratio: 0.5, resize: [4, 65536] }, /resize must be at most 32768/);
  assertRefused({ padding: [0, 0] }, /padding needs three whole numbers from 0 to 255/);
  assertRefused({ padding: [0, 0, 256] }, /padding needs/);
  assertRefused({ mean: [0, 0] }, /mean and std need three numbers each/);
  assertRefused({ mean: [0, 0, 1e300] }, /mean and std need three numbers each/);
  assertRefused({ std: [1, 0, 1] }, /std must be positive/);
});

test("fields of other types and names are refused", () => {
  assertRefused({ height: 2.5 }, /preprocessing.height must be a whole number/);
  assertRefused({ crop_ratio: "1" }, /preprocessing.crop_ratio must be a number/);
  assertRefused({ resize: 2 }, /preprocessing.resize must be a list of whole numbers/);
  assertRefused({ resize: [2, 4, 1] }, /preprocessing.resize must be a height and a width/);
  assertRefused({ mean: ["0", 0, 0] }, /preprocessing.mean must be a list of numbers/);
  assertRefused({ resize_mode: "fit" }, /preprocessing.resize_mode "fit" is unknown; choose one of crop/);
  assertRefused({ colour: 1 }, /preprocessing has "colour", which is not a known field/);
  assert.throws(() => Preprocessing.parse(new Fields({ height: 1 }, "it")), /it.width is missing/);
  assert.throws(() => new Fields([], "it"), /it must be an object/);
});

test("an image that is too unequal is refused", () => {
  const image = new RgbImage(20_000, 1, new Uint8Array(60_000));
  assert.throws(() => parse().pixels(image), /20000 x 1 pixels are too unequal to be resized/);
});

test("a cropped image's place is told, and boxes are brought back to it", () => {
  const place = Placement.of(parse({ interpolation: "bilinear" }), { height: 10, width: 40 });
  assert.deepEqual(
    [place.rows.start, place.rows.resized, place.columns.start, place.columns.resized],
    [0, 2, -2, 8],
  );
  const boxes = Float32Array.of(-1, 0.5, 9, 1);
  place.toImage(boxes, 1);
  assert.deepEqual(boxes, Float32Array.of(10, 2.5, 30, 5));
});

test("a letterboxed image's place is told", () => {
  const around = parse({ resize_mode: "letterbox", padding_place: "around" });
  const place = Placement.of(around, { height: 10, width: 10 });
  const { rows, columns } = place;
  assert.deepEqual([columns.first, columns.last, rows.first, rows.last], [1, 3, 0, 2]);
  const small = place.ofImageWithin(5);
  assert.deepEqual(small.image, { height: 5, width: 5 });
  assert.equal(small.columns.scale, 2 * columns.scale);
  assert.equal(place.ofImageWithin(10), place);
});

const PIXELS = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

test("files that take pixels get them as they are, in their layout", () => {
  const input = { type: "uint8", size: 18 } as const;
  assert.deepEqual(
    modelInput(PIXELS, 2, { ...input, layout: "NCHW" }, parse()),
    Uint8Array.of(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, 0, 0, 0, 0, 0, 0),
  );
  assert.deepEqual(
    modelInput(PIXELS, 2, { ...input, layout: "NHWC", size: 12 }, parse()),
    PIXELS,
  );
});

test("what is missing to a batch of reals is zeros", () => {
  const found = modelInput(PIXELS, 2, { type: "float32", layout: "NHWC", size: 18 }, parse());
  assert.deepEqual(found.slice(0, 12), normalise(PIXELS, 2, "NHWC", parse()));
  assert.deepEqual(found.slice(12), new Float32Array(6));
  assert.throws(() => modelInput(PIXELS, 2, { type: "uint8", layout: "NHWC", size: 6 }, parse()), /are more/);
  assert.throws(() => normalise(PIXELS, 5, "NHWC", parse()), /12 bytes are no 5 RGB images/);
});

test("alpha is dropped", () => {
  const image = RgbImage.fromRgba(2, 1, [1, 2, 3, 0, 4, 5, 6, 255]);
  assert.deepEqual(image.pixels, Uint8Array.of(1, 2, 3, 4, 5, 6));
  assert.throws(() => RgbImage.fromRgba(2, 1, [1, 2, 3, 0]), /4 bytes are no RGBA image of 2 x 1 pixels/);
  assert.throws(() => new RgbImage(2, 1, new Uint8Array(5)), /5 bytes are no RGB image/);
});
