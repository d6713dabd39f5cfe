import { Fields } from "../files/fields";
import { Preprocessing } from "../imaging/preprocessing";
import { PageError } from "../page-error";

/** What a model is for, by its name in a manifest. */
export const MODEL_TASKS = ["classification", "detection", "segmentation"] as const;

export type ModelTask = (typeof MODEL_TASKS)[number];

/** What a model gives for one image, whatever the file; as manifests state it. */
export interface ModelOutput {
  readonly name: string;

  /** Without the dimension of the images. */
  readonly shape: readonly number[];

  /** `K` for one value a class, `CHW` for a map. */
  readonly layout: string;
}

/** What a site tells of the bundle that its files are of: `bundle.json`. */
export interface Bundle {
  readonly name: string;
  readonly task: ModelTask;

  /** False of random weights, whose outputs mean nothing. */
  readonly trained: boolean;

  /** Of the bundle's `manifest.json`, in hex. */
  readonly manifestSha256: string;

  /** Names of the classes in order; none where nobody knows them. */
  readonly labels: readonly string[];
  readonly preprocessing: Preprocessing;

  /** Of the model; those of a file may be made of them. */
  readonly outputs: readonly ModelOutput[];

  /** Where the site has the golden vectors. */
  readonly golden: string;

  /** Where it has photos to be tried. */
  readonly samples: readonly string[];
}

/** @throws PageError it is none, or a field is missing, unknown or impossible. */
export function parseBundle(value: unknown): Bundle {
  const fields = new Fields(value, "bundle.json");
  fields.named(
    ...["name", "task", "trained", "manifest_sha256", "labels", "preprocessing", "outputs"],
    ...["golden", "samples"],
  );
  const outputs = fields.objects("outputs").map(parseOutput);
  if (outputs.length === 0) throw new PageError("bundle.json.outputs are none; build the site again");
  return {
    name: fields.text("name"),
    task: fields.choice("task", MODEL_TASKS),
    trained: fields.flag("trained"),
    manifestSha256: fields.text("manifest_sha256"),
    labels: fields.texts("labels"),
    preprocessing: Preprocessing.parse(fields.object("preprocessing")),
    outputs,
    golden: fields.text("golden"),
    samples: fields.texts("samples"),
  };
}

function parseOutput(fields: Fields): ModelOutput {
  fields.named("name", "shape", "layout");
  return {
    name: fields.text("name"),
    shape: fields.wholes("shape"),
    layout: fields.text("layout"),
  };
}
