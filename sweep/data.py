"""Images that a worker reads from where they lie."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..errors import DataError
from ..process.replacing import replaced_file
from ..process.text import one_line
from ..workflows.data import ImageChoice
from .grid import ImageData
from .store import key_of


def image_choice(images: ImageData) -> ImageChoice:
    """Which images are meant; one archive behind a URL is fetched first.

    Raises:
        DataError: It cannot be fetched.
    """
    return ImageChoice(
        fetched(images.data) if images.data is not None else None,
        images.count,
        images.labels,
        reduce_zero_label=images.reduce_zero_label,
    )


def fetched(data: str) -> Path:
    """A path on this machine: data's own, or that of a copy of what a URL leads to.

    A copy is kept for the worker's life.

    Raises:
        DataError: It cannot be fetched.
    """
    if "://" not in data:
        return Path(data)
    import fsspec

    # Not by the file's name alone: train/images.npz and val/images.npz are two.
    copy = _copies() / key_of(data) / (PurePosixPath(urlsplit(data).path).name or "images")
    try:
        if not copy.is_file():
            filesystem, path = fsspec.core.url_to_fs(data)
            copy.parent.mkdir(exist_ok=True)
            with replaced_file(copy) as temporary:
                filesystem.get_file(path, str(temporary))
    except Exception as error:  # each protocol's own
        raise DataError(f"{data}: cannot be fetched ({one_line(error)})") from error
    return copy


@functools.cache
def _copies() -> Path:
    """This process' folder of copies, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="lowformer-data-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
