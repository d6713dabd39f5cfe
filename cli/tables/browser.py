"""The tables of what a browser said by way of a site's report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console
from .bench import print_times

if TYPE_CHECKING:
    from ...targets.checked_file import CheckedFile
    from ...workflows.web_report import WebBenchmark


def print_browser_checks(checks: Sequence[CheckedFile]) -> None:
    """Prints what became of each file in a browser, by the golden vectors."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("in the browser", no_wrap=True)
    table.add_column("by", no_wrap=True)
    for heading in ("SQNR dB", "agreement %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("")
    for one in checks:
        parity, told = one.parity, one.failure or "pass"
        if parity is None:
            table.add_row(one.file, one.accelerator, "-", "-", told)
            continue
        decibels = parity.sqnr_db
        table.add_row(
            one.file,
            one.accelerator,
            decibels if isinstance(decibels, str) else f"{decibels:.1f}",
            f"{parity.agreement.value:.2f}" if parity.agreement else "-",
            told,
        )
    result_console().print(table)


def print_web_benchmark(found: WebBenchmark) -> None:
    """Prints the times of each accelerator, with what of its files was checked."""
    console = result_console()
    console.print(f"{found.created} by the browser's clock")
    for name, benchmark in found.benchmarks.items():
        console.print()
        console.print(f"by {name}:")
        print_times(benchmark, "workers", "in a fresh worker")
