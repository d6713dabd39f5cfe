"""The table of files that were timed beside each other."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from ...process.text import printable
from ..terminal import result_console

if TYPE_CHECKING:
    from ...workflows.bench import Benchmark, Timed


def print_benchmark(benchmark: Benchmark) -> None:
    """Prints one row per file, and the verdict."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", no_wrap=True)
    headings = ("load ms", "first ms", "peak MB", "median ms", "p10", "p90", "p99", "ratio", "99 %")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for timed in benchmark.timed:
        result, relative, opened = timed.result, timed.ratio, timed.first_run
        table.add_row(
            Text(printable(timed.path.name)),
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
        f" {len(first.processes)} processes: {verdict}"
    )
    console.print(
        "99 %: where the ratio of the same command falls again; load, first and peak: of the file"
        " alone in a fresh process, its runtime already there"
    )


def benchmark_json(item: Benchmark) -> dict[str, Any]:
    """A benchmark as plain values."""
    return {
        "threads": item.threads,
        "verdict": "valid" if item.is_valid else "INVALID",
        "doubts": list(item.doubts),
        "other_load": item.other_load,
        "reference": str(item.timed[0].path),
        "files": [_timed_json(timed) for timed in item.timed],
        **details_json(item.details),
    }


def details_json(details: dict[str, Any]) -> dict[str, Any]:
    """What a phone told besides times; nothing where there is no such thing."""
    return {"phone": details} if details else {}


def _timed_json(timed: Timed) -> dict[str, Any]:
    return {
        "path": str(timed.path),
        **dataclasses.asdict(timed.first_run),
        "processes": len(timed.processes),
        "process_medians_ms": [result.median for result in timed.processes],
        "runs": len(timed.result.milliseconds),
        "median_ms": timed.result.median,
        **{f"p{percent}_ms": timed.result.percentile(percent) for percent in (10, 90, 99)},
        "ratio": timed.ratio.value,
        "ratio_low": timed.ratio.low,
        "ratio_high": timed.ratio.high,
    }
