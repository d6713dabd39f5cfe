"""A sweep of real models: B0, B1 and E1, trained at two sizes, in four formats and two precisions.

Trains them on Fashion-MNIST by ``training/fashion_mnist.py``, a quarter of an hour to an hour each
on two cores, and has ``lowformer-sweep`` go through the grid. Goes on where it was stopped. The
folder then has the grid, the checkpoints, and under ``sweep`` the table, the page and the bundles.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from lowformer_edge.cli.sweep import main as sweep_main
from lowformer_edge.lab.data import FASHION_MNIST, NAME
from lowformer_edge.lab.place import open_lab
from lowformer_edge.process.replacing import replaced_file
from lowformer_edge.training import fashion_mnist as training

MODELS = ("b0", "b1", "e1")
SIZES = (64, 96)
FORMATS = ("tflite", "executorch", "onnx", "coreml")
PRECISIONS = ("fp32", "int8")
CALIBRATION_IMAGES = 256


def main() -> int:
    """Trains what is not there, and sweeps; the exit code is that of ``lowformer-sweep``."""
    options = _options()
    data = options.data or open_lab(NAME).folder / FASHION_MNIST
    options.output.mkdir(parents=True, exist_ok=True)
    for model in MODELS:
        for size in SIZES:
            _train(model, size, data, options.output, options.training)
    _write_images(data, "train", CALIBRATION_IMAGES, options.output / "calibration.npz")
    _write_images(data, "t10k", options.evaluation_images, options.output / "evaluation.npz")
    grid = options.output / "grid.yaml"
    grid.write_text(yaml.safe_dump(_grid(options.evaluation_images), sort_keys=False))
    return sweep_main([str(grid), "--output", str(options.output / "sweep"), *options.sweep])


def _train(model: str, size: int, data: Path, folder: Path, options: Sequence[str]) -> None:
    """Trains a model at a size, unless it was done before."""
    trained = folder / f"{model}-{size}.safetensors"
    if trained.is_file():
        return
    print(f"training {trained.stem}", flush=True)
    with replaced_file(trained) as temporary:
        command = ["--model", model, "--input-size", str(size), "--data", str(data)]
        script = [sys.executable, training.__file__, *command, "--output", str(temporary)]
        subprocess.run([*script, *options], check=True)  # noqa: S603 - our own command line


def _write_images(data: Path, split: str, count: int, path: Path) -> None:
    """Writes some images of a split with their classes, unless they are there."""
    if path.is_file() and len(np.load(path)["labels"]) == count:
        return
    images, labels = (part[_spread(len(part), count)] for part in training.read_split(data, split))
    with replaced_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, images=images, labels=labels)


def _spread(whole: int, count: int) -> NDArray[np.int64]:
    """So many of a whole's numbers, evenly spread."""
    return np.linspace(0, whole - 1, min(count, whole)).astype(np.int64)


def _grid(count: int) -> dict[str, object]:
    """The grid; each model at the size that it was trained at."""
    return {
        "models": [
            {"weights": f"{model}-{size}.safetensors"} for model in MODELS for size in SIZES
        ],
        "formats": list(FORMATS),
        "precisions": list(PRECISIONS),
        "calibration": {"data": "calibration.npz", "count": CALIBRATION_IMAGES},
        "evaluation": {"data": "evaluation.npz", "count": count},
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("build/sweep-demo"))
    parser.add_argument("--data", type=Path, help="Fashion-MNIST (default: lowformer-lab data's)")
    parser.add_argument("--evaluation-images", type=int, default=2000)
    parser.add_argument(
        "--training", type=shlex.split, default=["--epochs", "2"], help="options of the training"
    )
    parser.add_argument("--sweep", type=shlex.split, default=[], help="options of lowformer-sweep")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
