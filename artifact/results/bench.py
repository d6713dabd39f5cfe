"""The output of ``lowformer-bench --json``, which has a shape for each of its modes."""

from __future__ import annotations

from pydantic import Field

from .browser import BrowserResult
from .phone import PhoneResult
from .record import Machine, Record, SparseRecord


class TimedResult(Record):
    """A file's timings, beside the others'; see ``workflows.bench``."""

    path: str
    runtime: str | None = None
    batch: int | None = None
    load_ms: float | None = Field(default=None, ge=0)
    first_ms: float | None = Field(default=None, ge=0)
    peak_mb: float | None = None
    processes: int | None = None
    process_medians_ms: tuple[float, ...] = ()
    runs: int | None = None
    median_ms: float = Field(ge=0)
    p10_ms: float = Field(ge=0)
    p90_ms: float = Field(ge=0)
    p99_ms: float | None = Field(default=None, ge=0)
    ratio: float = Field(ge=0)
    ratio_low: float = Field(ge=0)
    ratio_high: float = Field(ge=0)


class BenchmarkResult(SparseRecord):
    """Files that were timed in turns with one number of threads.

    ``phone`` is there where our app did it, and ``browser`` where our page did.
    """

    threads: int | None = None
    verdict: str
    doubts: tuple[str, ...]
    other_load: float | None = None
    reference: str | None = None
    files: tuple[TimedResult, ...] = Field(min_length=1)
    phone: PhoneResult | None = None
    browser: BrowserResult | None = None


class BenchResult(Record):
    """All that the command prints of files' ratios."""

    machine: Machine
    left_out: dict[str, str] = Field(default_factory=dict)
    benchmarks: tuple[BenchmarkResult, ...] = Field(min_length=1)


class KindTimeResult(Record):
    """The time of all ops of a kind, and its share of all ops' time."""

    kind: str
    ops: int
    ms: float
    share: float


class OpTimeResult(Record):
    """The time of an op, and its share of all ops' time."""

    name: str
    kind: str
    ms: float
    share: float


class ProfileResult(Record):
    """The times of a file's ops with one number of threads; see ``runtime.profile``.

    The sum of no times is the integer 0, and is written as one.
    """

    path: str
    runtime: str
    threads: int
    runs: int
    missing: str | None
    milliseconds: int | float
    kinds: tuple[KindTimeResult, ...]
    ops: tuple[OpTimeResult, ...]


class ProfilesResult(Record):
    """All that the command prints with ``--profile``."""

    machine: Machine
    profiles: tuple[ProfileResult, ...]


class ReadingResult(Record):
    """A look at a machine's sensors."""

    megahertz: float | None
    celsius: float | None


class TakenTimeResult(Record):
    """Seconds that other processes took of the cores, and that passed on all of them."""

    others: float
    total: float


class MomentResult(Record):
    """What a stretch of time was like; see ``runtime.measure.endurance``."""

    seconds: float
    reading: ReadingResult
    taken: TakenTimeResult | None
    throttling: str | None


class WindowResult(Record):
    """A file's runs during a stretch of time; see ``runtime.measure.endurance``."""

    runs: int
    median_ms: float
    p90_ms: float
    slices_ms: tuple[float, ...]


class EnduredFileResult(Record):
    """How a file's latency changed; see ``judging.endurance``."""

    path: str
    change: str
    change_value: float
    change_low: float
    change_high: float
    windows: tuple[WindowResult, ...]


class EnduredResult(Record):
    """Files that ran for minutes with one number of threads."""

    threads: int
    verdict: str
    doubts: tuple[str, ...]
    other_load: float | None
    moments: tuple[MomentResult, ...]
    files: tuple[EnduredFileResult, ...]


class EnduranceResult(SparseRecord):
    """All that the command prints with ``--minutes``; ``phone`` is there on phones."""

    machine: Machine
    left_out: dict[str, str]
    endurance: tuple[EnduredResult, ...]
    phone: PhoneResult | None = None


class CountResult(Record):
    """A file's instructions on one processor; see ``workflows.count``."""

    path: str
    target: str
    instructions: int
    classes: dict[str, int]
    ratio: float


class OpGroupResult(Record):
    """The instructions of all ops of a kind and a shape; see ``workflows.count_ops``."""

    kind: str
    shape: str | None
    ops: int
    instructions: int
    share: float
    macs: int | None
    ms: float | None


class CountedOpsResult(Record):
    """The instructions of a file's ops on one processor."""

    path: str
    target: str
    runtime: str
    missing: str | None
    instructions: int
    of_ops: int
    groups: tuple[OpGroupResult, ...]


class AllCountedOpsResult(Record):
    """All that the command prints with ``--profile`` on emulated processors.

    The machine is the one that milliseconds were taken on, where any were.
    """

    machine: Machine | None
    op_instructions: tuple[CountedOpsResult, ...]


class CountsResult(Record):
    """All that the command prints on emulated processors."""

    instructions: tuple[CountResult, ...]
