"""The table of a search: the front of mixes, and which was chosen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...export.search.search import Found

_ROWS = 25


def print_found(found: Found) -> None:
    """Prints the front around the chosen mix, and what was proven of it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    has_widths = bool(found.mix.widths)
    for heading in (
        "mix",
        *(["channels"] if has_widths else []),
        "float ops",
        f"predicted +{found.unit}",
        "predicted dB",
        "drop",
        "SQNR dB",
        "",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    shown = [
        index
        for index, tried in enumerate(found.tried)
        if tried.loss or index in (0, found.chosen, len(found.tried) - 1)
    ]
    for index in shown[:_ROWS]:
        tried = found.tried[index]
        table.add_row(
            str(index),
            *([str(tried.mix.channels)] if has_widths else []),
            str(tried.mix.float_ops),
            f"{tried.mix.cost:.3f}",
            f"{decibels(tried.mix.noise):.1f}",
            f"{tried.loss.drop:.2f}" if tried.loss else "-",
            f"{tried.loss.sqnr_db:.1f}" if tried.loss else "-",
            "chosen" if index == found.chosen else "",
        )
    console = result_console()
    console.print(table)
    console.print(
        f"chosen: mix {found.chosen} of {len(found.tried)}; on {found.loss.images} other images it"
        f" loses {found.loss.drop:.2f} points{_upper_end(found)} at {found.loss.sqnr_db:.1f} dB"
        " SQNR",
        soft_wrap=True,
    )


def _upper_end(found: Found) -> str:
    """The upper end of the drop's interval, where widths were searched for, which need it."""
    if not found.mix.widths or not math.isfinite(found.loss.high):
        return ""
    return f" ({found.loss.high:.2f} at the upper end of its 95 % interval)"


def decibels(noise: float) -> float:
    """The SQNR of a predicted noise, the sum of what each op adds relative to the logits."""
    return -10 * math.log10(max(noise, 1e-15))
