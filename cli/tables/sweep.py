"""The tables of a sweep: every cell, and the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ..terminal import result_console

if TYPE_CHECKING:
    from ...artifact.results.sweep import PlaceResult, PreviewResult, SweepResult, SweptResult

_ABSENT = "–"


def print_sweep(result: SweepResult) -> None:
    """Prints a table for each place, and which cell was chosen."""
    from ...sweep.budget import pareto_front, places_of, rated_on

    console = result_console()
    for place, threads in places_of(result):
        front = {cell.name for cell, _ in pareto_front(list(rated_on(result, place, threads)))}
        console.print(_table(result, place, threads, front))
        if front:
            console.print("* no other cell is as accurate and takes less")
    if not any(cell.places for cell in result.cells):
        console.print("no cell was exported")
    if result.best:
        console.print(
            f"best: {result.best.name} on {result.best.place},"
            f" {', '.join(result.best.budgets)}; its bundle is {result.best.bundle}"
        )


def print_preview(preview: PreviewResult) -> None:
    """Prints what a sweep would do."""
    console = result_console()
    for name in preview.cells:
        console.print(Text(name))
    for line in preview.left_out:
        console.print(Text(f"left out: {line}"))
    steps = ", ".join(f"{count} {kind}" for kind, count in preview.to_do.items()) or "nothing"
    console.print(f"{len(preview.cells)} cells; to do: {steps}")
    if preview.done:
        done = ", ".join(f"{count} {kind}" for kind, count in preview.done.items())
        console.print(f"done already: {done}")
    console.print(
        f"roughly {preview.seconds / 60:.0f} minutes by {preview.jobs} process(es) of this machine"
    )


def _table(result: SweepResult, place: str, threads: int, front: set[str]) -> Table:
    """The cells on a place."""
    from ...sweep.budget import has_accuracy

    title = f"{place}, {threads} thread(s)"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("cell", no_wrap=True)
    measured = ["agreement %", *([result.measure, "drop"] if has_accuracy(result) else [])]
    for heading in ("MB", "SQNR dB", *measured, "p50 ms", "p90 ms"):
        table.add_column(Text(heading), justify="right")
    table.add_column(Text("/ fp32"), justify="right")
    table.add_column("")
    for cell in result.cells:
        for one in cell.places or (None,):
            if one is None or (one.place, one.threads) == (place, threads):
                table.add_row(*_row(cell, one, front, has_accuracy=has_accuracy(result)))
    return table


def _row(
    cell: SweptResult, one: PlaceResult | None, front: set[str], *, has_accuracy: bool
) -> list[Text]:
    from ...sweep.budget import accuracy_of

    parity, accuracy = cell.parity, accuracy_of(cell)
    agreement = parity.agreement if parity else None
    sqnr = None if parity is None else parity.sqnr_db
    lost = cell.drop if accuracy is not None else None
    texts = [
        f"{cell.name} *" if cell.name in front else cell.name,
        _ABSENT if cell.bytes is None else f"{cell.bytes / 1e6:.2f}",
        sqnr if isinstance(sqnr, str) else _number(sqnr, 1),
        _number(agreement.value if agreement else None, 2),
        *([_number(accuracy, 2), _number(lost.value if lost else None, 2)] if has_accuracy else []),
        *_times(one),
        _number(one.ratio, 3) if one else _ABSENT,
        _verdict(cell, one),
    ]
    return [Text(text) for text in texts]


def _times(one: PlaceResult | None) -> tuple[str, str]:
    if one is not None and one.instructions is not None:
        return f"{one.instructions / 1e6:.2f} M instr.", _ABSENT
    return (_number(one.median_ms, 3), _number(one.p90_ms, 3)) if one else (_ABSENT, _ABSENT)


def _verdict(cell: SweptResult, one: PlaceResult | None) -> str:
    if cell.failures:
        return "failed"
    return one.verdict if one else _ABSENT


def _number(value: float | None, digits: int) -> str:
    return _ABSENT if value is None else f"{value:.{digits}f}"
