"""What a precision promises: how closely a file follows the eager model, and itself elsewhere."""

from __future__ import annotations

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


def same_file_db(precision: str, *, half: bool, fit_for_accuracy: bool) -> float | None:
    """The SQNR that a file keeps from one target to another; None where none is promised.

    Args:
        precision: Of the file.
        half: Whether the other target may round to half precision.
        fit_for_accuracy: Whether the weights are trained; with random weights only floats are
            judged.
    """
    if precision not in FLOAT:
        least = SAME_FILE_DB.get(precision, SAME_FILE_DB["quantized"])
        return least if fit_for_accuracy else None
    least = SAME_FILE_DB["half" if half else precision]
    return least if fit_for_accuracy else least - RANDOM_WEIGHTS_DB
