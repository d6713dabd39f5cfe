"""Whatever a command is given to read may be a pipe: it says so, and waits for nothing."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.labels import read_labels
from lowformer_edge.calibration.ranges import Ranges
from lowformer_edge.calibration.recipe import Recipe
from lowformer_edge.errors import DataError, LowFormerEdgeError, ManifestError
from lowformer_edge.models.authors_config import read_authors_config
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.shards import weight_map
from lowformer_edge.runtime.coreml.package import read_package
from lowformer_edge.runtime.executorch.program import read_program
from lowformer_edge.runtime.formats import format_of

READERS: dict[str, Callable[[Path], Any]] = {
    "x.txt": read_labels,
    "x.npz": GoldenVectors.load,
    "ranges.json": Ranges.read,
    "recipe.json": Recipe.read,
    "config.json": LowFormerConfig.from_json,
    "config.yaml": read_authors_config,
    "model.safetensors.index.json": weight_map,
    "x.pte": read_program,
    "x.tflite": lambda path: format_of(path).runner(path, 1),
    "x.onnx": lambda path: format_of(path).runner(path, 1),
    "x.pt": lambda path: lfe.load_model("b0", weights=path),
    "images.npz": lambda path: lfe.open_images(path, lfe.load_model()),
    "image.jpg": lambda path: lfe.open_images([path], lfe.load_model()),
    "manifest.json": lambda path: lfe.open_bundle(path.parent),
}


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Ends a test that waits for a pipe."""
    signal.alarm(120)
    yield
    signal.alarm(0)


@pytest.mark.parametrize("name", READERS)
def test_3_4_a_pipe_is_refused(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(LowFormerEdgeError) as caught:
        READERS[name](tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("role", ["tflite", "golden", "labels"])
def test_3_4_a_pipe_in_a_bundle_is_refused(role: str, demo_bundle: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(demo_bundle, bundle)
    (path,) = [one for one in bundle.iterdir() if role in one.name][:1]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ManifestError, match=rf"{path.name}: cannot be read \(is not a regular"):
        lfe.open_bundle(bundle)


def test_3_4_a_pipe_for_a_photo_is_refused(demo_bundle: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "photo.jpg")
    with (
        lfe.open_model(next(demo_bundle.glob("*fp32.tflite"))) as model,
        pytest.raises(DataError, match="is not a regular file"),
    ):
        model(tmp_path / "photo.jpg")


def test_3_4_a_pipe_in_a_package_is_refused(tmp_path: Path) -> None:
    weights = tmp_path / "x.mlpackage" / "Data" / "com.apple.CoreML" / "weights"
    weights.mkdir(parents=True)
    os.mkfifo(tmp_path / "x.mlpackage" / "Manifest.json")
    with pytest.raises(LowFormerEdgeError):
        read_package(tmp_path / "x.mlpackage")


def test_3_7_links_in_a_circle_are_refused(demo_bundle: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(demo_bundle, bundle)
    (bundle / "golden.npz").unlink()
    (bundle / "golden.npz").symlink_to("golden.npz")
    with pytest.raises(ManifestError, match=r"golden\.npz"):
        lfe.open_bundle(bundle)


@pytest.mark.heavy
def test_3_5_golden_vectors_that_unpack_to_gigabytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    pixels = np.broadcast_to(np.zeros((), np.uint8), (8, 12_000, 12_000, 3))
    np.savez_compressed(path, pixels=pixels)
    assert path.stat().st_size < 8_000_000
    with pytest.raises(LowFormerEdgeError, match="unpacks to more than 1024 MiB"):
        GoldenVectors.load(path)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_3_5_a_photo_of_hundreds_of_megapixels_is_refused(
    demo_bundle: Path, tmp_path: Path
) -> None:
    Image.new("1", (13_000, 13_000)).save(tmp_path / "photo.png")
    with (
        lfe.open_model(next(demo_bundle.glob("*fp32.tflite"))) as model,
        pytest.raises(DataError, match="13000 x 13000 pixels are more than 100 million"),
    ):
        model(tmp_path / "photo.png")
