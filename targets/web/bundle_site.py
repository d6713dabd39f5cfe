"""A site that shows a bundle: its files, what is stated of it, and a job that it does by itself."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...artifact.bundle import Bundle, open_bundle
from ...artifact.files import digest_of
from ...artifact.formats import BY_SUFFIX, WebAccelerator
from ...artifact.manifest import FILE_NAME
from ...errors import UsageError
from .job import Parts, check_task, job_of, job_parts, ship_files, ship_images
from .protocol import (
    LONGEST_SILENCE_S,
    WARMUP_S,
    AloneTask,
    AnyTask,
    TimeTask,
    WebFile,
    WebImages,
    outputs_size,
)
from .site import page_parts, runtime_parts

BUNDLE = "bundle.json"

LARGEST_OUTPUTS = 8 << 20
"""Bytes of a file's outputs in a report; so many golden images are run at most."""

SAMPLES = 4
"""Of the golden images, that can be tried."""

PASSES = 5
ROUNDS = 20
"""Timed runs of each file in each pass, which is a fresh worker."""

GOLDEN = "golden.npz"
_IMAGES = "images.raw"


@dataclasses.dataclass(frozen=True)
class SiteChoice:
    """What a site does.

    Attributes:
        accelerators: What files are run on.
        threads: Of each runtime on the processor.
        rounds: Timed runs of each file in each pass.
        warmup_s: Seconds that are not timed in each pass, at least.
    """

    accelerators: tuple[WebAccelerator, ...] = ("wasm", "webgpu")
    threads: tuple[int, ...] = (1,)
    rounds: int = ROUNDS
    warmup_s: float = WARMUP_S


def bundle_parts(bundle: Bundle) -> Parts:
    """What the page needs of a bundle besides its files.

    Raises:
        ManifestError: The bundle is damaged.
    """
    manifest, golden = bundle.manifest, bundle.golden()
    samples = {
        f"samples/{number}.png": _png(pixels)
        for number, pixels in enumerate(golden.pixels[:SAMPLES], 1)
    }
    stated = {
        "name": manifest.name,
        "task": manifest.task,
        "trained": manifest.source.fit_for_accuracy,
        "manifest_sha256": digest_of(bundle.folder / FILE_NAME),
        "labels": list(bundle.labels or ()),
        "preprocessing": bundle.preprocessing.to_dict(),
        "outputs": [output.model_dump(mode="json") for output in manifest.outputs],
        "golden": GOLDEN,
        "samples": [*samples],
    }
    return {
        BUNDLE: json.dumps(stated).encode(),
        GOLDEN: bundle.folder / manifest.golden.path,
        **samples,
    }


def parts_beside(paths: Sequence[Path]) -> Parts:
    """What the page needs besides files: of the bundle that all of them lie in, if they do.

    Raises:
        ManifestError: The bundle is damaged.
    """
    folders = {path.parent for path in paths}
    if len(folders) == 1 and ((folder := folders.pop()) / FILE_NAME).is_file():
        return bundle_parts(open_bundle(folder))
    return {BUNDLE: b"null"}


def site_parts(bundle: Bundle, choice: SiteChoice) -> Parts:
    """All of a static site of a bundle.

    Args:
        bundle: The bundle.
        choice: What the site does.

    Raises:
        LabError: The web laboratory is missing, or the page is not built.
        UsageError: Browsers take none of the bundle's files.
    """
    taken = [path for path in bundle.files if BY_SUFFIX[path.suffix].in_browsers]
    if not taken:
        raise UsageError(
            f"{bundle.folder}: holds no file for browsers; export it to tflite or onnx"
        )
    shipped = ship_files(taken)
    count = _images_within(shipped.files, len(bundle.golden().pixels))
    images, pixels = ship_images(_IMAGES, bundle.golden().pixels[:count])
    requests = [*_requests(bundle, shipped.files, images, choice)]
    job = job_of(bundle.manifest.name, shipped.files, requests, starts=False)
    return {
        **page_parts(),
        **runtime_parts(shipped.files),
        **shipped.parts,
        **pixels,
        **bundle_parts(bundle),
        **job_parts(job),
    }


def _requests(
    bundle: Bundle, files: Sequence[WebFile], images: WebImages, choice: SiteChoice
) -> Iterator[AnyTask]:
    """For each accelerator every file's parity, then its first run, then all in turns."""
    for accelerator in choice.accelerators:
        taken = [
            number
            for number, file in enumerate(files)
            if accelerator in BY_SUFFIX[f".{file.format}"].in_browsers
        ]
        for threads in choice.threads if accelerator == "wasm" else (1,):
            setting: dict[str, Any] = {
                "accelerator": accelerator,
                "threads": threads,
                "timeout_s": LONGEST_SILENCE_S,
            }
            for number in taken:
                yield check_task([number], images, bundle.preprocessing, setting)
            for number in taken:
                yield AloneTask(files=(number,), **setting)
            for number in range(PASSES if taken else 0):
                first = number % len(taken)
                yield TimeTask(
                    files=tuple(taken),
                    rounds=choice.rounds,
                    first=first,
                    warmup_s=choice.warmup_s,
                    **setting,
                )


def _images_within(files: Sequence[WebFile], most: int) -> int:
    """How many images are run, so that no file's outputs are too large for a report."""
    largest = max(outputs_size(file, 1) for file in files)
    return max(1, min(most, LARGEST_OUTPUTS // largest))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    return content.getvalue()
