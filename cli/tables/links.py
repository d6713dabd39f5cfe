"""The table of every link from the eager model to every target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ...artifact.caveats import described_device
from ..terminal import result_console

if TYPE_CHECKING:
    from ...artifact.manifest import Interval
    from ...judging.links import Link
    from ...workflows.target_check import TargetCheck


def print_lattice(check: TargetCheck) -> None:
    """Prints each link with its verdict, then what each target is and what it did not run."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("from", no_wrap=True)
    table.add_column("to", no_wrap=True)
    for heading in ("SQNR dB", "asked", "cosine", "max difference", "agreement %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for link in check.links:
        table.add_row(link.first, link.second, *_cells(link))
    console = result_console()
    console.print(table)
    for line in (*_targets(check), *_not_run(check)):
        console.print(line, soft_wrap=True)


def _cells(link: Link) -> tuple[str, ...]:
    parity = link.parity
    decibels = parity.sqnr_db
    judged = "not judged" if link.least_db is None else "pass"
    return (
        decibels if isinstance(decibels, str) else f"{decibels:.1f}",
        "-" if link.least_db is None else f"{link.least_db:g}",
        f"{parity.cosine:.6f}",
        f"{parity.max_difference:.2e}",
        _interval(parity.agreement),
        "FAILED" if link.failure else judged,
    )


def _interval(share: Interval | None) -> str:
    return "-" if share is None else f"{share.value:.1f} ({share.low:.1f}-{share.high:.1f})"


def _targets(check: TargetCheck) -> list[str]:
    """What each target is, a line each."""
    lines = []
    for name, machine in check.machines.items():
        lines.append(f"{name}: {machine['processor']}, {machine['system']}")
        devices = {
            (item.answer.device, item.answer.is_software, item.answer.half)
            for item in check.placed
            if item.target == name and item.answer and item.answer.device
        }
        for device, is_software, half in sorted(devices, key=str):
            described = described_device(device or "", is_software=is_software, half=half)
            lines[-1] = f"{name}: {described}"
    return lines


def _not_run(check: TargetCheck) -> list[str]:
    """What targets take no file of a kind, a line each."""
    return [
        f"{item.file} on {item.target}: not run, {item.not_run}"
        for item in check.placed
        if item.not_run and item.answer is None
    ]
