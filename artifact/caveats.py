"""What must be said beside figures: what no phone gave, and what rests on too little."""

from __future__ import annotations

from .formats import FORMATS
from .manifest import Manifest

SOFTWARE_GPU = "a software GPU, which stands for no phone's"
"""What a GPU is that is a program on the processor."""

STAND_INS = {runtime: text for row in FORMATS.values() for runtime, text in row.stand_ins.items()}
"""What is to be said of runtimes that phones have not."""

CONTIGUOUS_INPUTS = (
    "give it contiguous tensors (x.contiguous() in PyTorch): of one in channels_last, ExecuTorch"
    " reads the values in the order in which they lie in memory, and answers wrongly without a word"
)
"""What whoever calls an ExecuTorch program must know; the runtime does not tell."""

FEW_IMAGES = 8
"""Fewer distinct calibration images than this are worth a warning."""

DOUBTFUL_SQNR_DB = 20.0
"""INT8 of a trained model below this is worth a warning."""

CURES = (
    "lowformer-calibrate --sensitivity ranks the ops, lowformer-export --min-sqnr finds a mix that"
    " keeps a bound, observer percentile:99.99 cuts outliers"
)
"""What to do about INT8 that is far from the model."""


def described_device(device: str, *, is_software: bool, half: bool | None) -> str:
    """A device that ran files, with what its results stand for.

    Args:
        device: Its name.
        is_software: Whether it is a program on the processor.
        half: Whether it computed in half precision, where it was allowed to.
    """
    kind = f", {SOFTWARE_GPU}" if is_software else ""
    computed = {None: "", True: "; it computed in fp16", False: "; it has no fp16"}[half]
    return f"{device}{kind}{computed}"


def doubts(manifest: Manifest) -> list[str]:
    """What makes a bundle's INT8 doubtful, and what to do about it, a line each."""
    if not manifest.source.fit_for_accuracy:
        return []
    lines = []
    calibration = manifest.calibration
    if calibration and calibration.distinct < FEW_IMAGES:
        lines.append(
            f"int8 ranges rest on {calibration.distinct} distinct image(s), so that others will be"
            " clipped; calibrate on a hundred or more"
        )
    for artifact in manifest.artifacts:
        parity = artifact.parity
        if artifact.precision != "int8" or parity is None or isinstance(parity.sqnr_db, str):
            continue
        if parity.sqnr_db < DOUBTFUL_SQNR_DB:
            lines.append(
                f"{artifact.file.path} is far from the model ({parity.sqnr_db:.1f} dB): {CURES}"
            )
    return lines
