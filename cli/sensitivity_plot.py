"""The plot of a sensitivity analysis."""

from __future__ import annotations

from pathlib import Path

from ..artifact.files import replaced_file
from ..calibration.sensitivity import Sensitivity

ROWS = 40


def save_plot(path: Path, sensitivity: Sensitivity) -> None:
    """Draws the SQNR of each op quantized alone, the most sensitive on top.

    Args:
        path: A ``.png`` or ``.svg`` file, written whole or not at all.
        sensitivity: What to draw.
    """
    from matplotlib.figure import Figure

    ops = sensitivity.ops[:ROWS][::-1]
    figure = Figure(figsize=(9, 1 + 0.22 * len(ops)), layout="constrained")
    axes = figure.add_subplot()
    labels = [f"{op.path} ({op.precision})" for op in ops]
    axes.barh(labels, [op.alone.sqnr_db for op in ops], color="tab:blue")
    axes.axvline(sensitivity.together.sqnr_db, color="tab:red", label="all ops together")
    axes.set_xlabel("SQNR of the logits in dB where one op alone is quantized (less is worse)")
    axes.tick_params(axis="y", labelsize=6)
    axes.margins(y=0.01)
    axes.legend(loc="lower right")
    with replaced_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix.removeprefix("."), dpi=150)
