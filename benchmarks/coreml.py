"""Our Core ML packages against coremltools' own lowering: ops, size, time and closeness.

    python benchmarks/coreml.py            # all variants and the demo model
    python benchmarks/coreml.py b0 --fp16

Packages are computed by our interpreter, with half precision rounded after each op, on images of
noise. The exit code is 1 if one of ours is further from the eager model than :data:`BOUNDS`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.files import size_of
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.export.coreml.exporter import CoreMLExporter
from lowformer_edge.export.coreml.internals import repaired
from lowformer_edge.export.coreml.package import package_content
from lowformer_edge.export.eager import reference_outputs
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.loading import load_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.process.native_output import captured_output
from lowformer_edge.runtime.coreml.interpreter import Interpreter
from lowformer_edge.runtime.coreml.package import read_package
from lowformer_edge.runtime.coreml.runner import residency

BOUNDS = {"fp16": 3e-3, "fp32": 1e-5}
"""Largest norm of the difference of the logits, relative to the norm of the logits."""

IMAGES = 4


@dataclasses.dataclass(frozen=True)
class Measured:
    """What was found out about a package.

    Attributes:
        ops: Number of ops.
        megabytes: Size of the folder.
        seconds: Time of the conversion.
        error: Norm of the logits' difference to the eager model's, relative to their own.
        image_seconds: Time that the interpreter takes for an image.
    """

    ops: int
    megabytes: float
    seconds: float
    error: float
    image_seconds: float


def stock_package(model: nn.Module, size: int, precision: str, path: Path) -> None:
    """coremltools.convert, with nothing but what keeps it from failing."""
    import coremltools

    shape = (1, 3, size, size)
    program = torch.export.export(model, (torch.zeros(shape),)).run_decompositions({})
    kinds = coremltools.precision
    with repaired():
        converted = coremltools.convert(
            program,
            inputs=[coremltools.TensorType("image", shape)],
            outputs=[coremltools.TensorType("logits")],
            minimum_deployment_target=coremltools.target.iOS17,
            compute_precision=kinds.FLOAT16 if precision == "fp16" else kinds.FLOAT32,
        )
    write_content(path, package_content(converted))


def measure(
    path: Path, seconds: float, images: NDArray[np.float32], reference: NDArray[np.float32]
) -> Measured:
    """Computes a package for some images."""
    interpreter = Interpreter(read_package(path).program)
    started = time.perf_counter()
    logits = np.concatenate([interpreter.run({"image": image[None]})["logits"] for image in images])
    image_seconds = (time.perf_counter() - started) / len(images)
    error = float(np.linalg.norm(logits - reference) / np.linalg.norm(reference))
    return Measured(len(residency(path).ops), size_of(path) / 1e6, seconds, error, image_seconds)


def compare(name: str, precision: str, progress: TerminalProgress) -> dict[str, Measured]:
    """Measures the stock package and ours."""
    loaded = load_model() if name == "demo" else load_model(name, random_weights=True)
    size, _ = sides_of(loaded.config.input_size)
    pixels = np.random.default_rng(0).integers(0, 256, (IMAGES, size, size, 3), np.uint8)
    held_out = Samples("noise", pixels, None)
    (images,) = held_out.batches(loaded.preprocessing, IMAGES)
    reference = reference_outputs(
        loaded.network, held_out.pixels, loaded.preprocessing, lambda count: None
    )["logits"]
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        for way in ("stock", "ours"):
            path = Path(scratch) / f"{way}.mlpackage"
            with progress.step(f"{name} {precision}: {way}"):
                started = time.perf_counter()
                if way == "stock":
                    with captured_output():
                        stock_package(loaded.network, size, precision, path)
                else:
                    exporter = CoreMLExporter(loaded)
                    spec = ExportSpec("coreml", precision)
                    write_content(path, exporter.export(spec, exporter.model, None))
                found[way] = measure(path, time.perf_counter() - started, images, reference)
    return found


def row(name: str, precision: str, found: dict[str, Measured]) -> str:
    """A line of the table."""
    stock, ours = found["stock"], found["ours"]
    return (
        f"| {name} | {precision} | {stock.ops} | {ours.ops} | {ours.megabytes:.1f}"
        f" | {stock.seconds:.1f} | {ours.seconds:.1f} | {stock.error:.1e} | {ours.error:.1e}"
        f" | {ours.image_seconds:.2f} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table in Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("models", nargs="*", default=list(VARIANTS))
    for precision in BOUNDS:
        parser.add_argument(
            f"--{precision}", dest="precisions", action="append_const", const=precision
        )
    options = parser.parse_args(arguments)
    print(
        "| model | precision | stock ops | our ops | MB | stock s | our s | stock error | our error"
        " | interpreter s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    broken = False
    with TerminalProgress() as progress:
        for name in options.models:
            for precision in options.precisions or BOUNDS:
                found = compare(name, precision, progress)
                print(row(name, precision, found), flush=True)
                broken = broken or found["ours"].error > BOUNDS[precision]
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
