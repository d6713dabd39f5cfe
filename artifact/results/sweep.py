"""The output of ``lowformer-sweep --json``, which is also ``sweep.json`` in its folder."""

from __future__ import annotations

from pydantic import Field

from ..manifest import DecibelsOrExact, Interval, Parity
from .record import Machine, Record, SparseRecord


class PlaceResult(SparseRecord):
    """What was measured of a file on a place; what does not apply there is left out.

    ``verdict`` is ``valid``, ``INVALID``, ``counted``, ``judged``, ``refused`` or ``failed``, and
    ``reasons`` say why it is not more. Times are in milliseconds, ``begun`` and ``ended`` in
    seconds since 1970.
    """

    place: str
    threads: int
    verdict: str
    reasons: tuple[str, ...] = ()
    machine: Machine = Field(default_factory=dict)
    median_ms: float | None = None
    p10_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    load_ms: float | None = None
    first_ms: float | None = None
    peak_mb: float | None = None
    instructions: int | None = None
    sqnr_db: DecibelsOrExact | None = None
    attempts: int | None = None
    begun: float | None = None
    ended: float | None = None


class SweptResult(Record):
    """A cell: a file with what was found out about it.

    ``failures`` say why it is missing, or what it does not keep of what an export promises.
    ``random_weights`` is whether figures of accuracy mean nothing.
    """

    name: str
    key: str
    model: str
    input_size: tuple[int, int] | None = None
    format: str
    precision: str
    observer: str
    max_drop: float | None = None
    batch: int
    random_weights: bool
    bundle: str | None = None
    bytes: int | None = None
    parity: Parity | None = None
    drop: Interval | None = None
    failures: tuple[str, ...] = ()
    places: tuple[PlaceResult, ...] = ()


class BestResult(Record):
    """The cell that was chosen within budgets, and where its bundle was written."""

    name: str
    place: str
    threads: int
    budgets: tuple[str, ...]
    bundle: str


class SweepResult(Record):
    """All cells, what was left out of the grid, and what was chosen."""

    measure: str
    cells: tuple[SweptResult, ...]
    left_out: tuple[str, ...] = ()
    best: BestResult | None = None

    @property
    def complaints(self) -> tuple[str, ...]:
        """What failed, a line each; a file that a place does not take is none."""
        lines = [line for cell in self.cells for line in cell.failures]
        for cell in self.cells:
            lines += [
                f"{cell.name} on {one.place}, {one.verdict}: {'; '.join(one.reasons)}"
                for one in cell.places
                if one.verdict in ("failed", "INVALID")
            ]
        return tuple(lines)


class PreviewResult(Record):
    """What a sweep would do: its cells, steps by their kind, and how long that would take.

    ``seconds`` is a rough figure for ``jobs`` processes of this machine.
    """

    cells: tuple[str, ...]
    left_out: tuple[str, ...]
    done: dict[str, int]
    to_do: dict[str, int]
    jobs: int
    seconds: float
