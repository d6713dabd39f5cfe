"""Images for calibration and evaluation: folders, arrays and the bundled set."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.arrays import read_arrays
from ...artifact.pixel_file import MOST_IN_MEMORY, PixelFile, Pixels
from ...errors import DataError
from ...process.limits import LARGEST_IMAGES
from ...process.text import printable
from .archive import Archive, Member, is_archive
from .folder_labels import check_no_splits
from .image_files import SUFFIXES, check_regular, files_below, is_image, passed_over
from .image_set import ImageSet
from .pixel_layout import check_pixels

LARGEST_LABEL = 10_000_000
"""Beyond any number of classes."""


def images_in_memory(pixels: NDArray[Any], labels: Any = None) -> ImageSet:
    """Images of an array.

    Args:
        pixels: uint8 [N, H, W] or [N, H, W, 3].
        labels: The class of each as an integer [N], or None.

    Raises:
        DataError: They are of another type or shape, or there are none.
    """
    name = "images in memory"
    check_pixels("`source`", pixels, labelled=labels is not None)
    if labels is None:
        return ImageSet(name, pixels)
    return ImageSet(name, pixels, _checked_labels(name, np.asarray(labels), len(pixels)))


def listed_images(files: Sequence[Path], labels: Any = None) -> ImageSet:
    """Image files.

    Args:
        files: The files.
        labels: The class of each as an integer, or None.

    Raises:
        DataError: There are none, one is missing, or the labels are not theirs.
    """
    if not files:
        raise DataError("`source` holds no image; give at least one")
    for path in files:
        check_regular(path)
        if not path.is_file():
            raise DataError(f"{path}: there is no such image")
    name = "listed images"
    if labels is None:
        return ImageSet(name, files)
    return ImageSet(name, files, _checked_labels(name, np.asarray(labels), len(files)))


def find_images(path: Path) -> ImageSet:
    """Finds images in a folder, in a tar or zip archive, or in an ``.npz`` or ``.npy`` file.

    A folder's images are labelled by the name of the folder directly below ``path``; an archive's
    likewise, below what all its paths begin with. An array file holds uint8 ``images`` [N, H, W]
    or [N, H, W, 3] and perhaps integer ``labels`` [N].

    Raises:
        DataError: Nothing usable is there.
    """
    if path.is_dir():
        return _open_folder(path)
    if path.exists():
        check_regular(path)
    if path.suffix in (".npz", ".npy") and path.is_file():
        return _open_arrays(path)
    if is_archive(path) and path.is_file():
        return _open_archive(path)
    if path.exists():
        raise DataError(f"{path}: give a folder of images, a .tar, .zip, .npz or .npy file")
    raise DataError(f"{path}: there are no such images")


def _open_folder(folder: Path) -> ImageSet:
    below = files_below(folder)
    files = [path for path in below if is_image(path.name)]
    over = passed_over(path.name for path in below)
    if not files:
        raise _no_image(folder, over, any(is_archive(path) for path in below))
    for path in files:
        check_regular(path)
    folders = [file.relative_to(folder).parts[:-1] for file in files]
    below_folder = [[printable(part) for part in parts[:1]] for parts in folders]
    name = f"images of {printable(folder.resolve().name or folder)}"
    return _in_folders(folder, name, files, below_folder, over)


def _open_archive(path: Path) -> ImageSet:
    below = [
        member
        for member in Archive(path).members()
        if not any(part.startswith(".") and part != ".." for part in member.parts)
    ]
    members = [member for member in below if is_image(member.name)]
    over = passed_over(member.name for member in below)
    if not members:
        raise _no_image(path, over, any(is_archive(Path(member.name)) for member in below))
    folders = [member.parts[:-1] for member in members]
    common = next(
        (depth for depth, parts in enumerate(zip(*folders, strict=False)) if len(set(parts)) > 1),
        min(map(len, folders)),
    )
    below_common = [[printable(part) for part in parts[common : common + 1]] for parts in folders]
    images = _in_folders(path, f"images of {printable(path.name)}", members, below_common, over)
    enclosing = tuple(printable(part) for part in folders[0][:common])
    return images if images.folders else dataclasses.replace(images, enclosing=enclosing)


def _no_image(path: Path, over: str | None, has_archives: bool) -> DataError:
    """What is wrong with a place without images."""
    found = f"; {over}" if over else ""
    unpack = "; unpack the archives in it" if has_archives else ""
    suffixes = ", ".join(sorted(SUFFIXES))
    return DataError(f"{path}: holds no image ({suffixes}){found}{unpack}; give a place that does")


def _in_folders(
    path: Path,
    name: str,
    items: Sequence[Path | Member],
    below: Sequence[Sequence[str]],
    over: str | None,
) -> ImageSet:
    """Images, each of which lies in a folder below what was opened, or in none.

    Raises:
        DataError: The folders are parts of a data set.
    """
    notes = (f"{name}: {over}",) if over else ()
    folders = tuple(parts[0] if parts else "" for parts in below)
    classes = sorted(set(folders) - {""})
    if not classes:
        return ImageSet(name, items, notes=notes)
    check_no_splits(path, classes)
    if "" in folders:
        return ImageSet(name, items, folders=folders, notes=notes)
    labels = np.searchsorted(classes, folders).astype(np.int64)
    return ImageSet(name, items, labels, tuple(classes), folders, notes=notes)


def _open_arrays(path: Path) -> ImageSet:
    images: Pixels | None = _stored_images(path)
    labels = None
    if images is None:
        arrays = read_arrays(path, LARGEST_IMAGES, "give a folder, an archive or an .npy file")
        images, labels = arrays.get("", arrays.get("images")), arrays.get("labels")
    if images is None:
        raise DataError(f"{path}: has no array called 'images'")
    check_pixels(f"{path}: images", images, labelled=labels is not None)
    if labels is not None:
        labels = _checked_labels(path, labels, len(images))
    return ImageSet(f"images of {printable(path.name)}", images, labels)


def _stored_images(path: Path) -> PixelFile | None:
    """The images of an ``.npy`` file of many, which are read one by one; None of another file."""
    if path.suffix != ".npy" or path.stat().st_size <= MOST_IN_MEMORY:
        return None
    try:
        return PixelFile(path)
    except (OSError, ValueError):
        return None


def _checked_labels(name: str | Path, labels: NDArray[Any], count: int) -> NDArray[np.int64]:
    whole = np.issubdtype(labels.dtype, np.integer) and labels.shape == (count,)
    if not whole or int(labels.min()) < 0 or int(labels.max()) > LARGEST_LABEL:
        raise DataError(f"{name}: labels must be one class number for each of the {count} images")
    return labels.astype(np.int64)
