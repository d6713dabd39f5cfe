"""The section about where ops run."""

from __future__ import annotations

from ..artifact.caveats import STAND_INS
from ..artifact.manifest import Residency
from ..judging.links import HOST
from .block import Cell, Column, Group, Lines, Section, Table
from .evidence import Evidence
from .numerals import by_reason

COLUMNS = (
    Column("File", is_text=True),
    Column("Verdict", is_text=True),
    Column("Partitions"),
    Column("Ops taken"),
    Column("Ops refused", is_text=True),
    Column("Delegate", is_text=True),
)


def residency_section(evidence: Evidence) -> Section:
    """Which ops a delegate took, on every target that tells."""
    found: dict[str, list[tuple[Cell, ...]]] = {HOST: []}
    for artifact in evidence.manifest.artifacts:
        if artifact.residency:
            found[HOST].append(_row(artifact.file.path, artifact.residency, is_promised=True))
    for item in evidence.verify.placed if evidence.verify else ():
        if item.residency and item.target != HOST:
            row = _row(item.file, item.residency, is_promised=bool(item.not_run))
            found.setdefault(item.target, []).append(row)
    groups = [
        Group(tuple(rows), f"on {name}" if len(found) > 1 else "")
        for name, rows in found.items()
        if rows
    ]
    table = Table("Files by target, with what the delegate took of them", COLUMNS, tuple(groups))
    unknown = {
        item.file.path: STAND_INS.get(item.runtime or "", item.not_run or "not known")
        for item in evidence.manifest.artifacts
        if item.residency is None
    }
    lines = [
        f"{line}; which unit runs each op, only the device can tell" for line in by_reason(unknown)
    ]
    required = ", ".join(evidence.manifest.requirements)
    lead = (
        "A file that its delegate takes whole runs in one piece; each op left out costs a way back"
        " to the processor."
    )
    return Section(
        "residency",
        "Where ops run",
        f"{lead} Required of every target: {required}." if required else lead,
        tuple(block for block in (table, Lines(tuple(lines), "Not known")) if _says(block)),
    )


def _says(block: Table | Lines) -> bool:
    return bool(block.groups if isinstance(block, Table) else block.lines)


def _row(name: str, found: Residency, *, is_promised: bool) -> tuple[Cell, ...]:
    """A file's row; what is not promised to be whole is only said not to be."""
    refused = ", ".join(f"{count} {kind}" for kind, count in found.refused.items())
    if found.partitions == 1 and not found.refused:
        verdict = Cell("whole", verdict="good")
    else:
        verdict = Cell("in parts", verdict="bad" if is_promised else "open")
    return (
        Cell(name),
        verdict,
        Cell(str(found.partitions)),
        Cell(str(found.delegated_ops)),
        Cell(refused or "none"),
        Cell(found.delegate),
    )
