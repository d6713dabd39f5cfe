"""Exporting a model to a bundle: artifacts, labels, golden vectors and a manifest."""

from __future__ import annotations

import copy
import dataclasses
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ..artifact.golden import COUNT as GOLDEN_COUNT
from ..artifact.golden import GoldenVectors
from ..artifact.labels import format_labels
from ..artifact.manifest import (
    FILE_NAME,
    ArtifactRecord,
    Calibration,
    FileRecord,
    Manifest,
    Source,
)
from ..calibration.bias_correction import IMAGES as CORRECTION_IMAGES
from ..calibration.bias_correction import correct_biases
from ..calibration.images import DecodedImages
from ..calibration.legality import legal_precisions
from ..calibration.ranges import Ranges, calibrate, reusable
from ..calibration.recipe import Recipe
from ..models.loading import LoadedModel
from ..progress import Progress
from . import tflite
from .rewrite import rewrite
from .spec import ExportSpec

LABELS_FILE = "labels.txt"
GOLDEN_FILE = "golden.npz"
RANGES_FILE = "ranges.json"

_TOOLCHAIN = (
    "lowformer-edge",
    "torch",
    "litert-torch",
    "litert-converter",
    "ai-edge-quantizer",
    "ai-edge-litert",
    "numpy",
    "pillow",
)


Choose = Callable[[bytes, nn.Module, Ranges], Recipe]
"""Takes the float32 file, the rewritten model and its ranges."""


@dataclasses.dataclass(frozen=True)
class Exported:
    """Files of one export.

    Attributes:
        artifacts: The file of each spec.
        float32: The float32 file, which may lie outside the bundle; others are timed against it.
        ranges: Activation ranges, where a spec needed them.
    """

    artifacts: Mapping[ExportSpec, Path]
    float32: Path
    ranges: Ranges | None


def export_artifacts(
    loaded: LoadedModel,
    specs: Sequence[ExportSpec],
    calibration: DecodedImages,
    folder: Path,
    scratch: Path,
    progress: Progress,
    *,
    given: Ranges | None = None,
    older: Ranges | None = None,
    choose: Choose | None = None,
) -> Exported:
    """Writes one file per spec.

    Args:
        loaded: The model.
        specs: What to export, all with the same batch and observer.
        calibration: Images for activation ranges.
        folder: Where artifacts go.
        scratch: Where the float32 file goes if no spec asks for it.
        progress: Is told about each step.
        given: Activation ranges to use in place of a calibration.
        older: Activation ranges to use if a calibration would give the same.
        choose: Gives the INT8 artifact its recipe, in place of our own choice.

    Raises:
        ExportError: A converter failed.
        DataError: An activation has no finite range, or the given ranges are another model's.
        UsageError: A recipe asks for a kernel that does not exist.
    """
    with progress.step("rewriting the model"):
        rewritten = rewrite(loaded.network, "tflite")
        for spec in specs:
            legal_precisions(spec.target, spec.quantization_recipe(), rewritten)
    ranges = None
    if any(spec.needs_ranges for spec in specs):
        ranges = _ranges(given, older, rewritten, calibration, loaded, specs[0].observer, progress)
    with progress.step("converting to TFLite"):
        float_file = tflite.convert(rewritten, loaded.config.input_size, specs[0].batch)
    artifacts = {}
    for spec in specs:
        if choose and spec.needs_ranges:
            assert ranges is not None
            spec = dataclasses.replace(spec, recipe=choose(float_file, rewritten, ranges))
        converted, source = float_file, rewritten
        if spec.bias_correction:
            source = _corrected(rewritten, ranges, spec, calibration, loaded, progress)
            with progress.step("converting the corrected model"):
                converted = tflite.convert(source, loaded.config.input_size, spec.batch)
        with progress.step(f"writing {spec.label}"):
            path = folder / f"{loaded.config.name}-{spec.label}.tflite"
            path.write_bytes(tflite.export_tflite(converted, spec, source, ranges, loaded))
            artifacts[spec] = path
    float_spec = ExportSpec(batch=specs[0].batch)
    float32 = next((path for spec, path in artifacts.items() if spec.precision == "fp32"), None)
    if float32 is None:
        float32 = scratch / "float32.tflite"
        float32.write_bytes(tflite.export_tflite(float_file, float_spec, rewritten, None, loaded))
    return Exported(artifacts, float32, ranges)


def _corrected(
    rewritten: nn.Module,
    ranges: Ranges | None,
    spec: ExportSpec,
    calibration: DecodedImages,
    loaded: LoadedModel,
    progress: Progress,
) -> nn.Module:
    """A copy of the rewritten model with biases corrected for a spec's precisions."""
    corrected = copy.deepcopy(rewritten)
    precisions = legal_precisions(spec.target, spec.quantization_recipe(), corrected)
    count = 2 * min(len(calibration), CORRECTION_IMAGES)
    with progress.step("correcting biases", count) as advance:
        correct_biases(corrected, ranges, precisions, calibration, loaded.preprocessing, advance)
    return corrected


def _ranges(
    given: Ranges | None,
    older: Ranges | None,
    rewritten: nn.Module,
    calibration: DecodedImages,
    loaded: LoadedModel,
    observer: str,
    progress: Progress,
) -> Ranges:
    """Activation ranges: those given, those of before if they still fit, or new ones."""
    if given is not None:
        given.check_model(rewritten, loaded.preprocessing)
        return given
    known = reusable(older, rewritten, calibration, loaded.preprocessing, observer)
    if known is not None:
        with progress.step("reusing the older bundle's ranges"):
            return known
    with progress.step("calibrating", len(calibration)) as advance:
        return calibrate(rewritten, calibration, loaded.preprocessing, observer, advance)


def write_golden(folder: Path, pixels: NDArray[np.uint8], logits: NDArray[np.float32]) -> None:
    """Writes the first images with the eager model's logits as golden vectors."""
    GoldenVectors(pixels[:GOLDEN_COUNT], logits[:GOLDEN_COUNT]).save(folder / GOLDEN_FILE)


def write_manifest(
    folder: Path,
    loaded: LoadedModel,
    artifacts: Sequence[ArtifactRecord],
    calibration: DecodedImages,
    ranges: Ranges | None,
    machine: dict[str, str],
) -> Manifest:
    """Writes labels, ranges and manifest, the last files of a bundle."""
    calibration_name = calibration.name
    if ranges and ranges.data != calibration.digest:
        calibration_name = "images of an earlier calibration"
    labels = None
    if loaded.labels:
        path = folder / LABELS_FILE
        path.write_text(format_labels(loaded.labels), encoding="utf-8")
        labels = FileRecord.of(path)
    if ranges:
        ranges.save(folder / RANGES_FILE)
    manifest = Manifest(
        name=loaded.config.name,
        model=loaded.config.to_dict(),
        source=Source(
            name=loaded.source, sha256=loaded.digest, fit_for_accuracy=not loaded.is_random
        ),
        preprocessing=loaded.preprocessing.to_dict(),
        labels=labels,
        golden=FileRecord.of(folder / GOLDEN_FILE),
        artifacts=tuple(artifacts),
        calibration=ranges
        and Calibration(
            sha256=ranges.digest,
            data=calibration_name,
            images=ranges.images,
            distinct=ranges.distinct,
            skipped=calibration.skipped,
            observer=ranges.observer,
            ranges=FileRecord.of(folder / RANGES_FILE),
        ),
        machine=machine,
        toolchain=toolchain(),
    )
    (folder / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def toolchain() -> dict[str, str]:
    """Versions of the installed packages that take part in an export."""
    versions = {}
    for name in _TOOLCHAIN:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
