"""What pruning takes off a model's INT8 file, and what that loses, on Fashion-MNIST's test images.

Either in steps, each hidden layer thinned to the same share, to show what there is to gain; or by
the search, as ``lowformer-export --prune`` does it. Files are timed in turns with the unpruned
model's. Prints Markdown for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.export.eager import EagerModel
from lowformer_edge.export.exporter import Exporter
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.host_trials import HostTrials
from lowformer_edge.export.pruning.hidden_layer import HiddenLayer, LayerWidth
from lowformer_edge.export.pruning.pruning import prune, thin_layers
from lowformer_edge.export.rewrites.table import CALIBRATED, rewrite
from lowformer_edge.export.search.bound import PROOF, MeasuredLoss, loss_of
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.cost import cost_of
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.progress import Progress
from lowformer_edge.runtime.machine import describe_machine
from lowformer_edge.tasks.classification import Classification
from lowformer_edge.training.fashion_mnist import read_split
from lowformer_edge.workflows.pruning import prune_model

SHARES = (0.875, 0.75, 0.625, 0.5, 0.375)
"""Of each layer's channels, that are kept in steps."""

MULTIPLE = 8
ROUNDS = 200
UNPRUNED = "unpruned"


@dataclasses.dataclass(frozen=True)
class Row:
    """Figures of one file, on the images by which nothing was chosen."""

    name: str
    macs: float
    top1: float
    agreement: float
    loss: MeasuredLoss
    milliseconds: float


def main() -> None:
    options = _options()
    progress = TerminalProgress()
    loaded = load_model(weights=options.weights)
    calibration = _images(options.data, "train", loaded, options.calibration_images)
    evaluation = _images(options.data, "t10k", loaded, options.evaluation_images)
    eager = EagerModel(loaded.network, loaded.preprocessing)
    with progress.step("running the eager model", len(evaluation)) as advance:
        outputs = eager.outputs(evaluation.pixels, advance)
    evaluation = dataclasses.replace(evaluation, outputs=outputs)
    names = {UNPRUNED: (loaded, _int8_file(loaded, calibration, options.format))}
    if options.max_drop is None:
        names |= _steps(loaded, calibration, options.format, progress)
    else:
        pruned = prune_model(
            loaded,
            options.max_drop,
            calibration=calibration,
            evaluation=evaluation,
            format=options.format,
            progress=progress,
        )
        spec = pruned.with_recipe(ExportSpec(options.format, "int8"))
        file = _int8_file(pruned.model, calibration, options.format, spec)
        names[f"--max-drop {options.max_drop:g}"] = (pruned.model, file)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        for name, (_, content) in names.items():
            suffix = FORMATS[options.format].suffix
            (options.output / f"{name.strip('-').split('%')[0]}{suffix}").write_bytes(content)
    _print(options, loaded, _rows(names, evaluation, options.format, progress))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data laboratory")
    parser.add_argument("--weights", type=Path, help="of the repository's training (default: demo)")
    parser.add_argument("--format", default="tflite", choices=("tflite", "executorch", "onnx"))
    parser.add_argument("--max-drop", type=float, help="search; without, prune in steps")
    parser.add_argument("--output", type=Path, help="folder for the files")
    parser.add_argument("--calibration-images", type=int, default=512)
    parser.add_argument("--evaluation-images", type=int, default=10000)
    return parser.parse_args()


def _images(folder: Path, prefix: str, loaded: LoadedModel, count: int) -> Samples:
    """The first images of a split, with their labels."""
    images, labels = read_split(folder, prefix)
    pixels = np.stack([loaded.preprocessing.pixels(Image.fromarray(one)) for one in images[:count]])
    rgb = np.repeat(pixels[..., None], 3, -1)
    name = f"Fashion-MNIST {'test' if prefix == 't10k' else 'training'} images"
    return Samples(name, rgb, labels=labels[:count].astype(np.int64))


def _exporter(loaded: LoadedModel, format_name: str, calibration: Samples) -> Exporter:
    exporter = EXPORTERS[format_name](loaded)
    exporter.prepare([ExportSpec(format_name, "int8")], calibration, TerminalProgress())
    return exporter


def _int8_file(
    loaded: LoadedModel, calibration: Samples, format_name: str, spec: ExportSpec | None = None
) -> bytes:
    """The INT8 file of a model, by the format's own recipe if no other is given."""
    calibrated = rewrite(loaded.network, CALIBRATED)
    ranges = calibrate(calibrated, calibration, loaded.preprocessing)
    recipe = spec.recipe if spec else None
    return _exporter(loaded, format_name, calibration).quantized(recipe, ranges)


def _steps(
    loaded: LoadedModel, calibration: Samples, format_name: str, progress: Progress
) -> dict[str, tuple[LoadedModel, bytes]]:
    """Models whose hidden layers are all thinned to the same share, with their INT8 files."""
    preprocessing = loaded.preprocessing
    with progress.step("choosing channels") as advance:
        thinned = thin_layers(
            loaded.network,
            calibration,
            preprocessing,
            lambda layer: sorted({_kept(layer, share) for share in SHARES}),
            on_layer=lambda: advance(1),
        )
    files = {}
    for share in SHARES:
        cuts = {layer: by_width[_kept(layer, share)].cut for layer, by_width in thinned.items()}
        network = prune(loaded.network, cuts, calibration, preprocessing)
        model = dataclasses.replace(loaded, network=network)
        files[f"{share:.1%} kept"] = (model, _int8_file(model, calibration, format_name))
    return files


def _kept(layer: HiddenLayer, share: float) -> LayerWidth:
    """A share of a layer's channels."""
    count = max(MULTIPLE, int(layer.channels * share) // MULTIPLE * MULTIPLE)
    return LayerWidth(count, layer.width.rank)


def _rows(
    files: dict[str, tuple[LoadedModel, bytes]],
    evaluation: Samples,
    format_name: str,
    progress: Progress,
) -> Iterable[Row]:
    """Figures of each file, all timed in turns."""
    loaded, _ = files[UNPRUNED]
    trials = HostTrials(FORMATS[format_name], loaded.preprocessing, 1, ROUNDS)
    task, proof = Classification(), evaluation.part(PROOF)
    times = trials.costs({name: content for name, (_, content) in files.items()})
    for name, (model, content) in files.items():
        with progress.step(f"running {name}"):
            outputs = trials.outputs(content, proof.pixels)
        assert proof.outputs is not None
        meter = task.meter(proof.name)
        meter.add(proof.outputs, outputs, proof.truths)
        parity = meter.parity()
        assert parity.top1 is not None
        assert parity.agreement is not None
        yield Row(
            name,
            cost_of(model.config).macs / cost_of(loaded.config).macs,
            parity.top1.value,
            parity.agreement.value,
            loss_of(parity, meter.drop()),
            times[name],
        )


def _print(options: argparse.Namespace, loaded: LoadedModel, rows: Iterable[Row]) -> None:
    rows = list(rows)
    base = rows[0].milliseconds
    weights = options.weights.name if options.weights else "demo"
    print(
        f"{weights}, {options.format} INT8, {rows[0].loss.images} test images by which nothing was"
        f" chosen, on {describe_machine().get('processor', '?')}:\n"
    )
    print("| model | MACs | top-1 % | drop (upper end) | agreement % | SQNR dB | time |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.name} | {row.macs:.3f} | {row.top1:.2f} | {row.loss.drop:.2f}"
            f" ({row.loss.high:.2f}) | {row.agreement:.2f} | {row.loss.sqnr_db:.1f}"
            f" | {row.milliseconds / base:.3f} |"
        )


if __name__ == "__main__":
    main()
