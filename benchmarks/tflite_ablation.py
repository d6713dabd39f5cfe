"""What stands between INT8 and its convolutions: the INT8 file with one kind of op left out.

Each part is replaced by nothing in the rewritten model, which is calibrated, converted and
quantized again; all files are timed in turns with one thread. What a part costs is how much
faster the file is without it. Prints a Markdown table for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import Tensor, nn

from lowformer_edge import demo, open_images
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.export.rewrites.attention import ChannelsLastAttention
from lowformer_edge.export.rewrites.group_norm import AffineGlobalNorm, GlobalNorm
from lowformer_edge.export.rewrites.module_tree import replace_modules
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.tflite.exporter import convert, export_tflite
from lowformer_edge.judging.ratio import ratio
from lowformer_edge.models.blocks import Residual
from lowformer_edge.models.loading import load_model
from lowformer_edge.runtime.measure.durations import time_interleaved
from lowformer_edge.runtime.tflite.runner import TFLiteRunner

FLOAT, WHOLE, NOTHING = "float32", "INT8", "all of these"


class MainOnly(nn.Module):
    """A residual block without its shortcut."""

    def __init__(self, residual: Residual) -> None:
        super().__init__()
        self.main = residual.main

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x)


class NoAttention(ChannelsLastAttention):
    """The attention's convolutions alone: its query goes on as its values."""

    def attend(self, y: Tensor) -> Tensor:
        return y[:, : self.num_heads * self.head_dim]


def without(*kinds: type[nn.Module]) -> Callable[[nn.Module], nn.Module]:
    """Replaces modules of these kinds by nothing."""
    return lambda model: replace_modules(
        model, lambda module: nn.Identity() if isinstance(module, kinds) else None
    )


def without_shortcuts(model: nn.Module) -> nn.Module:
    """Drops the shortcut of every residual block, inner ones first."""
    for name, child in model.named_children():
        without_shortcuts(child)
        if isinstance(child, Residual):
            setattr(model, name, MainOnly(child))
    return model


def without_attention(model: nn.Module) -> nn.Module:
    """Drops what lies between an attention's convolutions."""
    for module in model.modules():
        if type(module) is ChannelsLastAttention:
            module.__class__ = NoAttention
    return model


PARTS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "hard-swish": without(nn.Hardswish),
    "GELU": without(nn.GELU),
    "GroupNorm": without(GlobalNorm, AffineGlobalNorm),
    "shortcuts": without_shortcuts,
    "attention's products": without_attention,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="b0")
    parser.add_argument("--runs", type=int, default=100)
    arguments = parser.parse_args()
    loaded = load_model(arguments.model, random_weights=True)
    rewritten = rewrite(loaded.network, "tflite")
    images = open_images(demo.CALIBRATION, loaded, count=4)
    with (
        TerminalProgress() as progress,
        TemporaryDirectory() as folder,
        contextlib.ExitStack() as stack,
    ):
        runners: dict[str, TFLiteRunner] = {}

        def add(name: str, model: nn.Module, precision: str) -> None:
            with progress.step(f"writing without {name}" if name in PARTS else f"writing {name}"):
                ranges = calibrate(model, images, loaded.preprocessing)
                content = convert(model, loaded.config.input_size, 1)
                path = Path(folder) / f"{len(runners)}.tflite"
                spec = ExportSpec(precision=precision)
                path.write_bytes(export_tflite(content, spec, model, ranges, loaded))
            runner = stack.enter_context(TFLiteRunner(path))
            runner.set_noise()
            runners[name] = runner

        add(FLOAT, rewritten, "fp32")
        add(WHOLE, rewritten, "int8")
        bare = copy.deepcopy(rewritten)
        for name, leave_out in PARTS.items():
            add(name, leave_out(copy.deepcopy(rewritten)), "int8")
            bare = leave_out(bare)
        add(NOTHING, bare, "int8")
        with progress.step("timing"):
            times = time_interleaved(
                {name: runner.invoke for name, runner in runners.items()},
                rounds=arguments.runs,
                warmup=10,
            )
    whole = ratio(times[WHOLE], times[FLOAT]).value
    print("| left out | INT8 over float32 | saved |")
    print("|---|---|---|")
    print(f"| nothing | {whole:.3f} | |")
    for name in (*PARTS, NOTHING):
        found = ratio(times[name], times[FLOAT])
        print(
            f"| {name} | {found.value:.3f} ({found.low:.3f}-{found.high:.3f})"
            f" | {whole - found.value:.3f} |"
        )


if __name__ == "__main__":
    main()
