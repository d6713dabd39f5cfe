"""What limits INT8: each convolution of a model alone, in float32 and in INT8.

Every distinct convolution becomes a TFLite file of its own with INT8 input and output, and all
are timed in turns with one thread. Prints a Markdown section for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.size import Size, sides_of
from lowformer_edge.calibration.ranges import ModuleRange, Ranges, model_digest
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.tflite.exporter import convert_nhwc
from lowformer_edge.export.tflite.quantization import quantize
from lowformer_edge.models.loading import load_model
from lowformer_edge.progress import Progress
from lowformer_edge.runtime.machine import describe_machine
from lowformer_edge.runtime.measure.durations import LatencyResult, time_interleaved
from lowformer_edge.runtime.tflite.runner import open_interpreter

Convolution = nn.Conv2d | nn.ConvTranspose2d


class ChannelsLast(nn.Module):
    """Gives [N, C, H, W] as [N, H, W, C], so that the file ends with the convolution."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


@dataclasses.dataclass
class Distinct:
    """A convolution that a model has once or several times.

    Attributes:
        module: One of its instances.
        shape: Shape [N, C, H, W] of its input.
        count: How often the model has it.
        macs: Multiply-accumulate operations of one run.
    """

    module: Convolution
    shape: torch.Size
    count: int
    macs: int

    @property
    def description(self) -> str:
        """Kind, kernel, stride, channels and input size."""
        module = self.module
        kind = "depthwise" if module.groups > 1 else "conv"
        if isinstance(module, nn.ConvTranspose2d):
            kind = "transposed"
        kernel, stride = module.kernel_size[0], module.stride[0]
        channels = f"{module.in_channels} to {module.out_channels}"
        return f"{kind} {kernel}x{kernel} s{stride}, {channels} at {self.shape[-1]}"


def distinct_convolutions(model: nn.Module, input_size: Size) -> list[Distinct]:
    """The distinct convolutions of a model, in the order in which they run."""
    found: dict[tuple[object, ...], Distinct] = {}

    def note(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        assert isinstance(module, Convolution)
        key = (type(module), inputs[0].shape, module.weight.shape, module.stride)
        positions = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        macs = positions.numel() * module.weight[0].numel()
        found.setdefault(key, Distinct(module, inputs[0].shape, 0, macs)).count += 1

    hooks = [
        module.register_forward_hook(note)
        for module in model.modules()
        if isinstance(module, Convolution)
    ]
    with torch.no_grad():
        model(torch.zeros(1, 3, *sides_of(input_size)))
    for hook in hooks:
        hook.remove()
    return list(found.values())


def files(item: Distinct) -> dict[str, bytes]:
    """The convolution alone in float32 and in INT8."""
    module = nn.Sequential(copy.deepcopy(item.module), ChannelsLast())
    _, channels, height, width = item.shape
    float_file = convert_nhwc(module, (1, height, width, channels))
    bounds = ModuleRange((-3.0, 3.0), (-3.0, 3.0))
    ranges = Ranges({"0": bounds}, model_digest(module), "", Preprocessing(), "fixed", 0, 0)
    return {"fp32": float_file, "int8": quantize(float_file, {"0": "int8"}, module, ranges, "int8")}


def benchmark(name: str, rounds: int, progress: Progress) -> list[tuple[Distinct, float, float]]:
    """Each distinct convolution with its medians in ms, in float32 and in INT8."""
    loaded = load_model(name, random_weights=True)
    rewritten = rewrite(loaded.network, "tflite")
    items = distinct_convolutions(rewritten, loaded.config.input_size)
    runs = {}
    with TemporaryDirectory() as scratch:
        with progress.step(f"{name}: converting each convolution", len(items)) as advance:
            for number, item in enumerate(items):
                for precision, content in files(item).items():
                    path = Path(scratch) / f"{number}-{precision}.tflite"
                    path.write_bytes(content)
                    runs[f"{number} {precision}"] = open_interpreter(path, 1).invoke
                advance(1)
        with progress.step(f"{name}: timing"):
            times: dict[str, LatencyResult] = time_interleaved(runs, rounds=rounds, warmup=10)
    return [
        (item, times[f"{number} fp32"].median, times[f"{number} int8"].median)
        for number, item in enumerate(items)
    ]


def markdown(rows: list[tuple[Distinct, float, float]]) -> str:
    """A table, with what costs most in INT8 first."""
    lines = [
        "| convolution | times | M MACs | fp32 ms | INT8 ms | fp32 GMAC/s | INT8 GMAC/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for item, float_ms, int_ms in sorted(rows, key=lambda row: -row[0].count * row[2]):
        lines.append(
            f"| {item.description} | {item.count} | {item.macs / 1e6:.1f} |"
            f" {item.count * float_ms:.3f} | {item.count * int_ms:.3f} |"
            f" {item.macs / float_ms / 1e6:.0f} | {item.macs / int_ms / 1e6:.0f} |"
        )
    macs = sum(item.count * item.macs for item, _, _ in rows) / 1e6
    total_float = sum(item.count * float_ms for item, float_ms, _ in rows)
    total_int = sum(item.count * int_ms for item, _, int_ms in rows)
    lines.append(
        f"| all | {sum(item.count for item, _, _ in rows)} | {macs:.1f} | {total_float:.3f} |"
        f" {total_int:.3f} | {macs / total_float:.0f} | {macs / total_int:.0f} |"
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="b0")
    parser.add_argument("--runs", type=int, default=100)
    arguments = parser.parse_args()
    machine = describe_machine()
    print("Machine: " + ", ".join(f"{key} {value}" for key, value in machine.items()) + ".\n")
    with TerminalProgress() as progress:
        print(markdown(benchmark(arguments.model, arguments.runs, progress)))


if __name__ == "__main__":
    main()
