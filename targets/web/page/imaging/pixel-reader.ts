import { PageError } from "../page-error";
import { CHANNELS, RgbImage } from "./rgb-image";

/** What has pixels in a browser. */
export type PixelSource = ImageBitmap | HTMLVideoElement;

/** Sides of the texture through which pixels are read; larger images are read in parts. */
const LARGEST_TILE = 4096;

/** With a context of which it shows only then that it was lost, and with a new one. */
const ATTEMPTS = 2;

const RGBA = 4;
const OPAQUE = 0xff;

/**
 * Reads pixels as they are. A texture keeps them where a canvas would multiply them by their alpha;
 * one context is used for all, since browsers have few.
 */
export class PixelReader {
  private context: WebGL2RenderingContext | null = null;

  /**
   * The colours of an image; alpha is dropped.
   *
   * @throws PageError the browser reads no pixels, or none of transparent images.
   */
  read(source: PixelSource, width: number, height: number): RgbImage {
    // Browsers take contexts away, from pages in the background above all.
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const context = this.opened();
      const pixels = context && readTexture(context, source, width, height);
      if (pixels) return new RgbImage(width, height, pixels);
    }
    return readCanvas(source, width, height);
  }

  /** A context that is not lost; null where there is none. */
  private opened(): WebGL2RenderingContext | null {
    if (!this.context || this.context.isContextLost()) {
      const canvas = document.createElement("canvas");
      this.context = canvas.getContext("webgl2", { antialias: false, depth: false });
    }
    return this.context;
  }
}

/** Pixels through a texture, part by part; null where the context was lost meanwhile. */
function readTexture(
  gl: WebGL2RenderingContext,
  source: PixelSource,
  width: number,
  height: number,
): Uint8Array | null {
  const side = Math.min(LARGEST_TILE, gl.getParameter(gl.MAX_TEXTURE_SIZE) as number);
  const wide = Math.min(side, width);
  const high = Math.min(side, height);
  const texture = gl.createTexture();
  const framebuffer = gl.createFramebuffer();
  const pixels = new Uint8Array(CHANNELS * width * height);
  const tile = new Uint8Array(RGBA * wide * high);
  try {
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, wide, high);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    for (let top = 0; top < height; top += high) {
      for (let left = 0; left < width; left += wide) {
        const across = Math.min(wide, width - left);
        const down = Math.min(high, height - top);
        gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, left);
        gl.pixelStorei(gl.UNPACK_SKIP_ROWS, top);
        gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, across, down, gl.RGBA, gl.UNSIGNED_BYTE, source);
        gl.readPixels(0, 0, across, down, gl.RGBA, gl.UNSIGNED_BYTE, tile);
        copyColours(tile, across, down, pixels, width, left, top);
      }
    }
    return gl.getError() === gl.NO_ERROR ? pixels : null;
  } finally {
    gl.deleteFramebuffer(framebuffer);
    gl.deleteTexture(texture);
  }
}

function copyColours(
  tile: Uint8Array,
  across: number,
  down: number,
  pixels: Uint8Array,
  width: number,
  left: number,
  top: number,
): void {
  let from = 0;
  for (let row = 0; row < down; row++) {
    let to = CHANNELS * ((top + row) * width + left);
    for (let column = 0; column < across; column++) {
      pixels[to] = tile[from]!;
      pixels[to + 1] = tile[from + 1]!;
      pixels[to + 2] = tile[from + 2]!;
      to += CHANNELS;
      from += RGBA;
    }
  }
}

/** Pixels of an opaque image through a canvas, which multiplies them by their alpha. */
function readCanvas(source: PixelSource, width: number, height: number): RgbImage {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new PageError("this browser reads no pixels of images; try another browser");
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  for (let alpha = RGBA - 1; alpha < data.length; alpha += RGBA) {
    if (data[alpha] !== OPAQUE) {
      throw new PageError(
        "the image is transparent in places, and this browser shows no GPU (WebGL 2) by which its colours" +
          " could be read; choose another image",
      );
    }
  }
  return RgbImage.fromRgba(width, height, data);
}
