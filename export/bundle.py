"""Writing what a bundle holds besides artifacts: labels, golden vectors and a manifest."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..artifact import check_on_mac
from ..artifact.formats import FORMATS
from ..artifact.golden import COUNT as GOLDEN_COUNT
from ..artifact.golden import GoldenVectors
from ..artifact.labels import format_labels
from ..artifact.manifest import (
    FILE_NAME,
    ArtifactRecord,
    Calibration,
    FileRecord,
    Manifest,
    Pruning,
    Source,
)
from ..artifact.outputs import Outputs, part_of
from ..artifact.pixel_file import Pixels
from ..artifact.samples import Samples
from ..calibration.ranges import Ranges
from ..models.loading import LoadedModel
from .guide.guide import FILE as GUIDE_FILE
from .guide.guide import use_guide

LABELS_FILE = "labels.txt"
GOLDEN_FILE = "golden.npz"
RANGES_FILE = "ranges.json"

MOST_GOLDEN_BYTES = 16 << 20
"""Of outputs in golden vectors, which an app carries."""

_TOOLCHAIN = (
    "lowformer-edge",
    "torch",
    *dict.fromkeys(name for row in FORMATS.values() for name in row.converters),
    "numpy",
    "pillow",
)


def write_golden(folder: Path, pixels: Pixels, outputs: Outputs) -> None:
    """Writes the first images with the eager model's outputs, by name, as golden vectors.

    Of maps that are large there are fewer, but for the first image's.
    """
    each = sum(values[:1].nbytes for values in outputs.values())
    count = max(1, min(GOLDEN_COUNT, MOST_GOLDEN_BYTES // each))
    GoldenVectors(pixels[:count], part_of(outputs, slice(count))).save(folder / GOLDEN_FILE)


def write_manifest(
    folder: Path,
    loaded: LoadedModel,
    outputs: Outputs,
    artifacts: Sequence[ArtifactRecord],
    calibration: Samples,
    ranges: Ranges | None,
    machine: dict[str, str],
    requirements: tuple[str, ...],
    class_order: str = "",
    pruning: Pruning | None = None,
) -> Manifest:
    """Writes labels, ranges, the check for Macs, the guide and the manifest, a bundle's last files.

    ``outputs`` are the eager model's, which the manifest describes; ``class_order`` is what
    accuracy takes for the order of classes that nobody named; ``pruning`` says how the model was
    pruned, if it was.
    """
    labels = None
    if loaded.labels:
        path = folder / LABELS_FILE
        path.write_text(format_labels(loaded.labels), encoding="utf-8")
        labels = FileRecord.of(path)
    if ranges:
        ranges.save(folder / RANGES_FILE)
    mac_check = None
    if any(artifact.format == "coreml" for artifact in artifacts):
        path = folder / Path(check_on_mac.__file__).name
        shutil.copyfile(check_on_mac.__file__, path)
        mac_check = FileRecord.of(path)
    manifest = Manifest(
        name=loaded.config.name,
        task=loaded.task.name,
        model=loaded.config.to_dict(),
        source=Source(
            name=loaded.source,
            sha256=loaded.digest,
            taken=loaded.taken,
            fit_for_accuracy=not loaded.is_random,
        ),
        preprocessing=loaded.preprocessing.to_dict(),
        preprocessing_sources=dict(loaded.preprocessing_sources),
        outputs=loaded.task.describe(outputs),
        labels=labels,
        classes_source=loaded.classes_source or class_order or None,
        golden=FileRecord.of(folder / GOLDEN_FILE),
        artifacts=tuple(artifacts),
        calibration=ranges and _calibration(folder, ranges, calibration),
        mac_check=mac_check,
        requirements=requirements,
        pruning=pruning,
        machine=machine,
        toolchain=toolchain(),
    )
    manifest = manifest.model_copy(update={"guide": _write_guide(folder, manifest)})
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _write_guide(folder: Path, manifest: Manifest) -> FileRecord:
    path = folder / GUIDE_FILE
    path.write_text(use_guide(manifest), encoding="utf-8")
    return FileRecord.of(path)


def _calibration(folder: Path, ranges: Ranges, images: Samples) -> Calibration:
    """What the manifest says of activation ranges, which the bundle holds."""
    is_earlier = ranges.data != images.digest
    return Calibration(
        sha256=ranges.digest,
        data="images of an earlier calibration" if is_earlier else images.name,
        images=ranges.images,
        distinct=ranges.distinct,
        skipped=images.skipped,
        observer=ranges.observer,
        ranges=FileRecord.of(folder / RANGES_FILE),
    )


def toolchain() -> dict[str, str]:
    """Versions of the installed packages that take part in an export."""
    versions = {}
    for name in _TOOLCHAIN:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
