"""Images for calibration and evaluation: folders, arrays and the bundled set."""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..artifact.preprocessing import Preprocessing, to_rgb
from ..errors import DataError

SUFFIXES = frozenset((".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"))


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Images that are not decoded yet.

    Attributes:
        name: What the images are, for tables and manifests.
        items: Files, or uint8 pixels [H, W] or [H, W, 3].
        labels: Class of each item as int64 [N], or None where nobody gave them.
        class_names: Names of the classes that ``labels`` counts, where they are known.
    """

    name: str
    items: Sequence[Path] | NDArray[np.uint8]
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

        Folder names that are all names of the model's classes are matched by name; otherwise
        their sorted order counts if there are as many as the model has classes. Labels that
        cannot be matched are dropped.
        """
        if self.labels is None:
            return self
        if self.class_names is None:
            fits = len(self.labels) == 0 or int(self.labels.max()) < num_classes
            return self if fits else dataclasses.replace(self, labels=None)
        if class_names and set(self.class_names) <= set(class_names):
            order = np.array([class_names.index(name) for name in self.class_names], np.int64)
            return dataclasses.replace(self, labels=order[self.labels], class_names=class_names)
        if len(self.class_names) == num_classes:
            return self
        return dataclasses.replace(self, labels=None, class_names=None)


@dataclasses.dataclass(frozen=True)
class DecodedImages:
    """Images at the network's input size.

    Attributes:
        name: What the images are.
        pixels: uint8 [N, H, W, 3], before normalisation.
        labels: int64 [N], or None.
        skipped: Files that could not be read, each with the reason.
    """

    name: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels and their shape, in hex."""
        shape = np.array(self.pixels.shape, np.int64)
        return hashlib.sha256(shape.tobytes() + self.pixels.tobytes()).hexdigest()

    def batches(self, preprocessing: Preprocessing, size: int = 8) -> Iterator[NDArray[np.float32]]:
        """Normalised inputs [n, 3, H, W], at most ``size`` at a time."""
        for start in range(0, len(self), size):
            yield preprocessing.normalise(self.pixels[start : start + size])


def open_images(path: Path) -> ImageSet:
    """Finds images in a folder (nested, labelled by subfolder) or in an ``.npz`` or ``.npy`` file.

    A folder's images are labelled by the name of the folder directly below ``path``, if all
    images lie in such folders. An array file holds uint8 ``images`` [N, H, W] or [N, H, W, 3]
    and perhaps integer ``labels`` [N].

    Raises:
        DataError: Nothing usable is there.
    """
    if path.is_dir():
        return _open_folder(path)
    if path.suffix in (".npz", ".npy") and path.is_file():
        return _open_arrays(path)
    if path.exists():
        raise DataError(f"{path}: give a folder of images, or an .npz or .npy file")
    raise DataError(f"{path}: there are no such images")


def _open_folder(folder: Path) -> ImageSet:
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
    )
    if not files:
        raise DataError(
            f"{folder}: holds no image ({', '.join(sorted(SUFFIXES))}); give a folder that does"
        )
    names = [file.relative_to(folder).parts[0] for file in files]
    if any(file.parent == folder for file in files):
        return ImageSet(folder.name, files)
    classes = sorted(set(names))
    labels = np.searchsorted(classes, names).astype(np.int64)
    return ImageSet(folder.name, files, labels, tuple(classes))


def _open_arrays(path: Path) -> ImageSet:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                images, labels = loaded, None
            else:
                images, labels = loaded["images"], loaded.get("labels")
    except KeyError as error:
        raise DataError(f"{path}: has no array called 'images'") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a readable array file; write it again") from error
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in ((), (3,)):
        raise DataError(
            f"{path}: images must be uint8 [N, H, W] or [N, H, W, 3], not {images.dtype}"
            f" {list(images.shape)}"
        )
    if images.size == 0:
        raise DataError(f"{path}: holds no image")
    if labels is not None and (
        labels.shape != (len(images),)
        or not np.issubdtype(labels.dtype, np.integer)
        or labels.min() < 0
    ):
        raise DataError(
            f"{path}: labels must be one class number for each of the {len(images)} images"
        )
    return ImageSet(path.name, images, None if labels is None else labels.astype(np.int64))


def decode(
    images: ImageSet,
    preprocessing: Preprocessing,
    *,
    strict: bool = False,
    on_image: Callable[[], object] = lambda: None,
) -> DecodedImages:
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
    for index, item in enumerate(images.items):
        try:
            pixels.append(preprocessing.pixels(_opened(item)))
            kept.append(index)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            reason = "not an image" if isinstance(error, UnidentifiedImageError) else str(error)
            if strict:
                raise DataError(f"{item}: cannot be read ({reason}); remove it") from error
            skipped.append(f"{item}: {reason}")
        on_image()
    if not pixels:
        raise DataError(f"{images.name}: none of {len(images)} images can be read: {skipped[0]}")
    return DecodedImages(
        images.name,
        np.stack(pixels),
        None if images.labels is None else images.labels[kept],
        tuple(skipped),
    )


def _opened(item: Path | NDArray[np.uint8]) -> Image.Image:
    if isinstance(item, np.ndarray):
        return to_rgb(Image.fromarray(item))
    with Image.open(item) as image:
        return to_rgb(image)
