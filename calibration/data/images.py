"""Images for calibration and evaluation: folders, arrays and the bundled set."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ...artifact.arrays import read_arrays
from ...artifact.preprocessing import Preprocessing, to_rgb
from ...artifact.samples import Samples
from ...errors import DataError
from ...process.text import printable
from .archive import Archive, Member, is_archive
from .label_table import class_number

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode images; Pillow decodes and resizes without holding Python's lock."""

LARGEST_LABEL = 10_000_000
"""Beyond any number of classes."""

SUFFIXES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"))


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Images that are not decoded yet.

    Attributes:
        name: What the images are, for tables and manifests.
        items: Files, members of an archive, or uint8 pixels [H, W] or [H, W, 3].
        labels: Class of each item as int64 [N], or None where nobody gave them.
        class_names: Names of the classes that ``labels`` counts, where they are known.
    """

    name: str
    items: Sequence[Path | Member] | NDArray[np.uint8]
    labels: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def sample(self, count: int, seed: int = 0) -> ImageSet:
        """At most ``count`` of the images, drawn without repetition, in their order."""
        if count >= len(self):
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(len(self), count, replace=False))
        items = (
            self.items[chosen]
            if isinstance(self.items, np.ndarray)
            else [self.items[index] for index in chosen]
        )
        labels = None if self.labels is None else self.labels[chosen]
        return dataclasses.replace(self, items=items, labels=labels)

    def with_labels_of(self, class_names: tuple[str, ...] | None, num_classes: int) -> ImageSet:
        """The set with labels that count the model's classes.

        Folders are matched with the model's class names, where letters and digits must be the
        same and case does not count, since not every class name can be a folder's. For a model
        without class names the folders count in their sorted order.

        Raises:
            DataError: Folders are not the model's classes, or a label is beyond them.
        """
        if self.labels is None:
            return self
        labels = self.labels
        if self.class_names is not None and class_names is not None:
            numbers = {_plain(name): number for number, name in enumerate(class_names)}
            strangers = [name for name in self.class_names if _plain(name) not in numbers]
            if strangers:
                raise DataError(
                    f"{self.name}: folder {strangers[0]} is no class of the model"
                    f" ({len(strangers)} of {len(self.class_names)} folders are not); rename the"
                    " folders after the class names, or put all images into one folder"
                )
            order = np.array([numbers[_plain(name)] for name in self.class_names], np.int64)
            labels = order[labels]
        elif self.class_names is not None and len(self.class_names) != num_classes:
            raise DataError(
                f"{self.name}: has {len(self.class_names)} folders, but the model {num_classes}"
                " classes; give one folder for each class, or `labels`"
            )
        if int(labels.max()) >= num_classes:
            raise DataError(
                f"{self.name}: has label {labels.max()}, but the model only {num_classes} classes"
            )
        return dataclasses.replace(self, labels=labels, class_names=class_names)

    def with_label_table(
        self, table: Mapping[str, str], class_names: tuple[str, ...] | None, num_classes: int
    ) -> ImageSet:
        """The set with labels by file name, in place of those by folder.

        Args:
            table: The label of each image, by its file name or its path below the folder.
            class_names: The model's, by which labels may be given.
            num_classes: The model's; labels may also be numbers below it.

        Raises:
            DataError: An image has no label, or a label is no class.
        """
        if isinstance(self.items, np.ndarray):
            raise DataError(f"{self.name}: images of an array file have no names to be labelled by")
        numbers = {name: number for number, name in enumerate(class_names or ())}
        labels = []
        for item in self.items:
            parts = item.parts
            names = ("/".join(parts[start:]) for start in range(len(parts)))
            label = next((table[name] for name in names if name in table), None)
            if label is None:
                raise DataError(f"{printable(str(item))}: has no label in the CSV file")
            number = class_number(label, numbers, num_classes)
            if number is None:
                raise DataError(f"{printable(str(item))}: its label {label!r} is no class")
            labels.append(number)
        return dataclasses.replace(self, labels=np.array(labels, np.int64), class_names=class_names)


def _plain(name: str) -> str:
    """A class name without what a folder's name may lack."""
    return "".join(char for char in name.casefold() if char.isalnum())


def images_in_memory(pixels: NDArray[Any], labels: Any = None) -> ImageSet:
    """Images of an array.

    Args:
        pixels: uint8 [N, H, W] or [N, H, W, 3].
        labels: The class of each as an integer [N], or None.

    Raises:
        DataError: They are of another type or shape, or there are none.
    """
    name = "images in memory"
    shape = list(pixels.shape)
    is_image = pixels.ndim == 3 or (pixels.ndim == 4 and pixels.shape[3] == 3)
    if pixels.dtype != np.uint8 or not is_image or not pixels.size:
        raise DataError(
            f"`source` must be uint8 [N, H, W] or [N, H, W, 3], not {pixels.dtype} {shape}"
        )
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
        if not path.is_file():
            raise DataError(f"{path}: there is no such image")
    name = f"{len(files)} image files"
    if labels is None:
        return ImageSet(name, files)
    return ImageSet(name, files, _checked_labels(name, np.asarray(labels), len(files)))


def find_images(path: Path) -> ImageSet:
    """Finds images in a folder, in a tar or zip archive, or in an ``.npz`` or ``.npy`` file.

    A folder's images are labelled by the name of the folder directly below ``path``, if all
    images lie in such folders; an archive's likewise, below what all its paths begin with. An
    array file holds uint8 ``images`` [N, H, W] or [N, H, W, 3] and perhaps integer ``labels`` [N].

    Raises:
        DataError: Nothing usable is there.
    """
    if path.is_dir():
        return _open_folder(path)
    if path.suffix in (".npz", ".npy") and path.is_file():
        return _open_arrays(path)
    if is_archive(path) and path.is_file():
        return _open_archive(path)
    if path.exists():
        raise DataError(f"{path}: give a folder of images, a .tar, .zip, .npz or .npy file")
    raise DataError(f"{path}: there are no such images")


def _open_folder(folder: Path) -> ImageSet:
    files = sorted(_image_files(folder))
    if not files:
        raise DataError(
            f"{folder}: holds no image ({', '.join(sorted(SUFFIXES))}); give a folder that does"
        )
    name = printable(folder.resolve().name)
    if any(file.parent == folder for file in files):
        return ImageSet(name, files)
    names = [printable(file.relative_to(folder).parts[0]) for file in files]
    classes = sorted(set(names))
    labels = np.searchsorted(classes, names).astype(np.int64)
    return ImageSet(name, files, labels, tuple(classes))


def _image_files(folder: Path) -> Iterator[Path]:
    """Image files below a folder; links are followed once, hidden files and folders are not."""

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})") from error

    visited = set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        visited.add(os.path.realpath(place))
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and os.path.realpath(os.path.join(place, name)) not in visited  # noqa: PTH118
        ]
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(place, name)


def _open_archive(path: Path) -> ImageSet:
    members = [
        member
        for member in Archive(path).members()
        if Path(member.name).suffix.lower() in SUFFIXES
        and not any(part.startswith(".") and part != ".." for part in member.parts)
    ]
    if not members:
        raise DataError(f"{path}: holds no image ({', '.join(sorted(SUFFIXES))})")
    folders = [member.parts[:-1] for member in members]
    common = next(
        (depth for depth, parts in enumerate(zip(*folders, strict=False)) if len(set(parts)) > 1),
        min(map(len, folders)),
    )
    name = printable(path.name)
    below = [parts[common : common + 1] for parts in folders]
    if not all(below):
        return ImageSet(name, members)
    names = [printable(parts[0]) for parts in below]
    classes = sorted(set(names))
    return ImageSet(name, members, np.searchsorted(classes, names).astype(np.int64), tuple(classes))


def _open_arrays(path: Path) -> ImageSet:
    arrays = read_arrays(path)
    images = arrays.get("", arrays.get("images"))
    labels = arrays.get("labels")
    if images is None:
        raise DataError(f"{path}: has no array called 'images'")
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in ((), (3,)):
        raise DataError(
            f"{path}: images must be uint8 [N, H, W] or [N, H, W, 3], not {images.dtype}"
            f" {list(images.shape)}"
        )
    if images.size == 0:
        raise DataError(f"{path}: holds no image")
    if labels is not None:
        labels = _checked_labels(path, labels, len(images))
    return ImageSet(printable(path.name), images, labels)


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
) -> Samples:
    """Reads, resizes and crops all images of a set.

    Args:
        images: The set.
        preprocessing: How; its normalisation is not applied yet.
        strict: Whether an image that cannot be read is an error; otherwise it is left out.
        on_image: Called after each image, for progress.

    Raises:
        DataError: No image can be read, or one cannot and ``strict`` is set.
    """
    kept, pixels, skipped = [], [], []
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(lambda item: _pixels_or_error(item, preprocessing), images.items)
        for index, (item, result) in enumerate(zip(images.items, results, strict=True)):
            on_image()
            if isinstance(result, np.ndarray):
                pixels.append(result)
                kept.append(index)
                continue
            name = f"image {index}" if isinstance(item, np.ndarray) else printable(str(item))
            reason = "not an image" if isinstance(result, UnidentifiedImageError) else str(result)
            if strict:
                pool.shutdown(cancel_futures=True)
                raise DataError(f"{name}: cannot be read ({reason}); remove it") from result
            skipped.append(f"{name}: {printable(reason)}")
    if not pixels:
        raise DataError(f"{images.name}: none of {len(images)} images can be read: {skipped[0]}")
    return Samples(
        images.name,
        np.stack(pixels),
        None if images.labels is None else images.labels[kept],
        skipped=tuple(skipped),
    )


def _pixels_or_error(
    item: Path | Member | NDArray[np.uint8], preprocessing: Preprocessing
) -> NDArray[np.uint8] | Exception:
    """The pixels of an image, or what is wrong with it."""
    try:
        return preprocessing.pixels(_opened(item))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return error


def _opened(item: Path | Member | NDArray[np.uint8]) -> Image.Image:
    if isinstance(item, np.ndarray):
        return to_rgb(Image.fromarray(item))
    with Image.open(item.open() if isinstance(item, Member) else item) as image:
        return to_rgb(image)
