"""Many images in a file, of which only a part is in memory."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lowformer_edge.artifact import pixel_file
from lowformer_edge.artifact.pixel_file import (
    PixelBuffer,
    PixelFile,
    Pixels,
    load_pixels,
    save_pixels,
)
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import SystemLimitError

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), np.uint8)


@pytest.fixture(autouse=True)
def nothing_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every image goes to a file, in a folder for temporary ones of its own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(pixel_file, "MOST_IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    return scratch


def stored(images: NDArray[np.uint8] = IMAGES, most: int = 9) -> Pixels:
    buffer = PixelBuffer(most, *images.shape[1:3])
    for image in images:
        buffer.append(image)
    return buffer.finish()


def test_they_are_indexed_as_an_array_is() -> None:
    pixels = stored()
    assert isinstance(pixels, PixelFile)
    assert (len(pixels), pixels.shape, pixels.size) == (9, IMAGES.shape, IMAGES.size)
    for chosen in (slice(2, 5), slice(None), slice(None, None, 3), np.array([8, 0, 0]), 3, -1):
        assert np.array_equal(pixels[chosen], IMAGES[chosen])
    assert all(np.array_equal(a, b) for a, b in zip(pixels, IMAGES, strict=True))


@given(st.data())
def test_parts_of_parts_are_those_of_an_array(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pixel_file, "MOST_IN_MEMORY", 0)
        found, expected = stored(), IMAGES
    for _ in range(2):
        chosen: slice | NDArray[np.int64] = data.draw(
            st.one_of(
                st.slices(len(expected)),
                st.lists(st.integers(0, max(len(expected) - 1, 0)), max_size=9).map(
                    lambda numbers: np.array(numbers, np.int64)
                )
                if len(expected)
                else st.just(slice(0)),
            )
        )
        found, expected = pixel_file.part_of_pixels(found, chosen), expected[chosen]
        assert np.array_equal(found[:], expected)


def test_fewer_than_were_expected_are_all_there_is() -> None:
    pixels = stored(IMAGES[:4], most=50_000)
    assert np.array_equal(pixels[:], IMAGES[:4])


def test_the_file_goes_with_the_last_that_reads_it(nothing_in_memory: Path) -> None:
    pixels = stored()
    assert isinstance(pixels, PixelFile)
    part = pixels.part(slice(2, None))
    del pixels
    assert np.array_equal(part[:], IMAGES[2:])
    assert list(nothing_in_memory.iterdir())
    del part
    assert not list(nothing_in_memory.iterdir())


def test_an_error_leaves_no_file(nothing_in_memory: Path) -> None:
    buffer = PixelBuffer(9, 4, 5)
    buffer.append(IMAGES[0])
    del buffer
    assert not list(nothing_in_memory.iterdir())


@pytest.mark.parametrize("chosen", [slice(None), slice(3, 7)])
def test_what_is_saved_is_numpys(tmp_path: Path, chosen: slice) -> None:
    save_pixels(tmp_path / "pixels.npy", pixel_file.part_of_pixels(stored(), chosen))
    assert np.array_equal(np.load(tmp_path / "pixels.npy"), IMAGES[chosen])
    assert np.array_equal(load_pixels(tmp_path / "pixels.npy")[:], IMAGES[chosen])


def test_a_job_on_this_machine_gets_no_copy(tmp_path: Path) -> None:
    pixels = stored()
    save_pixels(tmp_path / "pixels.npy", pixels)
    assert (tmp_path / "pixels.npy").stat().st_nlink == 2


def test_samples_are_the_same_in_a_file_and_in_memory() -> None:
    for pixels in (IMAGES, np.concatenate([IMAGES, IMAGES[:3]])):
        there, here = Samples("x", stored(pixels, 12)), Samples("x", pixels)
        assert isinstance(there.pixels, PixelFile)
        assert (there.digest, there.distinct) == (here.digest, here.distinct)


def test_what_has_no_room_is_refused_before_it_is_written(nothing_in_memory: Path) -> None:
    with pytest.raises(SystemLimitError, match=r"need 1000\.0 GB there, and it has .*set TMPDIR"):
        PixelBuffer(10**12 // 300, 10, 10)
    assert not list(nothing_in_memory.iterdir())


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((2, 4, 4, 3), np.float32), "holds float32"),
        (np.zeros((2, 4, 4), np.uint8), "and no images"),
        (np.asfortranarray(np.zeros((2, 4, 4, 3), np.uint8)), "and no images"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, array: NDArray[np.uint8], reason: str) -> None:
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ValueError, match=reason):
        PixelFile(tmp_path / "x.npy")


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-1])
    with pytest.raises(ValueError, match="ends too early"):
        PixelFile(tmp_path / "x.npy")


@pytest.mark.parametrize("chosen", [slice(None), np.array([2, 0])])
def test_images_in_a_file_travel_by_its_path(
    chosen: slice | NDArray[np.int64], tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 2, 2, 3), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    numbers = None if isinstance(chosen, slice) else chosen
    sent = pickle.dumps(PixelFile(tmp_path / "pixels.npy", numbers))
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent)[:], pixels[chosen])
