import type { Findings } from "../decoding/findings";
import { type OutputReader, outputReader } from "../decoding/output-reader";
import { modelInput } from "../imaging/model-input";
import { CHANNELS, type RgbImage } from "../imaging/rgb-image";
import type { Setting } from "./accelerator";
import type { Bundle } from "./bundle";
import { imageInput } from "./job-runner";
import type { ModelFacts } from "./model";
import type { ModelFile } from "./model-file";
import { ModelWorker } from "./model-worker";
import { joinOutputs, type Outputs } from "./output-values";
import type { Site } from "./site";

/** For how long a file may be opened or run; GPUs compile their programs meanwhile. */
const PATIENCE_S = 300;

/** What a model sees in an image, and what it took. */
export interface Sighting {
  readonly findings: Findings;

  /** From the image's pixels to the file's input. */
  readonly preprocessingMs: number;

  /** Of the runtime alone. */
  readonly modelMs: number;
}

/** A file of a bundle that looks at images, one at a time, in a worker of its own. */
export class ImageRunner {
  private constructor(
    private readonly bundle: Bundle,
    readonly file: ModelFile,
    readonly facts: ModelFacts,

    /** What the first run took, in which runtimes prepare themselves. */
    readonly firstMs: number,
    private readonly worker: ModelWorker,
    private readonly read: OutputReader,
  ) {}

  /**
   * Opens a file, and runs it once.
   *
   * @throws PageError it cannot be run so.
   */
  static async open(site: Site, bundle: Bundle, file: ModelFile, setting: Setting): Promise<ImageRunner> {
    const read = outputReader(bundle, file);
    const bytes = await site.model(file);
    const worker = new ModelWorker(site.root, setting, PATIENCE_S);
    try {
      const { facts } = await worker.ask("open", { file, bytes });
      const { height, width } = bundle.preprocessing.size;
      const black = new Uint8Array(CHANNELS * height * width);
      const input = modelInput(black, 1, imageInput(file), bundle.preprocessing);
      const { ms } = await worker.ask("run", { model: 0, input });
      return new ImageRunner(bundle, file, facts, ms, worker, read);
    } catch (error) {
      worker.end();
      throw error;
    }
  }

  /**
   * Looks at an image.
   *
   * @throws PageError the image is too unequal, the runtime failed, or a value is NaN or infinite.
   */
  async look(image: RgbImage): Promise<Sighting> {
    const begun = performance.now();
    const { preprocessing } = this.bundle;
    const { pixels } = preprocessing.pixels(image);
    const input = modelInput(pixels, 1, imageInput(this.file), preprocessing);
    const preprocessingMs = performance.now() - begun;
    const { outputs, ms: modelMs } = await this.worker.ask("run", { model: 0, input });
    return { findings: this.read(this.joined(outputs), image), preprocessingMs, modelMs };
  }

  /** Ends its worker. */
  close(): void {
    this.worker.end();
  }

  /** A file that takes several images at a time got zeros for the others. */
  private joined(outputs: Outputs): Outputs {
    return joinOutputs([outputs], 1, this.file);
  }
}
