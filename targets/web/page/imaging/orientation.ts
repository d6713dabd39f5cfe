import { CHANNELS, RgbImage } from "./rgb-image";

/** An image as it was seen, from its EXIF orientation, 1 to 8; any other value leaves it as it is. */
export function upright(image: RgbImage, orientation: number): RgbImage {
  const { width, height } = image;
  switch (orientation) {
    case 2:
      return read(image, width, height, width - 1, -1, width);
    case 3:
      return read(image, width, height, width * height - 1, -1, -width);
    case 4:
      return read(image, width, height, width * (height - 1), 1, -width);
    case 5:
      return read(image, height, width, 0, width, 1);
    case 6:
      return read(image, height, width, width * (height - 1), -width, 1);
    case 7:
      return read(image, height, width, width * height - 1, -width, -1);
    case 8:
      return read(image, height, width, width - 1, width, -1);
    default:
      return image;
  }
}

/** An image whose pixel (x, y) is another one's number origin + x * right + y * down. */
function read(
  image: RgbImage,
  width: number,
  height: number,
  origin: number,
  right: number,
  down: number,
): RgbImage {
  const source = image.pixels;
  const target = new Uint8Array(source.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = CHANNELS * (origin + y * down);
    for (let x = 0; x < width; x++) {
      target[to] = source[from]!;
      target[to + 1] = source[from + 1]!;
      target[to + 2] = source[from + 2]!;
      to += CHANNELS;
      from += CHANNELS * right;
    }
  }
  return new RgbImage(width, height, target);
}
