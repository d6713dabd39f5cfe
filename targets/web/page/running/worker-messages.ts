import type { InputValues } from "../imaging/model-input";
import type { Setting } from "./accelerator";
import type { ModelFacts } from "./model";
import type { ModelFile } from "./model-file";

/** Where a worker finds the runtimes; addresses of folders. */
export interface Runtimes {
  readonly litert: string;
  readonly onnx: string;
}

/** What a page asks a worker for, by the command's name. */
export interface Commands {
  /** Loads a runtime and opens a file; models are numbered from 0. */
  readonly open: { readonly file: ModelFile; readonly bytes: Uint8Array };

  /** Runs a model once. */
  readonly run: { readonly model: number; readonly input: InputValues };

  /** Runs models in turns, the first rounds of which are not told, and tells how long each took. */
  readonly time: {
    readonly models: readonly number[];
    readonly inputs: readonly InputValues[];
    readonly rounds: number;

    /** What is not told, at least. */
    readonly warmup: { readonly rounds: number; readonly seconds: number };
  };
}

/** What a worker answers, likewise. */
export interface Replies {
  readonly open: { readonly facts: ModelFacts; readonly loadMs: number };
  readonly run: { readonly outputs: ReadonlyMap<string, Float32Array>; readonly ms: number };
  readonly time: {
    /** Of each model in turn, the mean of each round's runs. */
    readonly milliseconds: readonly (readonly number[])[];

    /** How many runs of each model a round has. */
    readonly runs: readonly number[];
  };
}

export type CommandName = keyof Commands;

/** What goes to a worker. */
export type ToWorker = {
  [Name in CommandName]: {
    readonly name: Name;
    readonly command: Commands[Name];
    readonly setting: Setting;
    readonly runtimes: Runtimes;
  };
}[CommandName];

/** What comes from one: a sign that it gets on, or the end of a command. */
export type FromWorker = { readonly log: readonly string[]; readonly clockStepMs: number } & (
  | { readonly round: number }
  | { readonly reply: Replies[CommandName] }
  | { readonly failure: string }
);
