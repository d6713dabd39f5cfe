"""Label maps hang on float32's rounding where classes are close; the page rounds as Python does."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.tasks.label_map import interpolated_labels

from .conftest import RunScript

IMAGES = ((37, 53), (24, 32), (90, 41))
MODES = ("crop", "squash", "letterbox")


def near_ties(generator: np.random.Generator) -> NDArray[np.float32]:
    """Logits [5, 6, 8] of which all classes are the same to a few of their last bits."""
    common = generator.uniform(1, 2, (1, 6, 8)).astype(np.float32)
    bits = common.view(np.int32) + generator.integers(-2, 3, (5, 6, 8), np.int32)
    return bits.view(np.float32)


def test_near_ties_are_decided_as_by_python(run_script: RunScript, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    questions: list[dict[str, Any]] = []
    expected: list[list[int]] = []
    in_float64 = 0
    for mode in MODES:
        spec = Preprocessing(size=(24, 32), resize_mode=mode, padding_place="around")
        for image in IMAGES:
            placement = spec.placement(*image)
            logits = near_ties(generator)
            path = tmp_path / f"{len(questions)}.bin"
            path.write_bytes(logits.tobytes())
            axes = {"rows": placement.rows, "columns": placement.columns}
            stated = {name: dataclasses.asdict(axis) for name, axis in axes.items()}
            questions.append(stated | {"file": str(path), "shape": logits.shape})
            labels = interpolated_labels(logits, placement)
            expected.append(labels.ravel().tolist())
            wide = interpolated_labels(logits.astype(np.float64), placement)
            in_float64 += int((wide != labels).sum())
    assert json.loads(run_script("label-maps.ts", json.dumps(questions))) == expected
    assert in_float64 > 100, "the cases tell no rounding apart"
