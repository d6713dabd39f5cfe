"""The table of two files' outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...workflows.compare import ComparedOutput, Comparison


def print_comparison(comparison: Comparison) -> None:
    """Prints SQNR, cosine and the largest difference of every output, and on what."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("output", no_wrap=True)
    for heading in ("shape", "SQNR dB", "cosine", "max difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for output in comparison.outputs:
        decibels = output.closeness.sqnr_db
        table.add_row(
            _named(output),
            str(list(output.shape)),
            decibels if isinstance(decibels, str) else f"{decibels:.1f}",
            f"{output.closeness.cosine:.6f}",
            f"{output.closeness.max_difference:.3g}",
        )
    console = result_console()
    console.print(table)
    console.print(
        f"{comparison.second} against {comparison.first}, {comparison.inferences} inference(s)"
        f" on {comparison.data}",
        soft_wrap=True,
        markup=False,
    )


def _named(output: ComparedOutput) -> str:
    """An output by its name, or by both where they differ."""
    return output.name if output.name == output.other else f"{output.name}, {output.other}"
