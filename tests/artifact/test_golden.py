from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.errors import ArtifactError

PIXELS = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
LOGITS = np.array([[0.5, -1], [2, 3]], np.float32)


def test_vectors_round_trip(tmp_path: Path) -> None:
    GoldenVectors(PIXELS, {"logits": LOGITS}).save(tmp_path / "golden.npz")
    loaded = GoldenVectors.load(tmp_path / "golden.npz")
    np.testing.assert_array_equal(loaded.pixels, PIXELS)
    np.testing.assert_array_equal(loaded.outputs["logits"], LOGITS)


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    with pytest.raises(ArtifactError, match="not a readable"):
        GoldenVectors.load(path)
    GoldenVectors(PIXELS, {"logits": LOGITS}).save(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ArtifactError, match="not a readable"):
        GoldenVectors.load(path)
    np.savez(path, pixels=np.array([object()]), logits=LOGITS)
    with pytest.raises(ArtifactError, match="not a readable"):
        GoldenVectors.load(path)


@pytest.mark.parametrize(
    ("pixels", "logits"),
    [
        (PIXELS.astype(np.float32), LOGITS),
        (PIXELS[..., :1], LOGITS),
        (PIXELS[0], LOGITS),
        (PIXELS[0, 0, 0, 0], LOGITS),
        (PIXELS, LOGITS.astype(np.float64)),
        (PIXELS, LOGITS[0]),
        (PIXELS[:1], LOGITS),
    ],
)
def test_other_shapes_and_types(pixels: np.ndarray, logits: np.ndarray, tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", pixels=pixels, logits=logits)
    with pytest.raises(ArtifactError, match="unexpected shapes"):
        GoldenVectors.load(tmp_path / "golden.npz")
