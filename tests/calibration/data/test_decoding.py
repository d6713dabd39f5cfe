"""Decoding images, of which never all are in memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact import image_file, pixel_file
from lowformer_edge.artifact.pixel_file import PixelFile
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.calibration.data import decoding, images
from lowformer_edge.calibration.data.decoding import AHEAD, decode
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.errors import DataError

SPEC = Preprocessing(size=8, crop_ratio=1.0)
NOISE = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), np.uint8)


def test_many_images_are_in_a_file_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(60)
    monkeypatch.setattr(pixel_file, "MOST_IN_MEMORY", 0)
    decoded = decode(ImageSet("noise", NOISE, labels), SPEC)
    assert isinstance(decoded.pixels, PixelFile)
    assert np.array_equal(decoded.pixels[:], NOISE)
    assert decoded.labels is not None
    assert np.array_equal(decoded.labels, labels)


def test_only_a_few_are_decoded_before_they_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by how far decoding is when the first image is done."""
    begun: list[int] = []
    first_begun: list[int] = []
    lock = threading.Lock()
    decoded_or_error = decoding._decoded_or_error

    def counted(index: int, *rest: object) -> object:
        with lock:
            begun.append(index)
        return decoded_or_error(index, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(decoding, "_decoded_or_error", counted)
    many = ImageSet("noise", np.repeat(NOISE, 1 + AHEAD // 20, axis=0))
    assert len(many) > AHEAD + 1
    decode(many, SPEC, on_image=lambda: first_begun.append(len(begun)))
    assert first_begun[0] <= AHEAD
    assert len(begun) == len(many)


def test_a_large_array_file_is_read_image_by_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "x.npy", NOISE)
    monkeypatch.setattr(images, "MOST_IN_MEMORY", 0)
    stored = find_images(tmp_path / "x.npy")
    assert isinstance(stored.items, PixelFile)
    decoded = decode(stored.sample(7), SPEC)
    assert np.array_equal(decoded.pixels[:], decode(ImageSet("x", NOISE).sample(7), SPEC).pixels[:])


def test_an_archive_of_arrays_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "x.npz", images=np.zeros((9, 200, 200, 3), np.uint8))
    monkeypatch.setattr(images, "LARGEST_IMAGES", 1 << 20)
    with pytest.raises(DataError, match=r"unpacks to more than 1 MiB; give a folder"):
        find_images(tmp_path / "x.npz")


def test_images_that_take_much_memory_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(tmp_path / f"{number:02}.png")
    inside: list[int] = []
    most: list[int] = []
    pixels = Preprocessing.pixels

    def slow(self: Preprocessing, image: Image.Image) -> np.ndarray:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        found = pixels(self, image)
        inside.pop()
        return found

    monkeypatch.setattr(Preprocessing, "pixels", slow)
    monkeypatch.setattr(decoding, "WORKERS", 4)
    monkeypatch.setattr(decoding, "_LARGE_IMAGE", 399)
    decoded = decode(find_images(tmp_path), SPEC)
    assert decoded.pixels[:][:, 0, 0, 0].tolist() == list(range(12))
    assert max(most) == 1
    monkeypatch.setattr(decoding, "_LARGE_IMAGE", 400)
    decode(find_images(tmp_path), SPEC)
    assert max(most) > 1


def test_an_image_of_few_columns_and_very_many_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (3, 30)).save(tmp_path / "a.png")
    monkeypatch.setattr(image_file, "LONGEST_IMAGE_SIDE", 29)
    with pytest.raises(DataError, match="of 3 x 30 pixels a side has more than 29; make it small"):
        decode(find_images(tmp_path), SPEC, strict=True)
