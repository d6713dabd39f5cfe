"""Images that a worker reads from where they lie."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataError
from ..process.text import one_line
from ..workflows.data import ImageChoice
from .grid import ImageData


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

    A copy is kept for the worker's life, as fsspec's ``simplecache`` has it.

    Raises:
        DataError: It cannot be fetched.
    """
    if "://" not in data:
        return Path(data)
    import fsspec

    try:
        return Path(fsspec.open_local(f"simplecache::{data}", simplecache={"same_names": True}))
    except Exception as error:  # each protocol's own
        raise DataError(f"{data}: cannot be fetched ({one_line(error)})") from error
