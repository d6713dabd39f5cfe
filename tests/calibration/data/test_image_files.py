"""Which files are images, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.image_files import SUFFIXES, passed_over
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.errors import DataError

SPEC = Preprocessing(size=16)
WRITTEN = {".avif": "avif", ".jfif": "jpeg", ".jp2": "jpeg2000", ".tga": "tga", ".pgm": "ppm"}
NEEDS = {".avif": "avif", ".jp2": "jpg_2000"}


@pytest.mark.parametrize("suffix", WRITTEN)
def test_4_what_pillow_reads_is_read(suffix: str, tmp_path: Path) -> None:
    if suffix in NEEDS and not features.check(NEEDS[suffix]):
        pytest.skip(f"this Pillow reads no {suffix}")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    image = Image.fromarray(pixels).convert("L" if suffix == ".pgm" else "RGB")
    image.save(tmp_path / f"a{suffix.upper()}", WRITTEN[suffix])
    decoded = decode(find_images(tmp_path), SPEC)
    assert (len(decoded), decoded.skipped) == (1, ())


def test_4_every_suffix_is_one_of_pillows() -> None:
    assert set(Image.registered_extensions()) >= SUFFIXES


def test_4_files_passed_over_are_counted_by_suffix(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    for name in ("b.heic", "c.HEIC", "d.svg", "e", "labels.csv", "notes.txt", ".hidden.heic"):
        (tmp_path / name).touch()
    (note,) = find_images(tmp_path).notes
    assert note.endswith(
        "passed over 4 files that cannot be read as images: 2 .heic, 1 .svg, 1 without a suffix"
    )


def test_4_what_lies_beside_images_is_not_told_of() -> None:
    assert passed_over(["a.png", "labels.csv", "Thumbs.db", "README.md"]) is None


def test_4_a_place_with_none_but_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.heic").touch()
    with pytest.raises(DataError, match=r"holds no image .* passed over 1 file .*: 1 \.heic"):
        find_images(tmp_path)


def test_4_pipes_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(DataError, match=r"a\.jpg: is not a regular file"):
        find_images(tmp_path)
    with pytest.raises(DataError, match="is not a regular file"):
        find_images(Path("/dev/zero"))


def test_4_pillows_warnings_name_the_image(tmp_path: Path) -> None:
    cut = b"Exif\0\0MM\0*\0\0\0\x08\0\x02\x01"
    for name, side in (("a.jpg", 4000), ("b.jpg", 16)):  # the second is decoded first
        Image.new("RGB", (side, side)).save(tmp_path / name, exif=cut)
    told: list[str] = []
    assert len(decode(find_images(tmp_path), SPEC, on_note=told.append)) == 2
    (line,) = told
    assert "a.jpg (and 1 more): Corrupt EXIF data" in line
