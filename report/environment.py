"""The section about the machines and versions behind the figures."""

from __future__ import annotations

from ..judging.links import HOST
from .block import Cell, Column, Facts, Section, Table
from .evidence import Evidence
from .targets import places_of


def environment_section(evidence: Evidence) -> Section:
    """Machines and versions."""
    manifest = evidence.manifest
    machines = [("Exported on", _words(manifest.machine), "")]
    for place in places_of(evidence) if evidence.verify else ():
        name = "Verified on" if place.name == HOST else f"Verified on {place.name}"
        machines.append((name, place.machine, place.caveat))
    if evidence.bench:
        machines.append(("Timed on", _words(evidence.bench.machine), ""))
    rows = [(Cell(name), Cell(version)) for name, version in manifest.toolchain.items()]
    columns = (Column("Package", is_text=True), Column("Version", is_text=True))
    versions = Table.of("Versions that the bundle was exported with", columns, rows)
    return Section("environment", "Environment", "", (Facts(tuple(machines)), versions))


def _words(machine: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in machine.items())
