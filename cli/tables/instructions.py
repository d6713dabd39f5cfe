"""The table of files' instructions on emulated processors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...workflows.count import Counted


def print_instructions(found: Sequence[Counted]) -> None:
    """Prints one row per file and processor, in millions."""
    classes = [name for name in found[0].count.classes if any(i.count.classes[name] for i in found)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("million instructions", no_wrap=True)
    table.add_column("on", no_wrap=True)
    for heading in ("all", "ratio", *classes):
        table.add_column(heading, justify="right", no_wrap=True)
    for item in found:
        table.add_row(
            item.path.name,
            item.target,
            f"{item.count.all / 1e6:.2f}",
            f"{item.ratio:.3f}",
            *(f"{item.count.classes[name] / 1e6:.2f}" for name in classes),
        )
    console = result_console()
    console.print(table)
    console.print("of one inference on one thread; they tell work, not milliseconds")
