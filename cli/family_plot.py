"""The plot of latency over multiply-accumulates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifact.files import replaced_file

if TYPE_CHECKING:
    from ..runtime.family import Placed


def save_plot(path: Path, models: Sequence[Placed], threads: int) -> None:
    """Draws a point per model whose multiply-accumulates are known.

    Args:
        path: A ``.png`` or ``.svg`` file, written whole or not at all.
        models: What to draw.
        threads: With how many they were timed.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    for own, label, color in ((True, "LowFormer", "tab:blue"), (False, "rivals", "tab:orange")):
        points = [
            (model.member.macs / 1e6, model.median_ms, model.member.name)
            for model in models
            if model.member.macs and (model.member.variant is not None) == own
        ]
        if not points:
            continue
        macs, times, names = zip(*points, strict=True)
        axes.scatter(macs, times, label=label, color=color)
        for x, y, name in zip(macs, times, names, strict=True):
            axes.annotate(name, (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8)
    axes.set_xlabel("multiply-accumulates in millions")
    axes.set_ylabel(f"latency in ms, {threads} thread(s), measured here")
    axes.margins(0.15)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.legend()
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=150)
