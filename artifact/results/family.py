"""The output of ``lowformer-bench --family --json``."""

from __future__ import annotations

from .bench import BenchmarkResult
from .record import Machine, Record

Figure = int | float
"""A figure as it was published: 944 is not written as 944.0."""


class PublishedResult(Record):
    """A variant's published figures; see ``models.published``."""

    macs: Figure
    params: Figure
    top1: Figure | None
    speeds: dict[str, Figure]
    stated_macs: Figure | None


class ModelResult(Record):
    """What was counted, measured and published of a model; see ``workflows.family``."""

    name: str
    path: str
    random_weights: bool
    macs: int | None
    params: int | None
    measured_ms: float
    ms_per_gmac: float | None
    published: PublishedResult | None


class MeasuredCorrelation(Record):
    """Rank correlation of multiply-accumulates with measured latency, over so many models."""

    value: float | None
    models: int


class PublishedCorrelation(Record):
    """The same with a device's published times, over so many variants."""

    value: float | None
    variants: int


class FamilyResult(Record):
    """Models that were timed in turns with one number of threads."""

    benchmark: BenchmarkResult
    models: tuple[ModelResult, ...]
    spearman_measured: MeasuredCorrelation
    spearman_published: dict[str, PublishedCorrelation]
    sources: dict[str, str]


class FamiliesResult(Record):
    """All that the command prints."""

    machine: Machine
    families: tuple[FamilyResult, ...]
