"""The plots that commands draw, each a ``.png`` or ``.svg`` file that is written whole or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..process.replacing import replaced_file
from .tables.search import decibels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..calibration.sensitivity import Sensitivity
    from ..export.search.search import Found
    from ..workflows.family import Placed

_ROWS = 40


def save_family_plot(path: Path, models: Sequence[Placed], threads: int) -> None:
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
    _add_legend(figure)
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=150)


def save_sensitivity_plot(path: Path, sensitivity: Sensitivity) -> None:
    """Draws the SQNR of each op quantized alone, the most sensitive on top.

    Args:
        path: A ``.png`` or ``.svg`` file, written whole or not at all.
        sensitivity: What to draw.
    """
    from matplotlib.figure import Figure

    ops = sensitivity.ops[:_ROWS][::-1]
    figure = Figure(figsize=(9, 1 + 0.22 * len(ops)), layout="constrained")
    axes = figure.add_subplot()
    labels = [f"{op.path} ({op.precision})" for op in ops]
    axes.barh(labels, [op.alone.sqnr_db for op in ops], color="tab:blue")
    axes.axvline(sensitivity.together.sqnr_db, color="tab:red", label="all ops together")
    axes.set_xlabel("SQNR of the logits in dB where one op alone is quantized (less is worse)")
    axes.tick_params(axis="y", labelsize=6)
    axes.margins(y=0.01)
    _add_legend(figure)
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=150)


def save_search_plot(path: Path, found: Found) -> None:
    """Draws the front.

    Args:
        path: A ``.png`` or ``.svg`` file, written whole or not at all.
        found: The search.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5), layout="constrained")
    axes = figure.add_subplot()
    costs = [tried.mix.cost for tried in found.tried]
    predicted = [decibels(tried.mix.noise) for tried in found.tried]
    axes.plot(costs, predicted, marker=".", label="predicted")
    measured = [
        (cost, t.loss.sqnr_db) for cost, t in zip(costs, found.tried, strict=True) if t.loss
    ]
    axes.scatter(*zip(*measured, strict=True), color="tab:orange", label="measured", zorder=3)
    axes.axvline(costs[found.chosen], color="tab:red", linestyle="--", label="chosen")
    axes.set_xlabel(f"{found.unit} over the fastest mix")
    axes.set_ylabel("SQNR of the logits in dB")
    _add_legend(figure)
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=150)


def _add_legend(figure: Figure) -> None:
    """Adds a legend above the axes, where it covers nothing that is drawn."""
    figure.legend(loc="outside upper center", ncols=3)
