"""What counts as one vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.runtime.tflite.sharing_builder import SharingBuilder

ZEROS = np.zeros(4, np.int32)


def test_a_vector_that_is_there_is_not_written_again() -> None:
    builder = SharingBuilder()
    first = builder.CreateNumpyVector(ZEROS)
    written = builder.Offset()
    assert builder.CreateNumpyVector(ZEROS.copy()) == first
    assert builder.Offset() == written


@pytest.mark.parametrize(
    "other",
    [np.zeros(2, np.int64), np.zeros(4, np.float32), np.zeros(5, np.int32), np.ones(4, np.int32)],
    ids=str,
)
def test_vectors_of_other_types_lengths_and_values_are_others(other: NDArray[Any]) -> None:
    builder = SharingBuilder()
    assert builder.CreateNumpyVector(ZEROS) != builder.CreateNumpyVector(other)
