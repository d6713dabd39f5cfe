"""Models beside each other: what they count, and what they take."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..artifact.content import write_content
from ..artifact.formats import FORMATS
from ..artifact.results.family import (
    FamiliesResult,
    FamilyResult,
    MeasuredCorrelation,
    ModelResult,
    PublishedCorrelation,
    PublishedResult,
)
from ..errors import UsageError
from ..export.spec import ExportSpec
from ..judging.rank_correlation import spearman
from ..models.cost import cost_of
from ..models.loading import load_model
from ..models.onnx_cost import macs_and_params
from ..models.published import A40, CODE, PAPERS, PUBLISHED_FIGURES, SPEED_SOURCES
from ..models.variants import PUBLISHED, variant
from ..process.replacing import replaced_file
from ..progress import Progress
from ..runtime.machine import describe_machine
from ..targets.host import HostTarget
from .bench import Benchmark, benchmark


@dataclasses.dataclass(frozen=True)
class Member:
    """A model to be timed.

    Attributes:
        name: How it is shown.
        path: Its file.
        macs: Multiply-accumulates of one inference, or None where unknown.
        params: Parameters, or None where unknown.
        variant: Which of LowFormer's variants it is, or None for a rival.
    """

    name: str
    path: Path
    macs: int | None
    params: int | None
    variant: str | None = None


@dataclasses.dataclass(frozen=True)
class Placed:
    """A model and its median latency in milliseconds."""

    member: Member
    median_ms: float

    @property
    def ms_per_gmac(self) -> float | None:
        """Milliseconds per 10^9 multiply-accumulates."""
        return 1e9 * self.median_ms / self.member.macs if self.member.macs else None

    def record(self) -> ModelResult:
        """The same as it is written, with what was published of it."""
        member = self.member
        published = PUBLISHED_FIGURES.get(member.variant or "")
        return ModelResult(
            name=member.name,
            path=str(member.path),
            random_weights=member.variant is not None,
            macs=member.macs,
            params=member.params,
            measured_ms=self.median_ms,
            ms_per_gmac=self.ms_per_gmac,
            published=PublishedResult(**vars(published)) if published else None,
        )


@dataclasses.dataclass(frozen=True)
class Family:
    """Models that were timed in turns with one number of threads.

    Attributes:
        benchmark: Their timings.
        models: What they count and take, in the same order.
    """

    benchmark: Benchmark
    models: tuple[Placed, ...]

    def record(self) -> FamilyResult:
        """The same as it is written, with the sources of what was published."""
        correlation, count = macs_against_latency(self.models)
        return FamilyResult(
            benchmark=self.benchmark.record(),
            models=tuple(model.record() for model in self.models),
            spearman_measured=MeasuredCorrelation(value=correlation, models=count),
            spearman_published={
                device: PublishedCorrelation(value=value, variants=variants)
                for device, (value, variants) in published_correlations().items()
            },
            sources={"macs": CODE, "params": CODE, "top1": PAPERS, **SPEED_SOURCES},
        )


def families_record(families: Sequence[Family]) -> FamiliesResult:
    """Models that were timed on this machine, as they are written."""
    return FamiliesResult(
        machine=describe_machine(), families=tuple(family.record() for family in families)
    )


def placed(members: Sequence[Member], benchmark: Benchmark) -> list[Placed]:
    """Each model with what was measured of it, in the order of their timings."""
    return [
        Placed(member, timed.result.median)
        for member, timed in zip(members, benchmark.timed, strict=True)
    ]


def macs_against_latency(models: Sequence[Placed]) -> tuple[float | None, int]:
    """Rank correlation of multiply-accumulates with latency, and over how many models."""
    counted = [(model.member.macs, model.median_ms) for model in models if model.member.macs]
    macs = [float(macs) for macs, _ in counted]
    return spearman(macs, [time for _, time in counted]), len(counted)


def published_correlations() -> dict[str, tuple[float | None, int]]:
    """By device, the rank correlation of MACs with published time, and of how many variants."""
    correlations = {}
    for device in SPEED_SOURCES:
        rows = [figures for figures in PUBLISHED_FIGURES.values() if device in figures.speeds]
        # Throughput grows where time shrinks.
        times = [1 / row.speeds[device] if device == A40 else row.speeds[device] for row in rows]
        correlations[device] = spearman([row.macs for row in rows], times), len(rows)
    return correlations


def make_variants(
    folder: Path, format_name: str, names: Sequence[str], progress: Progress
) -> list[Member]:
    """The variants' files, made with random weights where they are missing.

    Args:
        folder: Where they are and go.
        format_name: Their format.
        names: Which variants; all if there is none.
        progress: Is told about each that is made.

    Raises:
        ConfigError: A name is none of a variant.
        ExportError: A converter failed.
    """
    from ..export.formats import EXPORTERS

    configs = dict.fromkeys(variant(name) for name in names or PUBLISHED)
    folder.mkdir(parents=True, exist_ok=True)
    members = []
    for config in configs:
        path = folder / f"{config.name}-random-fp32{FORMATS[format_name].suffix}"
        if not path.exists():
            with progress.step(f"making {path.name} with random weights"):
                exporter = EXPORTERS[format_name](load_model(config.name, random_weights=True))
                content = exporter.export(ExportSpec(format_name), exporter.model, None)
                with replaced_file(path) as temporary:
                    write_content(temporary, content)
        cost = cost_of(config)
        members.append(Member(config.name, path, cost.macs, cost.parameters, config.name))
    return members


def rival_of(name: str, path: Path) -> Member:
    """Another model to time beside the variants.

    Raises:
        UsageError: There is no such file.
    """
    if not path.exists():
        raise UsageError(f"{path}: there is no such file")
    is_graph = path.suffix == FORMATS["onnx"].suffix
    macs, params = macs_and_params(path) if is_graph else (None, None)
    return Member(name, path, macs, params)


def compare_models(
    members: Sequence[Member],
    counts: Sequence[int],
    *,
    runs: int,
    processes: int,
    progress: Progress,
) -> list[Family]:
    """Times models in turns on this machine, with each number of threads; see :func:`benchmark`."""
    families = []
    for count in counts:
        timed = benchmark(
            [member.path for member in members],
            threads=count,
            runs=runs,
            processes=processes,
            target=HostTarget(),
            progress=progress,
        )
        families.append(Family(timed, tuple(placed(members, timed))))
    return families
