"""How closely several files follow the eager model, and each other."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Parity
from .parity import compare

EAGER = "eager"
"""The name of the eager model among the files."""

LEAST_SQNR_DB = {
    "fp32": 80.0,
    "fp16": 40.0,
    "int8": 20.0,
    "int8-dynamic": 20.0,
    "int8-weights": 25.0,
    "w8a16": 30.0,
    "palettized-6bit": 20.0,
    "palettized-4bit": 6.0,
}
"""A file further from the eager model is not merely rounded: it is wrong, or its ranges are."""

FLOAT = ("fp32", "fp16")
"""Precisions that keep their bound with any weights and images."""

RANDOM_WEIGHTS_DB = 20.0
"""What these bounds are lowered by for random weights.

Without training a model may amplify rounding: on flat images a random E3 in float32 is itself
only 80 dB from the same model in float64.
"""


@dataclasses.dataclass(frozen=True)
class Edge:
    """Two sets of logits for the same images, compared; the first is the reference."""

    first: str
    second: str
    parity: Parity


def edges(
    logits: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int64] | None, data: str
) -> list[Edge]:
    """Every pair of a mapping's logits [N, K], in its order.

    Raises:
        CheckError: Logits have other shapes, or are not finite.
    """
    return [
        Edge(first, second, compare(logits[first], logits[second], labels, data))
        for first, second in itertools.combinations(logits, 2)
    ]


def least_db(precision: str, *, fit_for_accuracy: bool) -> float | None:
    """The SQNR to the eager model that a precision keeps; None where none is promised.

    Args:
        precision: Of a file.
        fit_for_accuracy: Whether the weights are trained; with random weights only floats are
            judged.
    """
    if fit_for_accuracy:
        return LEAST_SQNR_DB[precision]
    return LEAST_SQNR_DB[precision] - RANDOM_WEIGHTS_DB if precision in FLOAT else None


def too_far(precision: str, parity: Parity, *, fit_for_accuracy: bool) -> str | None:
    """Why a file does not follow the eager model as its precision promises, or None.

    Args:
        precision: Of the file.
        parity: With the eager model.
        fit_for_accuracy: Whether the weights are trained.
    """
    least = least_db(precision, fit_for_accuracy=fit_for_accuracy)
    if least is None or parity.sqnr_db == "exact" or parity.sqnr_db >= least:
        return None
    return (
        f"{parity.sqnr_db:.1f} dB SQNR to the eager model, below the {least:g} that {precision}"
        " keeps"
    )
