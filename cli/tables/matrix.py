"""The table of a bundle's files against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ...artifact.manifest import Parity
from ..terminal import result_console

if TYPE_CHECKING:
    from ...artifact.samples import Samples
    from ...judging.links import Edge


def print_matrix(
    edges: Sequence[Edge], not_run: Mapping[str, str], images: Samples, measure: str
) -> None:
    """Prints SQNR in dB and the agreement in percent of every pair, and what the task measures.

    Args:
        edges: The pairs.
        not_run: Files that nothing here runs, with the reason.
        images: What they were compared on.
        measure: What the task measures first.
    """
    names = list(dict.fromkeys(name for edge in edges for name in (edge.first, edge.second)))
    pairs = {(edge.first, edge.second): edge.parity for edge in edges}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("dB and agreement %", no_wrap=True)
    for name in names[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for name in names[:-1]:
        cells = [_cell(pairs.get((name, other))) for other in names[1:]]
        table.add_row(name, *cells)
    measured = {edge.second: edge.parity.measured for edge in edges}
    first = edges[0].parity.measured if edges else None
    if first:
        shown = [measured[name] for name in names[1:]]
        table.add_row(measure, *(f"{item.value:.2f}" if item else "-" for item in shown))
    console = result_console()
    console.print(table)
    figure, _, unit = measure.partition(" ")
    value = f"{first.reference:.2f} {unit}".rstrip() if first else ""
    accuracy = f"; {names[0]} has {value} {figure}" if first else ""
    console.print(f"on {len(images.pixels)} {images.name}{accuracy}", soft_wrap=True)
    for file, reason in not_run.items():
        console.print(f"{file}: not run, {reason}", soft_wrap=True)


def _cell(parity: Parity | None) -> str:
    if parity is None:
        return ""
    decibels = parity.sqnr_db if isinstance(parity.sqnr_db, str) else f"{parity.sqnr_db:.1f}"
    return f"{decibels}  {parity.agreement.value:.2f}" if parity.agreement else decibels
