"""Our exports against the stock way, on the same eager models.

Stock is what the format's own converter makes of the model as published, and its own INT8
recipe with its own calibration on the same images. All files of a model are timed in turns in
one process, so that ratios hold on a noisy machine. Prints Markdown for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lowformer_edge import demo, open_images
from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.errors import ArtifactError
from lowformer_edge.export.bundle import toolchain
from lowformer_edge.export.eager import reference_outputs
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.rewrites.table import CALIBRATED, rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.judging.ratio import ratio
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.process.native_output import captured_output
from lowformer_edge.progress import Progress
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.machine import describe_machine
from lowformer_edge.runtime.measure.durations import time_interleaved
from lowformer_edge.tasks.closeness import sqnr

STOCK, OURS = "stock fp32", "ours fp32"
STOCK_INT8, OURS_INT8 = "stock static INT8", "ours INT8"
ORDER = (STOCK, OURS, STOCK_INT8, OURS_INT8)


@dataclasses.dataclass(frozen=True)
class Row:
    """Figures of one file; ratios are to the stock fp32 file's median."""

    name: str
    ops: int
    partitions: int
    refused: int
    sqnr_db: float
    ratios: Mapping[int, str]


def stock_tflite(model: nn.Module, images: NDArray[np.float32], folder: Path) -> dict[str, Path]:
    """litert_torch.convert, and ai-edge-quantizer's static_wi8_ai8 recipe."""
    import litert_torch
    from ai_edge_quantizer import quantizer, recipe

    channels_last = litert_torch.to_channel_last_io(model, args=[0]).eval()
    samples = np.ascontiguousarray(np.moveaxis(images, 1, -1))
    converted = litert_torch.convert(channels_last, (torch.from_numpy(samples[:1]),))
    paths = {STOCK: folder / "stock.tflite", STOCK_INT8: folder / "stock-int8.tflite"}
    converted.export(str(paths[STOCK]))
    work = quantizer.Quantizer(str(paths[STOCK]), recipe.static_wi8_ai8())
    data = [{"args_0": sample[None]} for sample in samples]
    statistics = work.calibrate({"serving_default": data})
    work.quantize(statistics).export_model(str(paths[STOCK_INT8]))
    return paths


def stock_executorch(
    model: nn.Module, images: NDArray[np.float32], folder: Path
) -> dict[str, Path]:
    """XnnpackPartitioner, and PT2E with XNNPACKQuantizer, symmetric and per channel."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from executorch.exir import to_edge_transform_and_lower
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    def lower(program: Any) -> bytes:
        edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        return bytes(edge.to_executorch().buffer)

    sample = (torch.from_numpy(images[:1]),)
    exported = torch.export.export(model, sample)
    paths = {STOCK: folder / "stock.pte", STOCK_INT8: folder / "stock-int8.pte"}
    paths[STOCK].write_bytes(lower(exported))
    quantizer = XNNPACKQuantizer()
    quantizer.set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(exported.module(), quantizer)
    for image in images:
        prepared(torch.from_numpy(image[None]))
    paths[STOCK_INT8].write_bytes(lower(torch.export.export(convert_pt2e(prepared), sample)))
    return paths


def stock_onnx(model: nn.Module, images: NDArray[np.float32], folder: Path) -> dict[str, Path]:
    """torch.onnx.export, and ONNX Runtime's quantize_static with its defaults."""
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._images = iter(images)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            image = next(self._images, None)
            return None if image is None else {"image": image[None]}

    paths = {STOCK: folder / "stock.onnx", STOCK_INT8: folder / "stock-int8.onnx"}
    program = torch.onnx.export(
        model, (torch.from_numpy(images[:1]),), dynamo=True, input_names=["image"], verbose=False
    )
    assert program is not None
    program.save(str(paths[STOCK]))
    quantize_static(str(paths[STOCK]), str(paths[STOCK_INT8]), Reader())
    return paths


STOCK_WAYS: dict[str, Callable[[nn.Module, NDArray[np.float32], Path], dict[str, Path]]] = {
    "tflite": stock_tflite,
    "executorch": stock_executorch,
    "onnx": stock_onnx,
}


class TupleOutputs(nn.Module):
    """A network whose outputs by name are a tuple, which every converter takes."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        given = self.network(image)
        return tuple(given.values()) if isinstance(given, dict) else given


def worst_sqnr(expected: Outputs, found: Outputs) -> float:
    """Of all outputs, which stock files give names of their own, and TFLite's an order of its own.

    No two outputs of a model have the same shape.
    """
    by_shape = {values.shape: values for values in found.values()}
    return min(sqnr(values, by_shape[values.shape]) for values in expected.values())


def our_files(
    target: str, loaded: LoadedModel, calibration: Samples, folder: Path
) -> dict[str, Path]:
    """Our float32 and INT8 files."""
    ranges = calibrate(rewrite(loaded.network, CALIBRATED), calibration, loaded.preprocessing)
    exporter = EXPORTERS[target](loaded)
    paths = {}
    for name, precision in ((OURS, "fp32"), (OURS_INT8, "int8")):
        paths[name] = folder / f"ours-{precision}{exporter.format.suffix}"
        spec = ExportSpec(target, precision)
        write_content(paths[name], exporter.export(spec, exporter.model, ranges))
    return paths


def latency_ratios(
    paths: Mapping[str, Path], image: NDArray[np.float32], threads: int, rounds: int
) -> tuple[float, dict[str, str]]:
    """Median of the stock fp32 file in ms, and each file's ratio to it as text."""
    with contextlib.ExitStack() as stack:
        runners = {
            name: stack.enter_context(format_of(path).runner(path, threads))
            for name, path in paths.items()
        }
        for runner in runners.values():
            runner.set_input(image)
        times = time_interleaved(
            {name: runner.invoke for name, runner in runners.items()}, rounds=rounds, warmup=10
        )
    reference = times[STOCK]
    texts = {}
    for name, result in times.items():
        relative = ratio(result, reference)
        texts[name] = f"{relative.value:.3f} ({relative.low:.3f}-{relative.high:.3f})"
    return reference.median, texts


def benchmark(
    target: str,
    name: str,
    task: str | None,
    threads: Sequence[int],
    rounds: int,
    progress: Progress,
) -> tuple[list[Row], dict[int, float]]:
    """Rows of one model, and the stock fp32 file's median in ms by number of threads."""
    loaded = load_model(name, task=task, random_weights=True)
    counts = (4, 2) if loaded.config.dense_head else (64, 32)  # whose outputs are megabytes each
    calibration, held_out = (
        open_images(path, loaded, count=count)
        for path, count in zip((demo.CALIBRATION, demo.EVALUATION), counts, strict=True)
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with progress.step(f"{target} {name}: the stock way"), captured_output():
            (images,) = calibration.batches(loaded.preprocessing, len(calibration))
            paths = STOCK_WAYS[target](TupleOutputs(loaded.network).eval(), images, folder)
        with progress.step(f"{target} {name}: our way"):
            paths |= our_files(target, loaded, calibration, folder)
        (inputs,) = held_out.batches(loaded.preprocessing, len(held_out))
        reference = reference_outputs(
            loaded.network, held_out.pixels, loaded.preprocessing, lambda count: None
        )
        noise = {}
        for label, path in list(paths.items()):
            try:
                with format_of(path).runner(path, 2) as runner:
                    noise[label] = worst_sqnr(reference, runner.run(inputs))
            except ArtifactError as error:
                if label != STOCK_INT8:
                    raise
                progress.note(str(error))
                del paths[label]
        medians, ratios = {}, {}
        for count in threads:
            with progress.step(f"{target} {name}: timing with {count} thread(s)"):
                medians[count], ratios[count] = latency_ratios(paths, inputs[:1], count, rounds)
        rows = []
        for label in (label for label in ORDER if label in paths):
            where = format_of(paths[label]).residency(paths[label], 1)
            rows.append(
                Row(
                    label,
                    len(where.ops),
                    where.partitions,
                    len(where.refused),
                    noise[label],
                    {count: ratios[count][label] for count in threads},
                )
            )
    return rows, medians


def markdown(name: str, rows: Sequence[Row], medians: Mapping[int, float]) -> str:
    """A table of one model."""
    times = " | ".join(
        f"{count} thread{'s' if count > 1 else ''} (stock {median:.2f} ms)"
        for count, median in medians.items()
    )
    lines = [
        f"### {name.upper()}",
        "",
        f"| file | ops | partitions | refused | SQNR dB | {times} |",
        "|---|---|---|---|---|" + "---|" * len(medians),
    ]
    for row in rows:
        figures = " | ".join(row.ratios[count] for count in medians)
        lines.append(
            f"| {row.name} | {row.ops} | {row.partitions} | {row.refused} | {row.sqnr_db:.1f}"
            f" | {figures} |"
        )
    missing = set(ORDER) - {row.name for row in rows}
    lines += [
        f"| {name} | - | - | - | cannot be loaded |" + " - |" * len(medians) for name in missing
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=["b0", "b1", "e1"])
    parser.add_argument("--task", choices=("detect", "segment"), help="classification by default")
    parser.add_argument("--to", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=100)
    arguments = parser.parse_args()
    machine, versions = describe_machine(), toolchain()
    print("Machine: " + ", ".join(f"{key} {value}" for key, value in machine.items()) + ".")
    print("Packages: " + ", ".join(f"{key} {value}" for key, value in versions.items()) + ".\n")
    with TerminalProgress() as progress:
        for target in arguments.to:
            print(f"## {target}\n", flush=True)
            for name in arguments.models:
                rows, medians = benchmark(
                    target, name, arguments.task, arguments.threads, arguments.runs, progress
                )
                print(markdown(name, rows, medians), flush=True)


if __name__ == "__main__":
    main()
