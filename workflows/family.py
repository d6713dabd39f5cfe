"""Models beside each other: what they count, and what they take."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..judging.rank_correlation import spearman
from .bench import Benchmark


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
