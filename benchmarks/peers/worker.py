"""Runs one file in a process of its own: ``worker PEER FILE ARITHMETIC IMAGES OUTPUTS``.

It runs every image once, with marks around each inference for the laboratory's instruction
counter, and writes the outputs. Then each line on stdin asks for one timed inference; its CPU
milliseconds, of all threads, are a line on stdout. Without lines, as on an emulated processor, it
ends.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...runtime.measure.instructions import BEFORE, mark
from .peer import Loaded, peer_of

READY = "ready"
"""The line that says that all images were run."""


def main(arguments: list[str]) -> None:
    name, path, arithmetic, images, outputs = arguments
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what native code prints is no answer
    loaded = peer_of(name).load(Path(path), arithmetic)
    np.save(outputs, run_all(loaded, np.load(images)))
    print(READY, file=answers, flush=True)
    gc.disable()
    for _ in sys.stdin:
        print(timed(loaded), file=answers, flush=True)


def run_all(loaded: Loaded, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Outputs [N, K] of images [N, 3, H, W], one inference each, marked by its number."""
    found = []
    for number, image in enumerate(images, 1):
        loaded.set_input(image[None])
        mark(BEFORE)
        loaded.invoke()
        mark(number)
        found.append(np.array(loaded.output(), np.float32).reshape(-1))
    return np.stack(found)


def timed(loaded: Loaded) -> float:
    """CPU milliseconds of an inference that follows an untimed one of the same file."""
    loaded.invoke()
    started = time.process_time()
    loaded.invoke()
    return 1000 * (time.process_time() - started)


if __name__ == "__main__":
    main(sys.argv[1:])
