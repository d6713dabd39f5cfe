"""Files that take pixels beside files that take normalised values: partitions and time.

The time of the latter has the caller's normalisation in it, by numpy, from pixels to what the
runtime is given; both from the same pixels, in turns, with one thread. Prints a Markdown table for
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from lowformer_edge import demo, open_images
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import Ranges, calibrate
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.rewrites.table import CALIBRATED, rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.judging.ratio import ratio
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.measure.durations import time_interleaved
from lowformer_edge.runtime.runner import Runner

FORMATS = ("tflite", "executorch", "onnx")
INPUTS = ("tensor", "image")


def lines(loaded: LoadedModel, images: Samples, rounds: int) -> list[str]:
    """A line of the table for each format and precision of a model."""
    ranges = calibrate(rewrite(loaded.network, CALIBRATED), images, loaded.preprocessing)
    return [
        line(loaded, name, precision, ranges, images, rounds)
        for name in FORMATS
        for precision in ("fp32", "int8")
    ]


def line(
    loaded: LoadedModel, name: str, precision: str, ranges: Ranges, images: Samples, rounds: int
) -> str:
    """One line."""
    exporter = EXPORTERS[name](loaded)
    with TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        runs, partitions = {}, []
        for taken in INPUTS:
            spec = ExportSpec(name, precision, input=taken)
            path = Path(folder) / f"{spec.label}{exporter.suffix_of(spec)}"
            content = exporter.export(spec, exporter.model, ranges)
            assert isinstance(content, bytes)
            path.write_bytes(content)
            runner = stack.enter_context(format_of(path).runner(path, 1))
            runs[taken] = run_of(runner, images.pixels[:1], loaded.preprocessing)
            partitions.append(str(format_of(path).residency(path, 1).partitions))
        times = time_interleaved(runs, rounds=rounds)
    relative = ratio(times["image"], times["tensor"])
    return (
        f"| {loaded.config.name} | {name} {precision} | {' and '.join(partitions)}"
        f" | {times['tensor'].median:.2f} | {times['image'].median:.2f}"
        f" | {relative.value:.3f} ({relative.low:.3f} to {relative.high:.3f}) |"
    )


def run_of(
    runner: Runner, pixels: NDArray[np.uint8], preprocessing: Preprocessing
) -> Callable[[], object]:
    """From an image's pixels to the end of an inference."""

    def run() -> None:
        runner.set_input(runner.prepared(pixels, preprocessing))
        runner.invoke()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["demo", "b0"])
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    print("| model | file | partitions | tensor ms | image ms | ratio (95 %) |")
    print("|---|---|---|---|---|---|")
    for name in arguments.models:
        loaded = load_model(name, random_weights=name != "demo")
        images = open_images(demo.CALIBRATION, loaded, count=32)
        print("\n".join(lines(loaded, images, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
