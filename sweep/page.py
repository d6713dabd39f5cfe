"""The page of a sweep: a table and a plot for each place."""

from __future__ import annotations

from collections.abc import Sequence

from ..artifact.manifest import Interval
from ..artifact.results.sweep import PlaceResult, SweepResult, SweptResult
from ..report.axis import Axis
from ..report.block import Block, Cell, Column, Dot, Lines, Plot, Section, Table
from ..report.numerals import ABSENT, counted, decibels, ends, megabytes, milliseconds
from ..report.page import rendered
from ..report.targets import described_machine
from .budget import VALID, accuracy_of, has_accuracy, pareto_front, places_of, rated_on

TEMPLATE = "sweep.html"

WIDTH, HEIGHT = 560, 340
FRAME = (44, 24, 540, 292)
"""Left, top, right and bottom of what the axes enclose."""

_OPEN = ("counted", "judged", "refused")


def page_of(result: SweepResult) -> str:
    """The page as HTML; the same result gives the same page."""
    failed = [line for cell in result.cells for line in cell.failures]
    sections = [_section(result, place, threads) for place, threads in places_of(result)]
    if failed or result.left_out:
        blocks: list[Block] = []
        if failed:
            blocks.append(Lines(tuple(failed), "What failed"))
        if result.left_out:
            blocks.append(Lines(result.left_out, "What the grid asks for that does not exist"))
        sections.append(Section("failures", "What is not there", "", tuple(blocks)))
    models = dict.fromkeys(cell.model for cell in result.cells)
    rest = ""
    if result.best:
        rest = (
            f"{result.best.name} is the best on {result.best.place} within"
            f" {', '.join(result.best.budgets)}."
        )
    return rendered(
        TEMPLATE,
        sections,
        title=", ".join(models),
        verdict="bad" if failed else "good",
        headline=f"{counted(len(result.cells), 'cell')}, {counted(len(failed), 'failure')}.",
        rest=rest,
    )


def _section(result: SweepResult, place: str, threads: int) -> Section:
    """What was measured on a place."""
    rows = [
        (cell, one)
        for cell in result.cells
        for one in cell.places
        if (one.place, one.threads) == (place, threads)
    ]
    rated = list(rated_on(result, place, threads))
    front = pareto_front(rated)
    machines = dict.fromkeys(described_machine(one.machine) for _, one in rows if one.machine)
    blocks: list[Block] = [_table(result, rows, {cell.name for cell, _ in front})]
    if len(rated) > 1:
        unit = "million instructions" if _counts(rows) else "ms, p90"
        blocks.append(_plot(result, rated, front, unit))
    reasons = tuple(f"{cell.name}: {'; '.join(one.reasons)}" for cell, one in rows if one.reasons)
    if reasons:
        blocks.append(Lines(reasons, "Why there is no more"))
    anchor = "".join(letter if letter.isalnum() else "-" for letter in f"{place}-{threads}")
    return Section(
        anchor, f"{place}, {counted(threads, 'thread')}", "; ".join(machines), tuple(blocks)
    )


def _counts(rows: Sequence[tuple[SweptResult, PlaceResult]]) -> bool:
    """Whether instructions are counted, in place of times."""
    return any(one.instructions is not None for _, one in rows)


def _table(
    result: SweepResult, rows: Sequence[tuple[SweptResult, PlaceResult]], front: set[str]
) -> Table:
    columns = [
        Column("cell", is_text=True),
        Column("file", "MB"),
        Column("SQNR", "dB"),
        Column("agreement", "%"),
        *([Column(result.measure), Column("lost", "points")] if has_accuracy(result) else []),
        Column("instructions", "M") if _counts(rows) else Column("p50", "ms"),
        Column("p90", "ms"),
        Column("over fp32"),
        Column("peak", "MB"),
        Column("verdict", is_text=True),
    ]
    return Table.of(
        "Every cell; of those called best no other is as accurate and takes less.",
        columns,
        [
            _row(cell, one, is_best=cell.name in front, has_accuracy=has_accuracy(result))
            for cell, one in rows
        ],
    )


def _row(
    cell: SweptResult, one: PlaceResult, *, is_best: bool, has_accuracy: bool
) -> tuple[Cell, ...]:
    parity = cell.parity
    accuracy = accuracy_of(cell)
    agreement = parity.agreement.value if parity and parity.agreement else None
    ratio = "" if one.ratio_low is None else ends(one.ratio_low, one.ratio_high or 0, 3)
    lost = cell.drop if accuracy is not None else None
    time = one.median_ms if one.instructions is None else one.instructions / 1e6
    bad = bool(cell.failures) or one.verdict not in (VALID, *_OPEN)
    return (
        Cell(cell.name, "best" if is_best else ""),
        Cell(ABSENT if cell.bytes is None else megabytes(cell.bytes)),
        Cell(ABSENT if parity is None else decibels(parity.sqnr_db)),
        Cell(_figure(agreement)),
        *((Cell(_figure(accuracy)), _lost(lost)) if has_accuracy else ()),
        Cell(ABSENT if time is None else milliseconds(time)),
        Cell(ABSENT if one.p90_ms is None else milliseconds(one.p90_ms)),
        Cell(ABSENT if one.ratio is None else f"{one.ratio:.3f}", ratio),
        Cell(ABSENT if one.peak_mb is None else f"{one.peak_mb:.0f}"),
        Cell(
            "failed" if cell.failures else one.verdict,
            verdict="bad" if bad else "good",
        ),
    )


def _lost(drop: Interval | None) -> Cell:
    """Points that are lost, with the interval."""
    return Cell(_figure(drop.value), ends(drop.low, drop.high)) if drop else Cell(ABSENT)


def _figure(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.2f}"


def _plot(
    result: SweepResult,
    rated: Sequence[tuple[SweptResult, float]],
    front: Sequence[tuple[SweptResult, float]],
    unit: str,
) -> Plot:
    """Accuracy over cost, with a line through the cells that no other is better than."""
    x = Axis([0.0, *(cost for _, cost in rated)], FRAME[0], FRAME[2])
    y = Axis([accuracy_of(cell) or 0.0 for cell, _ in rated], FRAME[3], FRAME[1])
    names = {cell.name for cell, _ in front}
    dots = tuple(
        Dot(
            x.at(cost),
            y.at(accuracy_of(cell) or 0.0),
            "best" if cell.name in names else "cell",
            f"{cell.name}: {accuracy_of(cell):.2f}, {cost:.3g} {unit}",
        )
        for cell, cost in rated
    )
    best = ", ".join(f"{cell.name} at {cost:.3g} {unit}" for cell, cost in front)
    return Plot(
        caption=f"{result.measure} over {unit}",
        description=f"{len(rated)} cells; from the cheapest on the best are {best}",
        width=WIDTH,
        height=HEIGHT,
        frame=FRAME,
        x_title=unit,
        y_title=result.measure,
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        line=tuple((x.at(cost), y.at(accuracy_of(cell) or 0.0)) for cell, cost in front),
        dots=dots,
    )
