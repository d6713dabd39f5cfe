"""Decoding images: read, resized and cropped, in parallel and in their order."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ...artifact.image_file import opened_image
from ...artifact.pixel_file import PixelBuffer, Pixels
from ...artifact.placement import Placement
from ...artifact.preprocessing import Preprocessing, to_rgb
from ...artifact.samples import Samples
from ...errors import DataError, LowFormerEdgeError, SystemLimitError
from ...process.system_limit import limit_behind
from ...process.text import one_line, printable
from .archive import Member
from .image_set import ImageSet
from .stated_annotation import FoundAnnotation, notes_on

WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode images; Pillow decodes and resizes without holding Python's lock."""

AHEAD = 4 * WORKERS
"""How many images are decoded before they are asked for."""


_LARGE_FILE = 32 << 20
"""Bytes of a member of an archive."""

_LARGE_IMAGE = 16_000_000
"""Pixels, of which each takes up to eight bytes on its way."""

_large = threading.RLock()
"""Held while one that has more is in memory: all threads together would fill it."""


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
    kept: list[tuple[int, _Known]] = []
    skipped = []
    buffer = PixelBuffer(len(images), preprocessing.height, preprocessing.width)
    with _named_warnings(on_note), ThreadPoolExecutor(WORKERS) as pool:
        results = _in_order(
            pool, lambda index: _decoded_or_error(index, images, preprocessing), len(images)
        )
        try:
            for index, result in enumerate(results):
                on_image()
                if isinstance(result, _Decoded):
                    buffer.append(result.pixels)
                    kept.append((index, result.known))
                    continue
                name = _name_of(index, images.items[index])
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
    return _samples(images, buffer.finish(), kept, tuple(skipped), on_note)


def _in_order(
    pool: ThreadPoolExecutor,
    read: Callable[[int], _Decoded | Exception],
    count: int,
) -> Iterator[_Decoded | Exception]:
    """What is read for each number, a few of them ahead, since all would fill the memory."""
    ahead: collections.deque[Future[_Decoded | Exception]] = collections.deque()
    for number in range(count):
        ahead.append(pool.submit(read, number))
        if len(ahead) == AHEAD:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


@dataclasses.dataclass(frozen=True)
class _Known:
    """Where an image lies in the network's input, and what is in it."""

    placement: Placement
    found: FoundAnnotation | None


@dataclasses.dataclass(frozen=True)
class _Decoded:
    """An image at the network's input size, with what is known of it."""

    pixels: NDArray[np.uint8]
    known: _Known


def _samples(
    images: ImageSet,
    pixels: Pixels,
    kept: Sequence[tuple[int, _Known]],
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
        pixels,
        None if images.labels is None else images.labels[[index for index, _ in kept]],
        skipped=skipped,
        class_order=images.order,
        placements=tuple(one.placement for _, one in kept),
        annotations=annotations,
    )


_decoded = threading.local()
"""What each thread decodes at the moment, as ``index`` and ``name``."""


@contextlib.contextmanager
def _named_warnings(on_note: Callable[[str], object]) -> Iterator[None]:
    """Tells of what Pillow warns of in any thread once, with the first image's name.

    The first is that of the least number, whichever thread was quicker.
    """
    images = collections.defaultdict(list)
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def collect(message: Warning | str, *place: Any, **more: Any) -> None:
            name = getattr(_decoded, "name", None)
            if name is None:
                shown(message, *place, **more)
            else:
                images[printable(one_line(message))].append((_decoded.index, name))

        warnings.simplefilter("always")
        warnings.showwarning = collect
        yield
    for text, warned in images.items():
        others = f" (and {len(warned) - 1} more)" if len(warned) > 1 else ""
        _, first = min(warned)
        on_note(f"{first}{others}: {text}")


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
    _decoded.index, _decoded.name = index, _name_of(index, item)
    with contextlib.ExitStack() as alone:
        try:
            image = _opened(item, alone)
            pixels = preprocessing.pixels(image)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            if limit := limit_behind(error):
                raise SystemLimitError(f"{_decoded.name}: {limit}") from error
            return error
        placement = preprocessing.placement(image.height, image.width)
        if images.annotations is None:
            return _Decoded(pixels, _Known(placement, None))
        del image
        try:
            found = images.annotations[index].found(placement.rows.image, placement.columns.image)
        except DataError as error:
            raise DataError(f"{_decoded.name}: {error}") from error
    return _Decoded(pixels, _Known(placement, found))


def _opened(item: Path | Member | NDArray[np.uint8], alone: contextlib.ExitStack) -> Image.Image:
    """An image in RGB; one that takes much memory waits for the others of that kind.

    Args:
        item: Its file or its pixels.
        alone: Holds what the others wait for.
    """
    if isinstance(item, np.ndarray):
        return to_rgb(Image.fromarray(item))
    if isinstance(item, Member) and item.bytes > _LARGE_FILE:
        alone.enter_context(_large)
    with opened_image(item.open() if isinstance(item, Member) else item) as image:
        if image.width * image.height > _LARGE_IMAGE:
            alone.enter_context(_large)
        return to_rgb(image)
