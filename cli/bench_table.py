"""The table of files that were timed beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ..artifact.files import printable
from .export_table import result_console

if TYPE_CHECKING:
    from ..runtime.benchmark import Benchmark


def print_benchmark(benchmark: Benchmark) -> None:
    """Prints one row per file, and the verdict."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", no_wrap=True)
    for heading in ("load ms", "first ms", "median ms", "p10", "p90", "p99", "ratio", "95 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for timed in benchmark.timed:
        result, relative = timed.result, timed.ratio
        table.add_row(
            Text(printable(timed.path.name)),
            f"{timed.load_ms:.1f}",
            f"{timed.first_ms:.2f}",
            f"{result.median:.2f}",
            *(f"{result.percentile(percent):.2f}" for percent in (10, 90, 99)),
            f"{relative.value:.3f}",
            f"{relative.low:.3f}-{relative.high:.3f}",
        )
    console = result_console()
    console.print(table)
    runs = len(benchmark.timed[0].result.milliseconds)
    verdict = "valid" if benchmark.is_valid else "INVALID"
    console.print(f"{benchmark.threads} thread(s), {runs} runs in turns: {verdict}")
