"""The table of a sensitivity analysis."""

from __future__ import annotations

import math
from pathlib import Path

from rich import box
from rich.table import Table

from ...calibration.ranges import Ranges
from ...calibration.sensitivity import Loss, Sensitivity
from ..terminal import result_console

ROWS = 20


def print_sensitivity(sensitivity: Sensitivity) -> None:
    """Prints the most sensitive ops, first those that cost most when they alone are quantized."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("op", "kind", "precision"):
        table.add_column(heading, no_wrap=True)
    for heading in ("alone dB", "alone %", "left out dB", "left out %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for op in sensitivity.ops[:ROWS]:
        table.add_row(op.path, op.kind, op.precision, *_loss(op.alone), *_loss(op.left_out))
    console = result_console()
    console.print(table)
    decibels, agreement = _loss(sensitivity.together)
    hidden = len(sensitivity.ops) - ROWS
    if hidden > 0:
        console.print(f"{hidden} less sensitive ops are left out here; --json has all")
    console.print(
        f"all together: {decibels} dB SQNR, {agreement} % agreement on {sensitivity.images}"
        f" {sensitivity.data}, simulated; alone: that op quantized and no other; left out: all"
        " others quantized",
        soft_wrap=True,
        markup=False,
    )


def print_ranges(path: Path, ranges: Ranges) -> None:
    """Prints where the ranges are, and what they are."""
    result_console().print(
        f"ranges of {len(ranges.modules)} ops, {ranges.observer} over {ranges.images} images:"
        f" {path}",
        soft_wrap=True,
        markup=False,
    )


def _loss(loss: Loss) -> tuple[str, str]:
    decibels = loss.sqnr_db
    return (
        f"{decibels:.1f}" if math.isfinite(decibels) else "exact",
        f"{100 * loss.agreement:.2f}",
    )
