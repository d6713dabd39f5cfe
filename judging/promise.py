"""What a precision promises: how closely a file follows the eager model, and itself elsewhere."""

from __future__ import annotations

import dataclasses

from ..artifact.manifest import Parity

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

REWRITTEN_DB = 90.0
"""A rewrite keeps the function: only the order of float32 sums differs."""

SAME_FILE_DB = {"fp32": 80.0, "fp16": 40.0, "w8a16": 40.0, "quantized": 30.0, "half": 35.0}
"""What one file keeps from one target to another: in float the order of sums; in a quantized file
also single steps of integers that fall on the other side of a rounding."""

FLOAT = ("fp32", "fp16")
"""Precisions that keep their bound with any weights and images."""

RANDOM_WEIGHTS_DB = 20.0
"""What these bounds are lowered by for random weights.

Without training a model may amplify rounding: on flat images a random E3 in float32 is itself
only 80 dB from the same model in float64.
"""


@dataclasses.dataclass(frozen=True)
class Promise:
    """How closely a file follows the eager model.

    Attributes:
        precision: What it computes in.
        least_db: The SQNR that it keeps; None where none is promised.
    """

    precision: str
    least_db: float | None

    def breach(self, parity: Parity) -> str | None:
        """Why a file does not keep it, or None.

        Args:
            parity: Of the file with the eager model.
        """
        if self.least_db is None or parity.sqnr_db == "exact" or parity.sqnr_db >= self.least_db:
            return None
        return (
            f"{parity.sqnr_db:.1f} dB SQNR to the eager model, below the {self.least_db:g} that"
            f" {self.precision} keeps"
        )


def promise_of(precision: str, *, half: bool = False, trained: bool) -> Promise:
    """What a file promises.

    Args:
        precision: Of the file.
        half: Whether the place that runs it may round float32 to half precision.
        trained: Whether the weights are trained; with random weights only floats are judged.
    """
    if half and precision == "fp32":
        precision = "fp16"
    if trained:
        return Promise(precision, LEAST_SQNR_DB[precision])
    judged = precision in FLOAT
    return Promise(precision, LEAST_SQNR_DB[precision] - RANDOM_WEIGHTS_DB if judged else None)


def same_file_db(precision: str, *, half: bool, trained: bool) -> float | None:
    """The SQNR that a file keeps from one target to another; None where none is promised.

    Args:
        precision: Of the file.
        half: Whether the other target may round to half precision.
        trained: Whether the weights are trained; with random weights only floats are
            judged.
    """
    if precision not in FLOAT:
        least = SAME_FILE_DB.get(precision, SAME_FILE_DB["quantized"])
        return least if trained else None
    least = SAME_FILE_DB["half" if half else precision]
    return least if trained else least - RANDOM_WEIGHTS_DB
