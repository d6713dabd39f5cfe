import { PageError } from "../page-error";
import type { Setting } from "../running/accelerator";
import { clockStep, runsTogether } from "../running/clock";
import { LiteRtModel } from "../running/litert-model";
import type { Model } from "../running/model";
import { OnnxModel } from "../running/onnx-model";
import { firstLine, shortened } from "../running/runtime-log";
import type { Commands, Replies, Runtimes, ToWorker } from "../running/worker-messages";

const models: Model[] = [];
const log: string[] = [];
const clockStepMs = clockStep();

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    tell({ reply: await obey(data) });
  } catch (error) {
    tell({ failure: error instanceof PageError ? error.message : firstLine(String(error)) });
  }
};

function tell(what: object): void {
  postMessage({ log: shortened(log), clockStepMs, ...what });
}

function obey({ name, command, setting, runtimes }: ToWorker): Promise<Replies[keyof Replies]> {
  switch (name) {
    case "open":
      return open(command, setting, runtimes);
    case "run":
      return run(command);
    case "time":
      return time(command);
  }
}

async function open(
  { file, bytes }: Commands["open"],
  setting: Setting,
  runtimes: Runtimes,
): Promise<Replies["open"]> {
  if (setting.threads > 1 && !crossOriginIsolated) {
    throw new PageError("more than one thread needs an isolated page: https or localhost; choose one");
  }
  for (const tensor of [file.input, ...file.outputs]) {
    if (tensor.dtype === "float32" || (tensor === file.input && tensor.dtype === "uint8")) continue;
    throw new PageError(
      `its ${JSON.stringify(tensor.name)} is ${tensor.dtype}, which browsers do not take; export it` +
        " with float inputs and outputs (without --io)",
    );
  }
  if (file.format === "tflite") await LiteRtModel.load(runtimes.litert, setting, log);
  const begun = performance.now();
  const model =
    file.format === "tflite"
      ? await LiteRtModel.open(file, bytes, setting, log)
      : await OnnxModel.open(file, bytes, setting, runtimes.onnx);
  models.push(model);
  return { facts: model.facts, loadMs: performance.now() - begun };
}

async function run({ model, input }: Commands["run"]): Promise<Replies["run"]> {
  const chosen = models[model]!;
  chosen.feed(input);
  const begun = performance.now();
  const outputs = await chosen.run();
  return { outputs, ms: performance.now() - begun };
}

async function time(command: Commands["time"]): Promise<Replies["time"]> {
  const chosen = command.models.map((number) => models[number]!);
  chosen.forEach((model, number) => model.feed(command.inputs[number]!));
  const fastest = chosen.map(() => Infinity);
  const begun = performance.now();
  const { rounds, seconds } = command.warmup;
  for (let round = 0; round < rounds || performance.now() - begun < 1000 * seconds; round++) {
    for (const [number, model] of chosen.entries()) {
      fastest[number] = Math.min(fastest[number]!, await timed(model, 1));
    }
    tell({ round: 0 });
  }
  const runs = fastest.map((milliseconds) => runsTogether(clockStepMs, milliseconds));
  const milliseconds: number[][] = chosen.map(() => []);
  for (let round = 0; round < command.rounds; round++) {
    for (const [number, model] of chosen.entries()) {
      milliseconds[number]!.push(await timed(model, runs[number]!));
    }
    tell({ round: round + 1 });
  }
  return { milliseconds, runs };
}

/** Milliseconds of a run: the mean of several. */
async function timed(model: Model, runs: number): Promise<number> {
  const begun = performance.now();
  for (let run = 0; run < runs; run++) await model.run();
  return (performance.now() - begun) / runs;
}
