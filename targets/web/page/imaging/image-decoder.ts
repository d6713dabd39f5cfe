import { PageError } from "../page-error";
import { PixelReader } from "./pixel-reader";
import { LONGEST_SIDE } from "./preprocessing";
import type { RgbImage } from "./rgb-image";
import { longestSide, type Size, sizeText } from "./size";

/** Of an image: more than any phone's camera gives by itself, and 200 MB. */
export const MOST_PIXELS = 2 ** 26;

/** Bytes of an image's file. */
const MOST_BYTES = 2 ** 28;

/** Colours and alpha as the file has them, upright. */
const OPTIONS: ImageBitmapOptions = {
  colorSpaceConversion: "none",
  premultiplyAlpha: "none",
  imageOrientation: "from-image",
};

/** Decodes images with the browser's own decoders. */
export class ImageDecoder {
  private readonly reader = new PixelReader();

  /**
   * An upright image's colours, its alpha dropped.
   *
   * @throws PageError it is no image that the browser opens, or is too large.
   */
  async decode(file: Blob): Promise<RgbImage> {
    if (file.size > MOST_BYTES) {
      throw new PageError(`the file has more than ${MOST_BYTES / 2 ** 20} MB; choose a smaller image`);
    }
    checkSize(await sizeOfImage(file));
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(file, OPTIONS);
    } catch {
      throw noImage();
    }
    try {
      return this.reader.read(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  }

  /**
   * What a camera shows just now.
   *
   * @throws PageError the browser reads no pixels of it.
   */
  frame(video: HTMLVideoElement): RgbImage {
    return this.reader.read(video, video.videoWidth, video.videoHeight);
  }
}

/** An image's size by its header, before memory is taken for its pixels. */
async function sizeOfImage(file: Blob): Promise<Size> {
  const address = URL.createObjectURL(file);
  const image = new Image();
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(noImage());
      image.src = address;
    });
    return { height: image.naturalHeight, width: image.naturalWidth };
  } finally {
    URL.revokeObjectURL(address);
  }
}

function checkSize(size: Size): void {
  if (size.height < 1 || size.width < 1) throw noImage();
  if (longestSide(size) > LONGEST_SIDE || size.height * size.width > MOST_PIXELS) {
    throw new PageError(
      `the image has ${sizeText(size)} pixels; up to ${LONGEST_SIDE} a side and` +
        ` ${MOST_PIXELS / 2 ** 20} million in all are taken; choose a smaller one`,
    );
  }
}

function noImage(): PageError {
  return new PageError("this is no image that this browser opens; choose a JPEG, a PNG or a WebP");
}
