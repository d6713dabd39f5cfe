"""Reading numpy's array files, whatever is wrong with them."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..process.reading import UnfitFileError, open_regular


def read_arrays(path: Path, limit: int, advice: str = "do not trust it") -> dict[str, NDArray[Any]]:
    """All arrays of an ``.npz`` file by name; a ``.npy`` file's only array has an empty name.

    Args:
        path: The file.
        limit: Bytes of all of them, unpacked; checked before memory is taken.
        advice: What to do about more.

    Raises:
        DataError: The file cannot be read, is damaged, holds Python objects, or more bytes.
    """
    try:
        with open_regular(path, limit) as file:
            if _unpacked_size(file) > limit:
                raise DataError(f"{path}: unpacks to more than {limit >> 20} MiB; {advice}")
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"": loaded}
            return {name: loaded[name] for name in loaded.files}
    except UnfitFileError as error:
        raise DataError(f"{path}: {error}; give another file") from error
    except (DataError, MemoryError):
        raise
    except Exception as error:  # numpy's parsers raise whatever the bytes happen to mean
        raise DataError(f"{path}: not a readable array file; write it again") from error


def rows_of(path: Path, limit: int) -> int:
    """How long the longest of a file's arrays is along its first axis, as they state it.

    At least 1, which it also is where that cannot be read, and at most the limit.

    Args:
        path: An ``.npz`` or ``.npy`` file.
        limit: Bytes that it may have.
    """
    try:
        with open_regular(path, limit) as file:
            if not zipfile.is_zipfile(file):
                file.seek(0)
                return min(_rows(file), limit)
            with zipfile.ZipFile(file) as archive:
                rows = 1
                for member in archive.infolist():
                    with archive.open(member) as held:
                        rows = max(rows, _rows(held))
                return min(rows, limit)
    except Exception:  # as above; whoever reads the arrays says what is wrong
        return 1


def _rows(file: IO[bytes]) -> int:
    shape, _, _ = read_header(file)
    return max([1, *shape[:1]])


def _unpacked_size(file: BinaryIO) -> int:
    """Bytes of a file's arrays as it states them, which is all that is read of each.

    Raises:
        ValueError: An array's header states more than there is, and would take memory for it.
    """
    if not zipfile.is_zipfile(file):
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        _check_header(file, size)
        file.seek(0)
        return size
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        for member in members:
            with archive.open(member) as held:
                _check_header(held, member.file_size)
    file.seek(0)
    return sum(member.file_size for member in members)


def _check_header(file: IO[bytes], size: int) -> None:
    """Checks that an array's header fits the bytes that it and its array have.

    Raises:
        ValueError: It does not, or is none.
    """
    shape, _, kind = read_header(file)
    if math.prod(shape) * kind.itemsize > size:
        raise ValueError(f"{shape} of {kind} does not fit into {size} bytes")


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """An array's shape, whether its first axis varies fastest, and its type.

    Args:
        file: At its begin; is at the array's first byte then.

    Raises:
        ValueError: It is no array's, or of a version of the format that holds other than numbers.
    """
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(file)
    if version not in readers:
        raise ValueError(f"{version} is no version of the format that holds numbers")
    return readers[version](file)
