import type { InputValues } from "../imaging/model-input";

/** What a model runs on, as an answer tells it. */
export interface ModelFacts {
  /** What computes it, with its version and build. */
  readonly runtime: string;

  /** The GPU; null of the processor. */
  readonly device: string | null;

  /** Whether that is a program on the processor. */
  readonly isSoftware: boolean;

  /** Whether it computes in half precision; null where it was not allowed to. */
  readonly half: boolean | null;
}

/** A file that a runtime has opened. */
export interface Model {
  readonly facts: ModelFacts;

  /** Sets what the next runs take. */
  feed(input: InputValues): void;

  /** Runs once; the outputs, by name, as the file lays them out. */
  run(): Promise<ReadonlyMap<string, Float32Array>>;
}
