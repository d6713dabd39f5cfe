"""The section about accuracy on labelled images."""

from __future__ import annotations

from ..artifact.manifest import Interval
from .block import Cell, Column, Lines, Meter, Section, Table
from .evidence import Evidence
from .numerals import ABSENT, ends, percent

MINUS = "−"

COLUMNS = (
    Column("File", is_text=True),
    Column("Top-1", "%"),
    Column("95 % interval", "%"),
    Column("To eager", "points"),
)


def accuracy_section(evidence: Evidence) -> Section:
    """What is right of each file's results beside the eager model's, where that is known."""
    if any(item.parity and item.parity.measures for item in evidence.manifest.artifacts):
        return _measures_section(evidence)
    measured = [
        (item.file.path, item.parity)
        for item in evidence.manifest.artifacts
        if item.parity and item.parity.top1
    ]
    if not measured:
        line = Lines(("What the images of parity show was not known: accuracy was not measured.",))
        return Section("accuracy", "Accuracy", "", (line,))
    _, parity = measured[0]
    eager = parity.reference_top1
    shares = [share for _, item in measured if (share := item.top1)] + ([eager] if eager else [])
    least = min(share.low for share in shares)
    most = max(share.high for share in shares)
    rows = [_row("eager model", eager, None, least, most)] if eager else []
    rows += [_row(name, item.top1, item.reference_top1, least, most) for name, item in measured]
    lead = (
        f"Top-1 on {parity.images:,} {parity.data}, all files on the same images. The dot is the"
        " share that was right, the line its 95 % interval; the upright line is the eager model."
    )
    table = Table.of("Top-1 of each file where it was exported", COLUMNS, rows)
    return Section("accuracy", "Accuracy", lead, (table,))


def _measures_section(evidence: Evidence) -> Section:
    """What a task other than classification measures, such as AP or mIoU."""
    parities = {
        item.file.path: item.parity
        for item in evidence.manifest.artifacts
        if item.parity and item.parity.measures
    }
    first = next(iter(parities.values()))
    names = tuple(first.measures)
    eager = [f"{one.reference:.2f}" for one in first.measures.values()]
    rows = [tuple(map(Cell, ("eager model", *eager, ABSENT)))]
    for file, parity in parities.items():
        values = [f"{parity.measures[name].value:.2f}" for name in names]
        change = f"{-(parity.drop or 0):+.2f}".replace("-", MINUS)
        rows.append(tuple(map(Cell, (file, *values, change))))
    columns = [Column("File", is_text=True), *(Column(name, "points") for name in names)]
    columns.append(Column("To eager", f"points of {names[0]}"))
    lead = f"On {first.images:,} {first.data}, all files on the same images."
    table = Table.of("What each file reaches where it was exported", columns, rows)
    return Section("accuracy", "Accuracy", lead, (table,))


def _row(
    name: str, share: Interval | None, eager: Interval | None, least: float, most: float
) -> tuple[Cell, ...]:
    assert share is not None
    width = (most - least) or 1.0

    def at(value: float) -> float:
        return (value - least) / width

    reference = eager or share
    meter = Meter(at(share.value), at(share.low), at(share.high), at(reference.value), True)
    change = f"{share.value - eager.value:+.2f}" if eager else ABSENT
    return (
        Cell(name),
        Cell(percent(share), meter=meter),
        Cell(ends(share.low, share.high)),
        Cell(change.replace("-", MINUS)),
    )
