"""Exporting a model to a bundle: artifacts, labels, golden vectors and a manifest."""

from __future__ import annotations

import copy
import dataclasses
import importlib.metadata
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ..artifact import check_on_mac
from ..artifact.content import write_content
from ..artifact.files import remove
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
from ..calibration.data.images import DecodedImages
from ..calibration.ranges import Ranges, calibrate, reusable
from ..calibration.recipe import Recipe
from ..errors import ExportError, MissingDependencyError
from ..models.loading import LoadedModel
from ..process.interrupt import insistent_interrupt
from ..progress import Progress
from .coreml.exporter import CoreMLExporter
from .executorch.exporter import ExecuTorchExporter
from .exporter import Exporter
from .legality import legal_precisions
from .onnx.exporter import OnnxExporter
from .qnn.exporter import QnnExporter
from .rewrites.table import CALIBRATED, rewrite
from .spec import ExportSpec
from .tflite.exporter import TFLiteExporter

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
    "executorch",
    "torchao",
    "onnx",
    "onnxscript",
    "onnxruntime",
    "onnxruntime-qnn",
    "coremltools",
    "numpy",
    "pillow",
)


Choose = Callable[[Exporter, Ranges], Recipe]
"""Takes what exports to the target, and the activation ranges."""


@dataclasses.dataclass(frozen=True)
class Exported:
    """Files of one export.

    Attributes:
        artifacts: The file of each spec.
        float32: By target, the float32 file that its others are timed against, which may lie
            outside the bundle; targets without one are left out.
        ranges: Activation ranges, where a spec needed them.
        failures: What went wrong, by target, where others went on.
    """

    artifacts: Mapping[ExportSpec, Path]
    float32: Mapping[str, Path]
    ranges: Ranges | None
    failures: Mapping[str, str]


def exporter_of(target: str, loaded: LoadedModel, batch: int) -> Exporter:
    """The exporter of a target, with the model rewritten for it."""
    if target == "tflite":
        return TFLiteExporter(loaded, batch)
    if target == "executorch":
        return ExecuTorchExporter(loaded, batch)
    if target == "coreml":
        return CoreMLExporter(loaded, batch)
    if target == "qnn":
        return QnnExporter(loaded, batch)
    return OnnxExporter(loaded, batch)


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
    """Writes one file per spec, with one calibration for all.

    With several targets, one that fails does not stop the others.

    Args:
        loaded: The model.
        specs: What to export, all with the same batch and observer.
        calibration: Images for activation ranges.
        folder: Where artifacts go.
        scratch: Where float32 files go that no spec asks for.
        progress: Is told about each step.
        given: Activation ranges to use in place of a calibration.
        older: Activation ranges to use if a calibration would give the same.
        choose: Gives the INT8 artifacts of a target their recipe, in place of our own choice.

    Raises:
        ExportError: A converter failed, or all did.
        DataError: An activation has no finite range, or the given ranges are another model's.
        UsageError: A recipe asks for a kernel that does not exist.
    """
    by_target: dict[str, list[ExportSpec]] = {}
    for spec in specs:
        by_target.setdefault(spec.target, []).append(spec)
    with progress.step("rewriting the model"):
        calibrated = rewrite(loaded.network, CALIBRATED)
        for spec in specs:
            legal_precisions(spec.target, spec.quantization_recipe(), calibrated)
    ranges = None
    if any(spec.needs_ranges for spec in specs):
        ranges = _ranges(given, older, calibrated, calibration, loaded, specs[0].observer, progress)
    artifacts: dict[ExportSpec, Path] = {}
    float32: dict[str, Path] = {}
    failures: dict[str, str] = {}
    for target, wanted in by_target.items():
        work = _TargetExport(loaded, wanted, calibration, ranges, folder, progress, choose)
        try:
            written = work.run()
            reference = work.float32(scratch, written)
        except (ExportError, MissingDependencyError) as error:
            if len(by_target) == 1:
                raise
            failures[target] = str(error)
            work.remove()
            continue
        artifacts |= written
        if reference:
            float32[target] = reference
    if not artifacts:
        raise ExportError("; ".join(f"{target}: {text}" for target, text in failures.items()))
    return Exported(artifacts, float32, ranges, failures)


class _TargetExport:
    """Exports one target's files."""

    def __init__(
        self,
        loaded: LoadedModel,
        specs: Sequence[ExportSpec],
        calibration: DecodedImages,
        ranges: Ranges | None,
        folder: Path,
        progress: Progress,
        choose: Choose | None,
    ) -> None:
        self._loaded = loaded
        self._specs = specs
        self._calibration = calibration
        self._ranges = ranges
        self._folder = folder
        self._progress = progress
        self._choose = choose
        self._chosen: Recipe | None = None
        self._exporter = exporter_of(specs[0].target, loaded, specs[0].batch)

    def run(self) -> dict[ExportSpec, Path]:
        """Writes one file per spec."""
        if isinstance(self._exporter, TFLiteExporter):
            with self._progress.step("converting to TFLite"):
                self._exporter.converted()
        if isinstance(self._exporter, QnnExporter) and any(s.needs_ranges for s in self._specs):
            with self._progress.step("calibrating all ops", len(self._calibration)) as advance:
                self._exporter.observe(self._calibration, advance)
        artifacts = {}
        for spec in self._specs:
            spec = self._with_chosen_recipe(spec)
            with self._progress.step(f"writing {spec.target} {spec.label}"), insistent_interrupt():
                content = self._exporter.export(spec, self._source(spec), self._ranges)
                write_content(self._path(spec), content)
            artifacts[spec] = self._path(spec)
        return artifacts

    def float32(self, scratch: Path, artifacts: Mapping[ExportSpec, Path]) -> Path | None:
        """The float32 file among the artifacts, or one in a scratch folder, if it costs nothing."""
        for spec, path in artifacts.items():
            if spec.precision == "fp32" and spec.runs_here:
                return path
        content = self._exporter.float_file()
        if content is None:
            return None
        path = scratch / f"float32{self._exporter.suffix}"
        write_content(path, content)
        return path

    def remove(self) -> None:
        """Removes what was written."""
        for spec in self._specs:
            remove(self._path(spec))

    def _path(self, spec: ExportSpec) -> Path:
        return (
            self._folder
            / f"{self._loaded.config.name}-{spec.label}{self._exporter.suffix_of(spec)}"
        )

    def _with_chosen_recipe(self, spec: ExportSpec) -> ExportSpec:
        if self._choose is None or spec.precision != "int8":
            return spec
        if self._chosen is None:
            assert self._ranges is not None
            self._chosen = self._choose(self._exporter, self._ranges)
        return dataclasses.replace(spec, recipe=self._chosen)

    def _source(self, spec: ExportSpec) -> nn.Module:
        """The rewritten model, with corrected biases where the spec asks for them."""
        if not spec.bias_correction:
            return self._exporter.model
        return _corrected(
            self._exporter.model,
            self._ranges,
            spec,
            self._calibration,
            self._loaded,
            self._progress,
        )


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
    requirements: tuple[str, ...],
) -> Manifest:
    """Writes labels, ranges, the check for Macs and the manifest, the last files of a bundle."""
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
    mac_check = None
    if any(artifact.target == "coreml" for artifact in artifacts):
        path = folder / Path(check_on_mac.__file__).name
        shutil.copyfile(check_on_mac.__file__, path)
        mac_check = FileRecord.of(path)
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
        mac_check=mac_check,
        requirements=requirements,
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
