/** What tests ask of the page's modules within a browser, by `harness.NAME(...)`. */
import { Camera } from "../../../../targets/web/page/imaging/camera";
import { parseProbes, probeDecoder, PROBES } from "../../../../targets/web/page/imaging/decoder-probes";
import { ImageDecoder } from "../../../../targets/web/page/imaging/image-decoder";
import { parseJob } from "../../../../targets/web/page/running/job";
import { ImageRunner } from "../../../../targets/web/page/running/image-runner";
import { Site } from "../../../../targets/web/page/running/site";

const decoder = new ImageDecoder();
const site = new Site(new URL("./", location.href));

async function blobOf(path: string): Promise<Blob> {
  return new Blob([(await site.fetched(path)) as BlobPart]);
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** An image's size and pixels, or why there are none. */
async function decode(path: string): Promise<object> {
  try {
    const { width, height, pixels } = await decoder.decode(await blobOf(path));
    return { width, height, pixels: base64(pixels) };
  } catch (error) {
    return { failure: String(error) };
  }
}

/** What a file of the site's bundle sees in an image. */
async function look(number: number, path: string): Promise<object> {
  const job = parseJob(await site.json("job.json"));
  const setting = { accelerator: "wasm", threads: 1 } as const;
  const runner = await ImageRunner.open(site, (await site.bundle())!, job.files[number]!, setting);
  try {
    const { findings } = await runner.look(await decoder.decode(await blobOf(path)));
    return findings.task === "segmentation"
      ? { size: findings.map.size, labels: base64(findings.map.labels), regions: findings.regions }
      : findings;
  } finally {
    runner.close();
  }
}

/** Where the browser decodes otherwise than Pillow. */
async function probe(): Promise<object> {
  return probeDecoder(parseProbes(await site.json(PROBES)), decoder);
}

/** The size of a camera's images, and whether all are of one colour. */
async function frame(): Promise<object> {
  const video = document.createElement("video");
  const camera = await Camera.open(video, "environment", () => {});
  const { width, height, pixels } = decoder.frame(video);
  camera.close();
  return { width, height, isPlain: pixels.every((value, index) => value === pixels[index % 3]) };
}

/** Makes the browser lose what it draws with, as phones do to pages in the background. */
function loseContexts(): void {
  for (const context of contexts) context.getExtension("WEBGL_lose_context")?.loseContext();
}

const contexts: WebGL2RenderingContext[] = [];
const { getContext } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, ...asked: unknown[]) {
  const context: unknown = getContext.apply(this, asked as Parameters<typeof getContext>);
  if (context instanceof WebGL2RenderingContext) contexts.push(context);
  return context;
} as typeof getContext;

Object.assign(globalThis, { harness: { decode, look, probe, frame, loseContexts } });
