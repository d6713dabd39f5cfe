"""Jobs for browsers, and what a site needs beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...artifact.files import digest_of, size_of
from ...artifact.formats import BY_SUFFIX
from ...artifact.manifest import FILE_NAME, Tensor, read_manifest
from ...artifact.preprocessing import Preprocessing
from ...errors import ArtifactError
from ...runtime.formats import format_of
from ...runtime.images import why_no_image
from ...runtime.tensor_values import fixed_shape, shown_tensor
from .protocol import JOB, AnyTask, CheckTask, WebFile, WebImages, WebJob

Parts = Mapping[str, Path | bytes]
"""What a site has, by the paths in it."""


@dataclasses.dataclass(frozen=True)
class ShippedFiles:
    """Files for a site.

    Attributes:
        files: The files, in the order asked for.
        parts: Where they come from, by the paths in the site.
    """

    files: tuple[WebFile, ...]
    parts: Parts


def ship_files(paths: Sequence[Path]) -> ShippedFiles:
    """Files as a site has them.

    Args:
        paths: The files, each once.

    Raises:
        ArtifactError: A file cannot be read, or takes anything but images, or gives something that
            is not one for each image.
    """
    precisions = _precisions(paths)
    files = [
        _web_file(f"files/{number}/{path.name}", path, precisions.get(path, ""))
        for number, path in enumerate(paths)
    ]
    return ShippedFiles(
        tuple(files), {file.path: path for file, path in zip(files, paths, strict=True)}
    )


def ship_images(name: str, pixels: NDArray[np.uint8]) -> tuple[WebImages, Parts]:
    """Images as a site has them.

    Args:
        name: Of the file that they are put into.
        pixels: uint8 [N, H, W, 3].
    """
    images, height, width, channels = pixels.shape
    shown = WebImages(file=name, shape=(images, height, width, channels))
    return shown, {name: np.ascontiguousarray(pixels).tobytes()}


def check_task(
    files: Sequence[int],
    images: WebImages,
    preprocessing: Preprocessing,
    setting: Mapping[str, object],
) -> CheckTask:
    """What has images run by files; ``setting`` is what every task says besides its files."""
    return CheckTask.model_validate(
        {
            **setting,
            "files": tuple(files),
            "images": images,
            "preprocessing": preprocessing.to_dict(),
        }
    )


def job_parts(job: WebJob) -> Parts:
    """The job as a site has it."""
    return {JOB: job.model_dump_json().encode()}


def job_of(
    name: str, files: Sequence[WebFile], requests: Sequence[AnyTask], *, starts: bool
) -> WebJob:
    """A job.

    Args:
        name: What it is of, as the page shows it.
        files: Every file of every request.
        requests: What is to be done.
        starts: Whether the page begins by itself.
    """
    return WebJob(name=name, files=tuple(files), requests=tuple(requests), starts=starts)


def _precisions(paths: Sequence[Path]) -> dict[Path, str]:
    """Those of files that lie in bundles."""
    told: dict[Path, str] = {}
    for folder in dict.fromkeys(path.parent for path in paths):
        if (folder / FILE_NAME).is_file():
            records = read_manifest(folder).artifacts
            told |= {folder / record.file.path: record.precision for record in records}
    return told


def _web_file(place: str, path: Path, precision: str) -> WebFile:
    inputs, outputs = format_of(path).tensors(path)
    if reason := why_no_image(inputs):
        raise ArtifactError(f"{path}: {reason}; browsers run files that take one RGB image")
    (given,) = map(_fixed, inputs)
    made = tuple(map(_fixed, outputs))
    for tensor in made:
        if tensor.shape[:1] != given.shape[:1]:
            raise ArtifactError(
                f"{path}: its output {shown_tensor(tensor)} is not one for each image; browsers run"
                " files that give such"
            )
    return WebFile.model_validate(
        {
            "path": place,
            "name": path.name,
            "format": BY_SUFFIX[path.suffix].name,
            "precision": precision,
            "sha256": digest_of(path),
            "bytes": size_of(path),
            "input": given,
            "outputs": made,
        }
    )


def _fixed(tensor: Tensor) -> Tensor:
    return tensor.model_copy(update={"shape": fixed_shape(tensor)})
