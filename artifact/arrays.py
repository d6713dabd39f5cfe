"""Reading numpy's array files, whatever is wrong with them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..process.reading import UnfitFileError, open_regular

_DAMAGE = (
    OSError,
    ValueError,
    LookupError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What numpy raises, or lets through, on files that are damaged or hold objects."""


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
    except _DAMAGE as error:
        raise DataError(f"{path}: not a readable array file; write it again") from error


def _unpacked_size(file: BinaryIO) -> int:
    """Bytes of an archive's members as it states them, which is all that is read of each.

    None of a file that is no archive, whose size on the disk is that of its array.
    """
    size = 0
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    file.seek(0)
    return size
