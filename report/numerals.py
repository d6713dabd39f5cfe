"""Numbers as the report writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..artifact.manifest import DecibelsOrExact, Interval

ABSENT = "–"
"""Where there is no figure."""


def decibels(value: DecibelsOrExact) -> str:
    """A signal-to-noise ratio, with one digit after the point."""
    return value if isinstance(value, str) else f"{value:.1f}"


def decibels_of_noise(noise: float) -> float:
    """The ratio in dB of a noise's share of the signal's power; at most 150, for no noise."""
    return -10 * math.log10(max(noise, 1e-15))


def percent(share: Interval | None) -> str:
    """The value of an interval in percent."""
    return f"{share.value:.2f}" if share else ABSENT


def ends(low: float, high: float, digits: int = 2) -> str:
    """The ends of an interval."""
    return f"{low:.{digits}f} to {high:.{digits}f}"


def milliseconds(value: float) -> str:
    """A time in milliseconds, with about three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(size: int) -> str:
    """Bytes in millions."""
    return f"{size / 1e6:.2f}"


def millions(count: int) -> str:
    """A count in millions, or as it is where it is small."""
    return f"{count / 1e6:.2f} M" if count >= 100_000 else f"{count:,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun; the plural takes an s unless another one is given."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def by_reason(reasons: Mapping[str, str]) -> list[str]:
    """Names with the reason that each has, a line for each reason."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    return [f"{', '.join(those)}: {reason}" for reason, those in names.items()]
