"""The table of a sweep as CSV."""

from __future__ import annotations

import csv
import io

from ..artifact.results.sweep import SweepResult

COLUMNS = ("name", "model", "input_size", "format", "precision", "observer", "max_drop", "batch")
MEASURED = (
    "place",
    "threads",
    "verdict",
    "median_ms",
    "p90_ms",
    "p99_ms",
    "ratio",
    "instructions",
    "peak_mb",
)


def table_of(result: SweepResult) -> str:
    """A line for each cell on each place, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    figures = ("bytes", "sqnr_db", "measured", "reference", "drop_points", "drop_high_points")
    writer.writerow([*COLUMNS, *figures, *MEASURED, "failures"])
    for cell in result.cells:
        parity = cell.parity
        measured = parity.measured if parity else None
        row = [
            *(getattr(cell, name) for name in COLUMNS),
            cell.bytes,
            parity.sqnr_db if parity else None,
            measured.value if measured else None,
            measured.reference if measured else None,
            cell.drop.value if cell.drop else None,
            cell.drop.high if cell.drop else None,
        ]
        row[2] = "x".join(map(str, cell.input_size or ()))
        reasons = "; ".join(cell.failures)
        for one in cell.places or (None,):
            writer.writerow([*row, *(getattr(one, name, None) for name in MEASURED), reasons])
    return text.getvalue()
