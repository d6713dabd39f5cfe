from __future__ import annotations

import pytest

from lowformer_edge.report.numerals import (
    by_reason,
    counted,
    decibels,
    decibels_of_noise,
    millions,
    milliseconds,
)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (decibels("exact"), "exact"),
        (decibels(34.26), "34.3"),
        (f"{decibels_of_noise(1e-3):.1f}", "30.0"),
        (f"{decibels_of_noise(0):.1f}", "150.0"),
        (milliseconds(0.304), "0.30"),
        (milliseconds(12.34), "12.3"),
        (milliseconds(1234.5), "1234"),
        (millions(14_100_136), "14.10 M"),
        (millions(1234), "1,234"),
        (counted(1, "mix", "mixes"), "1 mix"),
        (counted(2, "mix", "mixes"), "2 mixes"),
        (counted(1000, "file"), "1,000 files"),
        (by_reason({"a": "late", "b": "lost", "c": "late"}), ["a, c: late", "b: lost"]),
    ],
)
def test_numbers_as_they_are_written(shown: object, expected: object) -> None:
    assert shown == expected
