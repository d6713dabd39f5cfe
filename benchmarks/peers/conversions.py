"""All files, each made once, in the Python of the peer that makes it."""

from __future__ import annotations

import shutil

from ...progress import Progress
from ...targets.worker_process import job_folder
from .convert import __name__ as module
from .environment import FILES, PeerError, python_of, run, variables
from .peer import GIVEN

CONVERSIONS = (
    GIVEN,
    "project-tflite",
    "project-executorch",
    "project-onnx",
    "project-stock",
    "openvino-fp32",
    "openvino-int8",
    "ncnn-fp32",
    "ncnn-int8",
    "mnn-fp32",
    "mnn-int8",
)
"""Folders: the peer that makes what is in it, and what; later ones are made from earlier ones."""


def convert_all(progress: Progress) -> dict[str, str]:
    """Makes what is not there yet.

    Returns:
        Why a folder could not be made, by its name.

    Raises:
        PeerError: What all others are made from could not be.
    """
    reasons = {}
    for name in CONVERSIONS:
        if (FILES / name).is_dir():
            continue
        with progress.step(f"making {name}"):
            try:
                _convert(name)
            except PeerError as error:
                if name == GIVEN:
                    raise
                reasons[name] = f"its conversion {error}"
                progress.note(f"{name}: {reasons[name]}")
    return reasons


def _convert(name: str) -> None:
    peer, _, what = name.partition("-")
    new = FILES / f".new-{name}"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    with job_folder() as package:
        run([python_of(peer), "-m", module, peer, what, FILES, new], variables(package))
    new.rename(FILES / name)
