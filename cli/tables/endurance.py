"""The table of latency over minutes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...runtime.measure.endurance import Endurance


def print_endurance(paths: Sequence[Path], threads: int, endurance: Endurance) -> None:
    """Prints one row per window, and each file's verdict."""
    from ...judging.endurance import change, verdict

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("until s", "MHz", "°C", "others %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for path in paths:
        table.add_column(f"{path.name} ms", justify="right", no_wrap=True)
        table.add_column("p90", justify="right", no_wrap=True)
    tells = any(moment.throttling for moment in endurance.moments)
    if tells:
        table.add_column("throttling", no_wrap=True)
    for number, moment in enumerate(endurance.moments):
        cells = [f"{moment.seconds:.0f}"]
        cells += [_known(value) for value in dataclasses.astuple(moment.reading)]
        taken = moment.taken
        cells.append(_known(100 * taken.others / taken.total if taken and taken.total else None))
        for windows in endurance.windows:
            window = windows[number]
            cells += [f"{window.median_ms:.2f}", f"{window.p90_ms:.2f}"]
        if tells:
            cells.append(moment.throttling or "unknown")
        table.add_row(*cells)
    console = result_console()
    console.print(table)
    for path, windows in zip(paths, endurance.windows, strict=True):
        found = change(windows)
        console.print(
            f"{path.name}: {verdict(windows)}; the last window took {found.value:.3f} of"
            f" the first's time (99 %: {found.low:.3f}-{found.high:.3f}), {threads} thread(s)"
        )
    for line in _silent_sensors(endurance):
        console.print(line)


def _known(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _silent_sensors(endurance: Endurance) -> list[str]:
    readings = [moment.reading for moment in endurance.moments]
    lines = []
    if all(reading.megahertz is None for reading in readings):
        lines.append("the clock of the cores: this machine does not tell")
    if all(reading.celsius is None for reading in readings):
        lines.append("temperature: this machine does not tell")
    return lines
