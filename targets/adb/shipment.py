"""What is put on a phone so that files can be checked and measured there."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...artifact.manifest import FILE_NAME, ArtifactRecord, Manifest, Tensor, read_manifest
from ...runtime.formats import format_of
from .protocol import DeviceFile, device_file


@dataclasses.dataclass(frozen=True)
class ShippedBundle:
    """A bundle with those of its files that go along.

    Attributes:
        name: Its folder in the job's.
        path: Its folder here.
        manifest: Its manifest.
        files: Records of its files, by their numbers in the job.
    """

    name: str
    path: Path
    manifest: Manifest
    files: dict[int, ArtifactRecord]


@dataclasses.dataclass(frozen=True)
class DeviceShipment:
    """Files for a phone.

    Attributes:
        files: Those to run, in the order asked for.
        bundles: The bundles that they belong to.
        parts: All files, by their paths in the job's folder.
    """

    files: tuple[DeviceFile, ...]
    bundles: tuple[ShippedBundle, ...]
    parts: dict[str, Path]


def shipment_of(paths: Sequence[Path]) -> DeviceShipment:
    """Files to run, and of each bundle that they lie in what a check there needs.

    Args:
        paths: Files, each once. One that lies in a bundle's folder is that bundle's.

    Raises:
        ArtifactError: The inputs and outputs of a file cannot be told.
        ManifestError: A bundle is damaged.
    """
    folders = list(dict.fromkeys(path.parent for path in paths))
    bundles = {
        folder: ShippedBundle(str(number), folder, read_manifest(folder), {})
        for number, folder in enumerate(folders)
        if (folder / FILE_NAME).is_file()
    }
    files, parts = [], {}
    for number, path in enumerate(paths):
        name = f"{folders.index(path.parent)}/{path.name}"
        record = _record(path, bundles.get(path.parent))
        if record:
            bundles[path.parent].files[number] = record
        files.append(device_file(name, path, *_tensors(path, record)))
        parts[name] = path
    needed = [bundle for bundle in bundles.values() if bundle.files]
    for bundle in needed:
        for file in (FILE_NAME, bundle.manifest.golden.path):
            parts[f"{bundle.name}/{file}"] = bundle.path / file
    return DeviceShipment(tuple(files), tuple(needed), parts)


def _record(path: Path, bundle: ShippedBundle | None) -> ArtifactRecord | None:
    """What the bundle states of a file; None where it is none of the bundle's."""
    records = bundle.manifest.artifacts if bundle else ()
    return next((record for record in records if record.file.path == path.name), None)


def _tensors(
    path: Path, record: ArtifactRecord | None
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """A file's inputs and outputs, by its runtime here only where no manifest states them."""
    if record:
        return record.inputs, record.outputs
    return format_of(path).tensors(path)
