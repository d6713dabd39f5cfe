"""INT8 accuracy of one trained model with each observer, measured on the exported files.

    python training/fashion_mnist.py --model b0 --epochs 5 --rate 2e-3 --output b0.safetensors
    python benchmarks/observers.py --weights b0.safetensors

Calibrates on training images and judges on all 10,000 test images of Fashion-MNIST, from Debian's
package dataset-fashion-mnist. Prints a Markdown table for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import copy
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lowformer_edge.artifact.manifest import Parity
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.bias_correction import correct_biases
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.export.eager import reference_outputs
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.tflite.exporter import TFLiteExporter, convert, export_tflite
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.progress import Progress
from lowformer_edge.runtime.tflite.residency import residency
from lowformer_edge.runtime.tflite.runner import TFLiteRunner
from lowformer_edge.tasks.classification import CLASSIFICATION

OBSERVERS = (
    "minmax",
    "percentile:99.999",
    "percentile:99.99",
    "percentile:99.9",
    "mse",
    "entropy",
    "moving-average",
)

sys.path.insert(0, str(Path(__file__).parent.parent / "training"))


def fashion_mnist(data: Path, split: str, folder: Path) -> ImageSet:
    """All images of a split, by way of a file such as users have."""
    from fashion_mnist import read_split

    images, labels = read_split(data, split)
    path = folder / f"{split}.npz"
    np.savez(path, images=images, labels=labels)
    return find_images(path)


class Files:
    """Exports and judges one file after the other.

    Attributes:
        loaded: The model.
        calibration: What ranges are taken on.
        evaluation: What files are judged by.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        calibration: Samples,
        evaluation: Samples,
        folder: Path,
        progress: Progress,
    ) -> None:
        self.loaded, self.calibration, self.evaluation = loaded, calibration, evaluation
        self._path = folder / "file.tflite"
        self._progress = progress
        self._rewritten = rewrite(loaded.network, "tflite")
        with progress.step("converting"):
            self._float_file = convert(self._rewritten, loaded.config.input_size, 1)
        with progress.step("running the eager model", len(evaluation)) as advance:
            self._reference = reference_outputs(
                loaded.network, evaluation.pixels, loaded.preprocessing, advance
            )["logits"]

    def row(self, name: str, spec: ExportSpec) -> str:
        """A line of the table for a spec."""
        preprocessing = self.loaded.preprocessing
        ranges, model, content = None, self._rewritten, self._float_file
        if spec.needs_ranges:
            with self._progress.step(f"{name}: calibrating", len(self.calibration)) as advance:
                ranges = calibrate(model, self.calibration, preprocessing, spec.observer, advance)
        if spec.bias_correction:
            model = copy.deepcopy(model)
            precisions = TFLiteExporter.precisions_of(spec, model)
            correct_biases(model, ranges, precisions, self.calibration, preprocessing)
            content = convert(model, self.loaded.config.input_size, 1)
        self._path.write_bytes(export_tflite(content, spec, model, ranges, self.loaded))
        with (
            self._progress.step(f"{name}: judging", len(self.evaluation)) as advance,
            TFLiteRunner(self._path, 2) as runner,
        ):
            logits = runner.run_pixels(self.evaluation.pixels, preprocessing, advance)["logits"]
        parity = CLASSIFICATION.compare(
            {"logits": self._reference},
            {"logits": logits},
            self.evaluation.labels,
            self.evaluation.name,
        )
        return line(name, parity, residency(self._path).partitions)


def line(name: str, parity: Parity, partitions: int) -> str:
    """A line of the table."""
    assert parity.top1 is not None
    assert parity.agreement is not None
    decibels = parity.sqnr_db if isinstance(parity.sqnr_db, str) else f"{parity.sqnr_db:.1f}"
    return (
        f"| {name} | {parity.top1.value:.2f} | {parity.agreement.value:.2f} | {decibels}"
        f" | {partitions} |"
    )


def specs() -> Mapping[str, ExportSpec]:
    """What is compared, by its name in the table."""
    static = {
        f"INT8, {observer}": ExportSpec(precision="int8", observer=observer)
        for observer in OBSERVERS
    }
    return {
        "float32": ExportSpec(),
        **static,
        "INT8, minmax, bias correction": ExportSpec(precision="int8", bias_correction=True),
        "dynamic INT8": ExportSpec(precision="int8-dynamic"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="a checkpoint (default: the bundled model's)")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--calibration-images", type=int, default=256)
    parser.add_argument("--evaluation-images", type=int, default=10_000)
    arguments = parser.parse_args()
    loaded = load_model(weights=arguments.weights)
    with TerminalProgress() as progress, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        calibration = decode(
            fashion_mnist(arguments.data, "train", folder).sample(arguments.calibration_images),
            loaded.preprocessing,
        )
        evaluation = decode(
            fashion_mnist(arguments.data, "t10k", folder).sample(arguments.evaluation_images),
            loaded.preprocessing,
        )
        print("| file | top-1 % | agreement % | SQNR dB | partitions |")
        print("|---|---|---|---|---|")
        files = Files(loaded, calibration, evaluation, folder, progress)
        for name, spec in specs().items():
            print(files.row(name, spec), flush=True)


if __name__ == "__main__":
    main()
