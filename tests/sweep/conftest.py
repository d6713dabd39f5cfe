"""A small sweep of the bundled model, by two workers of this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.results.sweep import SweepResult
from lowformer_edge.sweep.grid import Grid
from lowformer_edge.sweep.grid_file import grid_of
from lowformer_edge.sweep.sweeping import sweep

from ..conftest import MakeOnce

IMAGES = 40


@pytest.fixture(scope="session")
def images(made_once: MakeOnce) -> Path:
    """Images with class numbers."""

    def make(folder: Path) -> None:
        rng = np.random.default_rng(9)
        pixels = rng.integers(0, 256, (IMAGES, 28, 28), np.uint8)
        np.savez(folder / "images.npz", images=pixels, labels=rng.integers(0, 10, IMAGES))

    return made_once("sweep-images", make) / "images.npz"


@pytest.fixture(scope="session")
def grid(images: Path) -> Grid:
    """Two files of the bundled model, on this machine's processor."""
    return grid_of(
        {
            "models": {"name": "demo"},
            "formats": "onnx",
            "calibration": {"count": 16},
            "evaluation": {"data": str(images), "count": IMAGES},
            "timing": {"runs": 30, "processes": 3, "attempts": 1},
        }
    )


@pytest.fixture(scope="session")
def swept_folder(made_once: MakeOnce, grid: Grid) -> Path:
    return made_once("sweep", lambda folder: once(grid, folder)) / "sweep"


def once(grid: Grid, folder: Path) -> None:
    sweep(grid, folder / "sweep", jobs=2)


@pytest.fixture(scope="session")
def swept(swept_folder: Path) -> SweepResult:
    return SweepResult.model_validate_json((swept_folder / "sweep.json").read_bytes())


@pytest.fixture
def copied(swept: SweepResult, swept_folder: Path, tmp_path: Path) -> Path:
    """A sweep's folder that may be changed."""
    folder = tmp_path / "sweep"
    shutil.copytree(swept_folder, folder)
    return folder
