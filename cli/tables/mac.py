"""The table of what a Mac said about a bundle's Core ML packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...workflows.verify import MacComparison


def print_mac_results(results: Sequence[MacComparison]) -> None:
    """Prints parity, time and devices of each package on each choice of compute units."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("on the Mac", no_wrap=True)
    table.add_column("units", no_wrap=True)
    for heading in ("SQNR dB", "agreement %", "ms"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ops by device")
    for item in results:
        result, parity = item.result, item.parity
        if parity is None or result.milliseconds is None:
            cells = ("-", "-", "-", result.failure or "")
        else:
            decibels = parity.sqnr_db
            cells = (
                decibels if isinstance(decibels, str) else f"{decibels:.1f}",
                f"{parity.agreement.value:.2f}" if parity.agreement else "-",
                f"{result.milliseconds.median:.2f}",
                ", ".join(f"{n} {device}" for device, n in result.devices.items()),
            )
        table.add_row(item.package, item.units, *cells)
    result_console().print(table)
