"""What an inference asks of a GPU, without one: dispatches, and bytes that they read and write.

TFLite files run in Chromium by LiteRT.js, whose GPU engine (ML Drift) is that of LiteRT's
accelerator on phones, on SwiftShader, which computes on the processor. What goes through WebGPU is
counted, and is the same on any GPU that LiteRT.js compiles the same shaders for; what a phone's
driver makes of it is not. The model as published is beside the rewritten one. Prints Markdown for
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lowformer_edge.benchmarks.gpu_cost.page import PRECISIONS, FileCost, count_costs
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.tflite.exporter import convert
from lowformer_edge.lab.place import open_lab
from lowformer_edge.lab.web import LITERT, NAME
from lowformer_edge.models.loading import load_model

MODELS = ("b0", "b1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=MODELS, help="default: %(default)s")
    models: Sequence[str] = parser.parse_args().models
    print(f"LiteRT.js {LITERT.version} on Chromium's SwiftShader.\n")
    print("| model | computes in | dispatches | MB read | MB written |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, TerminalProgress() as progress:
        files: dict[str, Path] = {}
        for name in models:
            for title, content in _contents(name, progress).items():
                files[title] = Path(folder) / f"{len(files)}.tflite"
                files[title].write_bytes(content)
        titles = [title for title in files for _ in PRECISIONS]
        with progress.step("counting", len(titles)) as advance:
            for title, cost in zip(
                titles, count_costs(open_lab(NAME), list(files.values())), strict=True
            ):
                print(_row(title, cost), flush=True)
                advance(1)


def _contents(name: str, progress: TerminalProgress) -> Mapping[str, bytes]:
    """A model's float32 files, as published and rewritten."""
    loaded = load_model(name, random_weights=True)
    networks = {"as published": loaded.network, "rewritten": rewrite(loaded.network, "tflite")}
    contents = {}
    for state, network in networks.items():
        with progress.step(f"converting {name} {state}"):
            contents[f"{name}, {state}"] = convert(network, loaded.config.input_size, 1)
    return contents


def _row(title: str, told: FileCost) -> str:
    if told.failure:
        return f"| {title} | {told.precision} | {told.failure} | | |"
    first, *others = told.costs
    if any(other != first for other in others) or first.unknown:
        raise AssertionError(f"{title}: runs differ, or resources are unknown: {told.costs}")
    read, written = first.bytes_read / 1e6, first.bytes_written / 1e6
    return f"| {title} | {told.precision} | {first.dispatches} | {read:.1f} | {written:.1f} |"


if __name__ == "__main__":
    main()
