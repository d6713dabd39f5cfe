"""The tables of which ops the instructions of files go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...workflows.count_ops import CountedOps

MOST = 24
"""Groups of ops that are shown; the rest is summed up."""


SLACK = 1.01
"""How much more than their file ops may take before it is said why."""


def print_op_instructions(counted: CountedOps) -> None:
    """Prints a file's ops by kind and shape, or why there are none."""
    console = result_console()
    name = counted.path.name
    if counted.missing:
        console.print(
            f"{name}: no instructions of ops from {counted.runtime} on {counted.target}:"
            f" {counted.missing}"
        )
        return
    is_timed = any(group.milliseconds is not None for group in counted.groups)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"op on {counted.target}", no_wrap=True)
    table.add_column("shape", no_wrap=True)
    headings = ["ops", "M instr", "%", "M MACs", "MACs/instr", *(["ms here"] if is_timed else [])]
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for group in counted.groups[:MOST]:
        macs = group.macs
        cells = [
            str(group.ops),
            f"{group.instructions / 1e6:.3f}",
            f"{100 * counted.share(group):.1f}",
            "" if macs is None else f"{macs / 1e6:.1f}",
            "" if macs is None else f"{macs / group.instructions:.1f}",
        ]
        if is_timed:
            cells.append("" if group.milliseconds is None else f"{group.milliseconds:.3f}")
        table.add_row(group.kind, group.shape or "", *cells)
    rest = counted.groups[MOST:]
    if rest:
        instructions = sum(group.instructions for group in rest)
        share = sum(map(counted.share, rest))
        ops = str(sum(group.ops for group in rest))
        table.add_row("others", "", ops, f"{instructions / 1e6:.3f}", f"{100 * share:.1f}")
    console.print(table)
    is_more = counted.of_ops > SLACK * counted.instructions
    console.print(
        f"{name}: ops take {counted.of_ops / 1e6:.2f} million instructions together, by"
        f" {counted.runtime}'s profiler, and one inference without it"
        f" {counted.instructions / 1e6:.2f}; on one thread"
        + ("; the profiler's own work is among the ops'" if is_more else "")
    )
    console.print()
