"""The section about accuracy on labelled images."""

from __future__ import annotations

from ..artifact.manifest import Interval
from .block import Cell, Column, Lines, Meter, Section, Table
from .evidence import Evidence
from .numerals import ABSENT, ends, percent

COLUMNS = (
    Column("File", is_text=True),
    Column("Top-1", "%"),
    Column("95 % interval", "%"),
    Column("To eager", "points"),
)


def accuracy_section(evidence: Evidence) -> Section:
    """Top-1 of each file beside the eager model's, where the images were labelled."""
    measured = [
        (item.file.path, item.parity)
        for item in evidence.manifest.artifacts
        if item.parity and item.parity.top1
    ]
    if not measured:
        line = Lines(("The images that parity was taken on had no labels: accuracy is unknown.",))
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
        Cell(change.replace("-", "−")),
    )
