"""What a sweep has found out, from what is in its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..artifact.bundle import Bundle, open_bundle
from ..artifact.manifest import Interval, Parity
from ..artifact.results.sweep import PlaceResult, SweepResult, SweptResult
from ..artifact.size import sides_of
from ..errors import CheckError, LowFormerEdgeError
from ..judging.steadiness import validity
from ..process.text import one_line
from ..tasks.registry import task_of
from ..workflows.export import failed_checks
from .cell import Cell
from .plan import Plan, Timed
from .store import Store, read_part, read_values

MISSING = "it was not done"


def outcome_of(
    plan: Plan, store: Store, failures: Mapping[Path, str], left_out: Sequence[str]
) -> SweepResult:
    """All cells with what was found out about them.

    Args:
        plan: The sweep's.
        store: Its folder.
        failures: Why steps failed, by their results.
        left_out: What the grid asked for that does not exist.
    """
    opened = {cell: _opened(cell, plan, store) for cell in plan.cells}
    tasks = {bundle.manifest.task: None for bundle in opened.values() if bundle}
    measures = dict.fromkeys(task_of(name).heading for name in tasks)
    cells = [_swept(cell, opened[cell], plan, failures) for cell in plan.cells]
    return SweepResult(measure=" or ".join(measures), cells=tuple(cells), left_out=tuple(left_out))


def _opened(cell: Cell, plan: Plan, store: Store) -> Bundle | None:
    """A cell's bundle; None where it was not exported, or is damaged."""
    if not plan.exports[cell].is_file():
        return None
    try:
        return open_bundle(store.bundle(plan.keys[cell]))
    except LowFormerEdgeError:
        return None


def _swept(
    cell: Cell, bundle: Bundle | None, plan: Plan, failures: Mapping[Path, str]
) -> SweptResult:
    """A cell with what was found out about it."""
    named: dict[str, Any] = {
        "name": cell.name,
        "key": plan.keys[cell],
        "model": cell.model.shown_name,
        "format": cell.format,
        "precision": cell.precision,
        "observer": cell.observer,
        "max_drop": cell.max_drop,
        "batch": cell.batch,
        "random_weights": cell.model.random_weights,
    }
    if bundle is None:
        missing = failures.get(plan.exports[cell], MISSING)
        size = None if cell.size is None else sides_of(cell.size)
        return SweptResult(**named, input_size=size, failures=(f"{cell.name}: {missing}",))
    (record,) = bundle.manifest.artifacts
    parity, drop, reason = _judged(cell, bundle, plan, failures)
    lines = failed_checks(bundle.manifest) + ([f"{cell.name}: {reason}"] if reason else [])
    return SweptResult(
        **named,
        input_size=sides_of(bundle.preprocessing.size),
        bundle=str(bundle.folder),
        bytes=record.file.bytes,
        parity=parity,
        drop=drop,
        failures=tuple(lines),
        places=tuple(_measured(one, failures) for one in plan.timed if one.cell == cell),
    )


def _judged(
    cell: Cell, bundle: Bundle, plan: Plan, failures: Mapping[Path, str]
) -> tuple[Parity | None, Interval | None, str | None]:
    """How a cell follows the eager model on all parts of the images, or why that is not known."""
    meter = task_of(bundle.manifest.task).meter("images of the sweep")
    for path in plan.parts[cell]:
        part = read_part(path)
        if part is None:
            return None, None, failures.get(path, MISSING)
        try:
            meter.merge(part)
        except (LookupError, TypeError, ValueError):
            return None, None, _strange(path)
    try:
        return meter.parity(), meter.drop(), None
    except CheckError as error:
        return None, None, one_line(error)


def _measured(timed: Timed, failures: Mapping[Path, str]) -> PlaceResult:
    """What was measured of a cell on a place."""
    place = {"place": timed.place, "threads": timed.threads}
    found = read_values(timed.result)
    try:
        return _place_result(place, found)
    except (AttributeError, TypeError, ValueError):
        told = failures.get(timed.result)
        reason = told or (_strange(timed.result) if timed.result.exists() else MISSING)
        return PlaceResult(**place, verdict="failed", reasons=(reason,))


def is_invalid(timed: Timed) -> bool:
    """Whether a cell's times on a place are there and mean nothing."""
    return _measured(timed, {}).verdict == "INVALID"


def _strange(path: Path) -> str:
    """What is said of a file that is not as a worker wrote it."""
    return f"{path}: is not as it was written; remove it, and run the same again"


def _place_result(place: dict[str, Any], found: Any) -> PlaceResult:
    """What a worker found on a place.

    Raises:
        AttributeError, TypeError, ValueError: It is nothing that a worker writes.
    """
    reasons = tuple(found.pop("doubts", ()))
    if refused := found.pop("refused", None):
        return PlaceResult(**place, verdict="refused", reasons=(refused,), **found)
    verdicts = {
        "median_ms": validity(reasons),
        "instructions": "counted",
        "sqnr_db": "failed" if reasons else "judged",
    }
    (verdict,) = (word for figure, word in verdicts.items() if figure in found)
    return PlaceResult(**place, verdict=verdict, reasons=reasons, **found)
