"""Writes durations and logits with the figures that Python tells of them, for the app's tests.

python -m lowformer_edge.android_demo.tools.golden_figures
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ...runtime.measure.durations import LatencyResult
from ...tasks.classification import CLASSIFICATION
from ...tasks.colours import Colour, colour_of, ink_on
from ...tasks.segmentation import SEGMENTATION
from ...tasks.task import Task
from .golden_pixels import FOLDER

FILE = "figures.json"

_PERCENTILES = {"p10": 10, "p90": 90, "p99": 99}


def golden_figures() -> dict[str, Any]:
    """Latencies of 1 to 101 runs, parities of close, far, exact and tied logits, and colours."""
    generator = np.random.default_rng(0)
    counts = (1, 2, 3, 4, 7, 10, 11, 40, 100, 101)
    return {
        "latencies": [_latency(generator, count) for count in counts],
        "parities": [
            _parity(generator, images, classes, noise)
            for images, classes, noise in (
                (1, 1, 0.1),
                (1, 10, 0.01),
                (8, 10, 1e-6),
                (8, 10, 0.5),
                (7, 33, 20.0),
                (5, 4, 0.0),
            )
        ]
        + [_map_parity(generator, noise) for noise in (1e-3, 2.0)],
        "colours": [
            [_number(colour_of(number)), _number(ink_on(colour_of(number)))]
            for number in range(256)
        ],
    }


def _number(colour: Colour) -> int:
    """A colour as one number, 0xRRGGBB."""
    red, green, blue = colour
    return (red << 16) + (green << 8) + blue


def _latency(generator: np.random.Generator, count: int) -> dict[str, Any]:
    """Durations with a long tail, as a busy machine gives them."""
    result = LatencyResult(np.round(generator.lognormal(1, 0.5, count), 4))
    figures = {name: result.percentile(percent) for name, percent in _PERCENTILES.items()}
    return {
        "milliseconds": result.milliseconds.tolist(),
        "median": result.median,
        **figures,
    }


def _parity(
    generator: np.random.Generator, images: int, classes: int, noise: float
) -> dict[str, Any]:
    """Logits in quarters, so that some are tied, and the same with noise on them."""
    return _compared(CLASSIFICATION, generator, (images, classes), noise)


def _map_parity(generator: np.random.Generator, noise: float) -> dict[str, Any]:
    """The same of a segmenter's maps."""
    return _compared(SEGMENTATION, generator, (3, 5, 4, 7), noise)


def _compared(
    task: Task, generator: np.random.Generator, shape: tuple[int, ...], noise: float
) -> dict[str, Any]:
    reference = (generator.integers(-20, 20, shape) / 4).astype(np.float32)
    reference.flat[0] = 5
    other = (reference + noise * generator.standard_normal(reference.shape)).astype(np.float32)
    found = task.compare({"logits": reference}, {"logits": other})
    assert found.agreement is not None
    return {
        "classes": shape[1],
        "places": math.prod(shape[2:]),
        "reference": reference.ravel().tolist(),
        "logits": other.ravel().tolist(),
        "sqnr_db": found.sqnr_db,
        "cosine": found.cosine,
        "max_difference": found.max_difference,
        "agreement": found.agreement.value,
    }


def main() -> None:
    """Writes the file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / FILE).write_text(json.dumps(golden_figures()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
