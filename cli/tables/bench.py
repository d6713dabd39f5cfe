"""The table of files that were timed beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...artifact.results.browser import BrowserResult
    from ...artifact.results.checked_file import CheckedFileResult
    from ...workflows.bench import Benchmark


def print_benchmark(benchmark: Benchmark) -> None:
    """Prints one row per file, and the verdict."""
    if benchmark.browser:
        print_times(benchmark, "workers", "in a fresh worker")
    else:
        print_times(benchmark, "processes", "in a fresh process")


def print_times(benchmark: Benchmark, shared: str, alone: str) -> None:
    """Prints one row per file, and the verdict.

    Args:
        benchmark: What was timed.
        shared: What the runs were shared out among.
        alone: Where a file was opened for its first run.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", no_wrap=True)
    headings = ("load ms", "first ms", "peak MB", "median ms", "p10", "p90", "p99", "ratio", "99 %")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for timed in benchmark.timed:
        result, relative, opened = timed.result, timed.ratio, timed.first_run
        table.add_row(
            timed.path.name,
            f"{opened.load_ms:.1f}",
            f"{opened.first_ms:.2f}",
            "-" if opened.peak_mb is None else f"{opened.peak_mb:.1f}",
            f"{result.median:.2f}",
            *(f"{result.percentile(percent):.2f}" for percent in (10, 90, 99)),
            f"{relative.value:.3f}",
            f"{relative.low:.3f}-{relative.high:.3f}",
        )
    console = result_console()
    console.print(table)
    first = benchmark.timed[0]
    verdict = "valid" if benchmark.is_valid else "INVALID"
    console.print(
        f"{benchmark.threads} thread(s), {len(first.result.milliseconds)} runs in turns, in"
        f" {len(first.processes)} {shared}: {verdict}"
    )
    console.print(
        "99 %: where the ratio of the same command falls again; load, first and peak: of the file"
        f" alone {alone}, its runtime already there"
    )
    if benchmark.browser:
        _print_browser(benchmark.browser)


def _print_browser(browser: BrowserResult) -> None:
    """Prints where in a browser files ran, what of them was checked, and what times do not say."""
    console = result_console()
    checked = [f"{one.file}: {_parity(one)}" for one in browser.checks]
    for line in (f"{browser.machine['processor']}, by {browser.accelerator}", *checked):
        console.print(line, soft_wrap=True)
    if any(count > 1 for count in browser.runs_together.values()):
        counts = ", ".join(f"{name} {count}" for name, count in browser.runs_together.items())
        step = f"{browser.clock_step_ms:.3g} ms"
        console.print(f"the clock's step is {step}; runs timed together: {counts}", soft_wrap=True)
    console.print(browser.caveat, soft_wrap=True)


def _parity(checked: CheckedFileResult) -> str:
    if checked.failure:
        return f"FAILED, {checked.failure}"
    decibels = checked.parity and checked.parity.sqnr_db
    shown = f"{decibels:.1f} dB" if isinstance(decibels, float) else str(decibels)
    return f"{shown} SQNR to the eager model on its golden vectors"
