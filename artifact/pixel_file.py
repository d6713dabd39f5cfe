"""Images at a network's input size, of which only a part is in memory where they are many."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import SystemLimitError
from ..process.reading import open_regular
from ..process.system_limit import scratch_folder
from ..process.text import printable
from .arrays import read_header

MOST_IN_MEMORY = 256 << 20
"""Bytes of images that are kept in memory: 1,783 of 224 x 224."""

CHUNK = 16 << 20
"""Bytes that are copied at a time."""

Chosen = slice | int | NDArray[np.integer[Any]]
"""Which images, as an array is indexed."""


class PixelFile:
    """Images in an ``.npy`` file, uint8 [N, H, W, 3], which are read as they are asked for.

    Indexed as an array is, along the first axis alone: by a slice, by numbers, or by one number.

    Args:
        path: The file.
        numbers: Of the images to take, in this order; all if None.
        keeps: What removes the file lives as long as this.

    Raises:
        ValueError: The file holds anything else.
        OSError: It cannot be read.
    """

    def __init__(
        self, path: Path, numbers: NDArray[np.int64] | None = None, keeps: object = None
    ) -> None:
        self._path = path
        self._stored, self._offset = _layout(path)
        self._is_whole = numbers is None
        self._numbers = np.arange(self._stored[0]) if numbers is None else numbers
        self._keeps = keeps

    def __reduce__(self) -> tuple[type[PixelFile], tuple[Path, NDArray[np.int64] | None]]:
        """By its path it travels to another process, where it is good as long as this one lives."""
        return PixelFile, (self._path, None if self._is_whole else self._numbers)

    @property
    def shape(self) -> tuple[int, ...]:
        """N, H, W and 3."""
        return (len(self), *self._stored[1:])

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """As an array has it."""
        return np.dtype(np.uint8)

    @property
    def size(self) -> int:
        """Values of all images, which are as many bytes."""
        return math.prod(self.shape)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, chosen: Chosen) -> NDArray[np.uint8]:
        # Mapped anew each time: pages of a mapping count as this process's memory while it lasts.
        mapped = np.memmap(self._path, np.uint8, "r", self._offset, self._stored)
        return np.array(mapped[self._numbers[chosen]])

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[number] for number in range(len(self)))

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """All of them, in memory, for who asks for an array."""
        return self[:].astype(dtype or np.uint8, copy=False)

    def part(self, chosen: slice | NDArray[np.integer[Any]]) -> Pixels:
        """Some of the images, which stay in the file where they are many."""
        numbers = self._numbers[chosen]
        if len(numbers) * math.prod(self._stored[1:]) <= MOST_IN_MEMORY:
            return self[chosen]
        return PixelFile(self._path, numbers, self)

    def save(self, path: Path) -> None:
        """Writes an ``.npy`` file of the images, by a second name of this one where that can be."""
        path.unlink(missing_ok=True)  # which may be another name of this one already
        if self._is_whole:
            with contextlib.suppress(OSError):
                os.link(self._path, path)
                return
        with path.open("wb") as file:
            _write_header(file, self.shape)
            at_a_time = max(CHUNK // math.prod(self._stored[1:]), 1)
            for start in range(0, len(self), at_a_time):
                file.write(self[start : start + at_a_time].data)


Pixels = NDArray[np.uint8] | PixelFile
"""uint8 [N, H, W, 3]."""


def part_of_pixels(pixels: Pixels, chosen: slice | NDArray[np.integer[Any]]) -> Pixels:
    """Some of the images, by a slice or by their numbers."""
    return pixels.part(chosen) if isinstance(pixels, PixelFile) else pixels[chosen]


def save_pixels(path: Path, pixels: Pixels | NDArray[Any]) -> None:
    """Writes an ``.npy`` file of images, or of another array."""
    if isinstance(pixels, PixelFile):
        pixels.save(path)
    else:
        np.save(path, pixels)


def load_pixels(path: Path) -> Pixels:
    """Images, or another array, of an ``.npy`` file.

    Raises:
        ValueError: It is damaged.
        OSError: It cannot be read.
    """
    if path.stat().st_size > MOST_IN_MEMORY:
        return PixelFile(path)
    array: NDArray[np.uint8] = np.load(path, allow_pickle=False)
    return array


class PixelBuffer:
    """Takes images one after the other: into memory, or into a scratch file where they are many.

    The file is removed with the last :class:`PixelFile` of it, and after a death by a later run.

    Args:
        most: How many there will be at most.
        height: Of each, in pixels.
        width: Likewise.

    Raises:
        SystemLimitError: There is no room for them.
    """

    def __init__(self, most: int, height: int, width: int) -> None:
        self._shape = (most, height, width, 3)
        self._count = 0
        self._array: NDArray[np.uint8] | None = None
        if math.prod(self._shape) <= MOST_IN_MEMORY:
            self._array = np.empty(self._shape, np.uint8)
            return
        _check_room(self._shape)
        with contextlib.ExitStack() as stack:
            self._path = stack.enter_context(scratch_folder()) / "pixels.npy"
            self._file: BinaryIO = stack.enter_context(self._path.open("wb"))
            _write_header(self._file, self._shape)
            weakref.finalize(self, stack.pop_all().close)

    def append(self, pixels: NDArray[np.uint8]) -> None:
        """Takes one more, uint8 [H, W, 3]."""
        if self._array is not None:
            self._array[self._count] = pixels
        else:
            self._file.write(np.ascontiguousarray(pixels).data)
        self._count += 1

    def finish(self) -> Pixels:
        """All of them; nothing more can be taken."""
        if self._array is not None:
            return self._array[: self._count]
        self._file.seek(0)
        _write_header(self._file, (self._count, *self._shape[1:]))
        self._file.flush()
        return PixelFile(self._path, keeps=self)


def _check_room(shape: tuple[int, ...]) -> None:
    """Refuses what the disk of temporary files has no room for.

    Raises:
        SystemLimitError: It has none.
    """
    folder = Path(tempfile.gettempdir())
    needed, free = math.prod(shape), shutil.disk_usage(folder).free
    if needed > free:
        raise SystemLimitError(
            f"{printable(folder)}: {shape[0]} images of {shape[1]} x {shape[2]} pixels need"
            f" {needed / 1e9:.1f} GB there, and it has {free / 1e9:.1f} GB left; make room, set"
            " TMPDIR to another folder, or take fewer images"
        )


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Begins an ``.npy`` file; for any number of images the header has the same length."""
    layout = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, layout)


def _layout(path: Path) -> tuple[tuple[int, ...], int]:
    """Shape of the images in an ``.npy`` file, and the byte at which they begin."""
    with open_regular(path) as file:
        shape, is_transposed, dtype = read_header(file)
        start = file.tell()
        size = file.seek(0, os.SEEK_END)
    if is_transposed or dtype != np.uint8 or len(shape) != 4 or shape[3] != 3:
        raise ValueError(f"holds {dtype} {list(shape)} and no images")
    if size != start + math.prod(shape):
        raise ValueError("ends too early, or goes on too long")
    return shape, start
