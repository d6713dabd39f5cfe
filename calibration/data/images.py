"""Images for calibration and evaluation: folders, arrays and the bundled set."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ...artifact.arrays import read_arrays
from ...artifact.image_file import opened_image
from ...artifact.placement import Placement
from ...artifact.preprocessing import Preprocessing, to_rgb
from ...artifact.samples import Samples
from ...errors import DataError, LowFormerEdgeError, SystemLimitError
from ...process.system_limit import limit_behind
from ...process.text import one_line, printable
from .archive import Archive, Member, is_archive
from .folder_labels import check_no_splits
from .image_files import SUFFIXES, check_regular, files_below, is_image, passed_over
from .image_set import ImageSet
from .pixel_layout import check_pixels
from .stated_annotation import FoundAnnotation, notes_on

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode images; Pillow decodes and resizes without holding Python's lock."""

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
    arrays = read_arrays(path)
    images = arrays.get("", arrays.get("images"))
    labels = arrays.get("labels")
    if images is None:
        raise DataError(f"{path}: has no array called 'images'")
    check_pixels(f"{path}: images", images, labelled=labels is not None)
    if labels is not None:
        labels = _checked_labels(path, labels, len(images))
    return ImageSet(f"images of {printable(path.name)}", images, labels)


def _checked_labels(name: str | Path, labels: NDArray[Any], count: int) -> NDArray[np.int64]:
    whole = np.issubdtype(labels.dtype, np.integer) and labels.shape == (count,)
    if not whole or int(labels.min()) < 0 or int(labels.max()) > LARGEST_LABEL:
        raise DataError(f"{name}: labels must be one class number for each of the {count} images")
    return labels.astype(np.int64)


def decode(
    images: ImageSet,
    preprocessing: Preprocessing,
    *,
    strict: bool = False,
    on_image: Callable[[], object] = lambda: None,
    on_note: Callable[[str], object] = lambda text: None,
) -> Samples:
    """Reads, resizes and crops all images of a set.

    Args:
        images: The set.
        preprocessing: How; its normalisation is not applied yet.
        strict: Whether an image that cannot be read is an error; otherwise it is left out.
        on_image: Called after each image, for progress.
        on_note: Called with each line that Pillow warns of, which names the image.

    Raises:
        DataError: No image can be read, or one cannot and ``strict`` is set; or what is stated of
            one is not of such an image.
    """
    kept: list[tuple[int, _Decoded]] = []
    skipped = []
    with _named_warnings(on_note), ThreadPoolExecutor(WORKERS) as pool:
        numbers = range(len(images))
        results = pool.map(lambda index: _decoded_or_error(index, images, preprocessing), numbers)
        try:
            for index, (item, result) in enumerate(zip(images.items, results, strict=True)):
                on_image()
                if isinstance(result, _Decoded):
                    kept.append((index, result))
                    continue
                name = _name_of(index, item)
                unknown = isinstance(result, UnidentifiedImageError)
                reason = "not an image" if unknown else str(result)
                if strict:
                    raise DataError(f"{name}: cannot be read ({reason}); remove it") from result
                skipped.append(f"{name}: {printable(reason)}")
        except LowFormerEdgeError:
            pool.shutdown(cancel_futures=True)
            raise
    if not kept:
        raise DataError(f"{images.name}: none of {len(images)} images can be read: {skipped[0]}")
    return _samples(images, kept, tuple(skipped), on_note)


@dataclasses.dataclass(frozen=True)
class _Decoded:
    """An image at the network's input size, with where it lies there and what is in it."""

    pixels: NDArray[np.uint8]
    placement: Placement
    found: FoundAnnotation | None


def _samples(
    images: ImageSet,
    kept: Sequence[tuple[int, _Decoded]],
    skipped: tuple[str, ...],
    on_note: Callable[[str], object],
) -> Samples:
    """The images that could be read, by their numbers in the set."""
    annotations = None
    if images.annotations is not None:
        found = [
            (_name_of(index, images.items[index]), one.found)
            for index, one in kept
            if one.found is not None
        ]
        annotations = tuple(one.annotation for _, one in found)
        for line in notes_on(found):
            on_note(line)
    return Samples(
        images.name,
        np.stack([one.pixels for _, one in kept]),
        None if images.labels is None else images.labels[[index for index, _ in kept]],
        skipped=skipped,
        class_order=images.order,
        placements=tuple(one.placement for _, one in kept),
        annotations=annotations,
    )


_decoded = threading.local()
"""What each thread decodes at the moment, as ``name``."""


@contextlib.contextmanager
def _named_warnings(on_note: Callable[[str], object]) -> Iterator[None]:
    """Tells of what Pillow warns of in any thread once, with the first image's name."""
    images = collections.defaultdict(list)
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def collect(message: Warning | str, *place: Any, **more: Any) -> None:
            name = getattr(_decoded, "name", None)
            if name is None:
                shown(message, *place, **more)
            else:
                images[printable(one_line(message))].append(name)

        warnings.simplefilter("always")
        warnings.showwarning = collect
        yield
    for text, names in images.items():
        others = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        on_note(f"{names[0]}{others}: {text}")


def _name_of(index: int, item: Path | Member | NDArray[np.uint8]) -> str:
    return f"image {index}" if isinstance(item, np.ndarray) else printable(str(item))


def _decoded_or_error(
    index: int, images: ImageSet, preprocessing: Preprocessing
) -> _Decoded | Exception:
    """An image that is ready, or what is wrong with it.

    Raises:
        DataError: It was read, and what is stated of it is wrong.
    """
    item = images.items[index]
    _decoded.name = _name_of(index, item)
    try:
        image = _opened(item)
        pixels = preprocessing.pixels(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if limit := limit_behind(error):
            raise SystemLimitError(f"{_decoded.name}: {limit}") from error
        return error
    placement = preprocessing.placement(image.height, image.width)
    if images.annotations is None:
        return _Decoded(pixels, placement, None)
    try:
        found = images.annotations[index].found(image.height, image.width)
    except DataError as error:
        raise DataError(f"{_decoded.name}: {error}") from error
    return _Decoded(pixels, placement, found)


def _opened(item: Path | Member | NDArray[np.uint8]) -> Image.Image:
    if isinstance(item, np.ndarray):
        return to_rgb(Image.fromarray(item))
    with opened_image(item.open() if isinstance(item, Member) else item) as image:
        return to_rgb(image)
