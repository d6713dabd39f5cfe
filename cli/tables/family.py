"""The table of models, their multiply-accumulates and their latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ...models.published import A40, CODE, PAPERS, PI5, PUBLISHED_FIGURES, SPEED_SOURCES, Published
from ..terminal import result_console

if TYPE_CHECKING:
    from ...workflows.family import Family

_SHOWN = (A40, PI5)


def print_family(family: Family) -> None:
    """Prints a row per model, and how well multiply-accumulates tell latency."""
    from ...workflows.family import macs_against_latency, published_correlations

    benchmark, models = family.benchmark, family.models
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", no_wrap=True)
    headings = ["counted\nM MACs", "counted\nM params", "measured\nhere ms", "here\nms/GMAC"]
    headings += ["published\nM MACs", "published\ntop-1 %"]
    headings += [f"published\n{device}" for device in _SHOWN]
    for heading in headings:
        table.add_column(Text(heading), justify="right", no_wrap=True)
    for model in models:
        member = model.member
        table.add_row(
            member.name,
            _millions(member.macs, 0),
            _millions(member.params, 2),
            f"{model.median_ms:.2f}",
            _number(model.ms_per_gmac, 2),
            *_published(PUBLISHED_FIGURES.get(member.variant or "")),
        )
    console = result_console()
    console.print(table)
    verdict = "valid" if benchmark.is_valid else "INVALID"
    first = benchmark.timed[0]
    console.print(
        f"{benchmark.threads} thread(s), batch {first.first_run.batch}, {first.first_run.runtime},"
        f" {len(first.result.milliseconds)} runs in turns, in {len(first.processes)} processes:"
        f" {verdict}"
    )
    console.print("variants have random weights: latency depends on their shapes only")
    correlation, count = macs_against_latency(models)
    console.print(
        f"Spearman's rank correlation of MACs with latency: measured here {_number(correlation, 3)}"
        f" ({count} models)"
    )
    for device, (other, number) in published_correlations().items():
        console.print(f"  published, {device}: {_number(other, 3)} ({number} variants)")
    console.print(
        f"published: MACs {CODE}; top-1 {PAPERS}; speeds: "
        + "; ".join(f"{device} {SPEED_SOURCES[device]}" for device in _SHOWN)
    )
    console.print("published speeds on GPUs, phones and the Pi cannot be checked on this machine")


def _millions(value: int | None, digits: int) -> str:
    return _number(None if value is None else value / 1e6, digits)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _published(figures: Published | None) -> list[str]:
    if figures is None:
        return ["-"] * (2 + len(_SHOWN))
    macs = f"{figures.macs:.0f}"
    if figures.stated_macs:
        macs += f" (stated {figures.stated_macs:.0f})"
    speeds = [_number(figures.speeds.get(device), 0) for device in _SHOWN]
    return [macs, _number(figures.top1, 1), *speeds]
