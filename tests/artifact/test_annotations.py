"""What is known to be in images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.errors import DataError

FIELDS: dict[str, Any] = {
    "boxes": np.array([[0, 1, 2, 3], [4, 4, 9, 9]], np.float32),
    "classes": np.array([3, 0]),
    "crowd": np.array([False, True]),
    "areas": np.array([4.0, 20.0]),
}


def test_objects_are_counted() -> None:
    assert len(ObjectAnnotations(**FIELDS)) == 2


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("boxes", np.zeros((2, 4)), "`boxes` as float32 .* not float64"),
        ("boxes", np.zeros((2, 5), np.float32), "not float32 \\[2, 5\\]"),
        ("classes", np.array([1]), "`classes` as int64 \\[2\\], not int64 \\[1\\]"),
        ("crowd", np.array([0, 1]), "`crowd` as bool"),
        ("areas", np.array([1, 2]), "`areas` as float64"),
        ("boxes", np.full((2, 4), np.nan, np.float32), "finite corners"),
        ("boxes", np.array([[2, 0, 1, 1]] * 2, np.float32), "x1 and y1 before"),
        ("classes", np.array([0, -1]), "not negative"),
        ("areas", np.array([1, np.inf]), "must be finite"),
    ],
)
def test_impossible_objects(field: str, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ObjectAnnotations(**(FIELDS | {field: value}))
