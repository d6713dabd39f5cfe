"""Student's t distribution, as far as intervals over a few independent figures need it."""

from __future__ import annotations

# fmt: off
_QUANTILES = (
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169,
    3.106, 3.055, 3.012, 2.977, 2.947, 2.921, 2.898, 2.878, 2.861, 2.845,
    2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750,
)
# fmt: on


def quantile_995(degrees: int) -> float:
    """What t stays below with 99.5 %, so that 99 % lie between it and its negative.

    From the tables (Student 1908); beyond 30 degrees of freedom the value for 30, which is at most
    7 % too large.

    Raises:
        ValueError: There are no degrees of freedom.
    """
    if degrees < 1:
        raise ValueError("an interval needs at least two figures")
    return _QUANTILES[min(degrees, len(_QUANTILES)) - 1]
