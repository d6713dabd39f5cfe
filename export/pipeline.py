"""From a model and images to artifacts: rewrite, calibrate, convert, quantize and write."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from torch import nn

from ..artifact.content import write_content
from ..artifact.manifest import Compiled
from ..artifact.samples import Samples
from ..calibration.bias_correction import IMAGES as CORRECTION_IMAGES
from ..calibration.bias_correction import correct_biases
from ..calibration.ranges import Ranges, calibrate, reusable
from ..calibration.recipe import Recipe
from ..errors import ExportError, UsageError
from ..models.loading import LoadedModel
from ..process.interrupt import insistent_interrupt
from ..process.replacing import remove
from ..progress import Progress
from .exporter import Exporter
from .formats import EXPORTERS
from .rewrites.table import CALIBRATED, rewrite
from .spec import ExportSpec

Choose = Callable[[Exporter, Sequence[ExportSpec], Ranges], Recipe]
"""Takes what exports to a format, what it will export, and the activation ranges."""


@dataclasses.dataclass(frozen=True)
class Exported:
    """Files of one export.

    Attributes:
        artifacts: The file of each spec.
        compiled: What the file of each spec was compiled for, where it was.
        float32: By format, the float32 file that its others are timed against, which may lie
            outside the bundle; formats without one are left out.
        ranges: Activation ranges, where a spec needed them.
        failures: What went wrong, by format, where others went on.
        failed_files: The same of single files of a format, by their names.
    """

    artifacts: Mapping[ExportSpec, Path]
    compiled: Mapping[ExportSpec, Compiled]
    float32: Mapping[str, Path]
    ranges: Ranges | None
    failures: Mapping[str, str]
    failed_files: Mapping[str, str]


def export_artifacts(
    loaded: LoadedModel,
    specs: Sequence[ExportSpec],
    calibration: Samples,
    folder: Path,
    scratch: Path,
    progress: Progress,
    *,
    given: Ranges | None = None,
    older: Ranges | None = None,
    choose: Choose | None = None,
) -> Exported:
    """Writes one file per spec; of several, one that fails does not stop the others.

    Args:
        loaded: The model.
        specs: What to export, all with the same batch and observer.
        calibration: Images for activation ranges.
        folder: Where artifacts go.
        scratch: Where float32 files go that no spec asks for.
        progress: Is told about each step.
        given: Activation ranges to use in place of a calibration.
        older: Activation ranges to use if a calibration would give the same.
        choose: Gives the INT8 artifacts of a format their recipe, in place of our own choice.

    Raises:
        ExportError: A converter failed, or all did.
        DataError: An activation has no finite range, or the given ranges are another model's.
        UsageError: A recipe asks for a kernel that does not exist.
    """
    by_format = _grouped(specs)
    calibrated = _calibrated_form(loaded, specs, progress)
    ranges = None
    if any(spec.needs_ranges for spec in specs):
        ranges = _ranges(given, older, calibrated, calibration, loaded, specs[0].observer, progress)
    artifacts: dict[ExportSpec, Path] = {}
    compiled: dict[ExportSpec, Compiled] = {}
    float32: dict[str, Path] = {}
    failures: dict[str, str] = {}
    failed_files: dict[str, str] = {}
    for name, wanted in by_format.items():
        work = _FormatExport(loaded, wanted, calibration, ranges, folder, progress, choose)
        try:
            written = work.run()
            reference = work.float32(scratch, written)
        except (ExportError, UsageError) as error:
            if len(by_format) == 1:
                raise
            failures[name] = str(error)
            work.remove()
            continue
        artifacts |= written
        failed_files |= work.failures
        compiled |= work.compiled(written)
        if reference:
            float32[name] = reference
    if not artifacts:
        raise ExportError("; ".join(f"{name}: {text}" for name, text in failures.items()))
    return Exported(artifacts, compiled, float32, ranges, failures, failed_files)


def _calibrated_form(
    loaded: LoadedModel, specs: Sequence[ExportSpec], progress: Progress
) -> nn.Module:
    """The model in the form that ranges are taken on, for which every recipe is checked.

    Raises:
        UsageError: A recipe asks for a kernel that does not exist.
    """
    with progress.step("rewriting the model"):
        calibrated = rewrite(loaded.network, CALIBRATED)
        for spec in specs:
            EXPORTERS[spec.format].precisions_of(spec, calibrated)
    return calibrated


def _grouped(specs: Sequence[ExportSpec]) -> dict[str, list[ExportSpec]]:
    """Specs by their format, in their order."""
    groups: dict[str, list[ExportSpec]] = {}
    for spec in specs:
        groups.setdefault(spec.format, []).append(spec)
    return groups


class _FormatExport:
    """Exports one format's files.

    Attributes:
        failures: Why a file was not written, by its name, where others were.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        specs: Sequence[ExportSpec],
        calibration: Samples,
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
        self._exporter = EXPORTERS[specs[0].format](loaded, specs[0].batch)
        self.failures: dict[str, str] = {}

    def run(self) -> dict[ExportSpec, Path]:
        """Writes one file per spec; why one was not, where another was, is in :attr:`failures`.

        Raises:
            ExportError: A converter failed for all of them.
            UsageError: What was asked for does not exist.
        """
        self._exporter.prepare(self._specs, self._calibration, self._progress)
        artifacts = {}
        for spec in self._specs:
            spec = self._with_chosen_recipe(spec)
            path = self._path(spec)
            try:
                self._write(spec, path)
            except (ExportError, UsageError) as error:
                if len(self._specs) == 1:
                    raise
                remove(path)
                self.failures[path.name] = f"{path.name}: {error}"
            else:
                artifacts[spec] = path
        if not artifacts:
            raise ExportError("; ".join(self.failures.values()))
        return artifacts

    def _write(self, spec: ExportSpec, path: Path) -> None:
        with self._progress.step(f"writing {spec.format} {spec.label}"), insistent_interrupt():
            content = self._exporter.export(spec, self._source(spec), self._ranges)
            write_content(path, content)

    def compiled(self, specs: Iterable[ExportSpec]) -> dict[ExportSpec, Compiled]:
        """What files were compiled for, where they were."""
        stated = {spec: self._exporter.compiled_for(spec) for spec in specs}
        return {spec: found for spec, found in stated.items() if found is not None}

    def float32(self, scratch: Path, artifacts: Mapping[ExportSpec, Path]) -> Path | None:
        """The float32 file among the artifacts, or one in a scratch folder, if it costs nothing."""
        for spec, path in artifacts.items():
            if spec.precision == "fp32" and spec.not_run is None:
                return path
        content = self._exporter.float_file()
        if content is None:
            return None
        path = scratch / f"float32{self._exporter.format.suffix}"
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
            self._chosen = self._choose(self._exporter, self._specs, self._ranges)
        return dataclasses.replace(spec, recipe=self._chosen)

    def _source(self, spec: ExportSpec) -> nn.Module:
        """The rewritten model, with corrected biases where the spec asks for them."""
        if not spec.bias_correction:
            return self._exporter.model
        corrected = copy.deepcopy(self._exporter.model)
        precisions = self._exporter.precisions_of(spec, corrected)
        images, preprocessing = self._calibration, self._loaded.preprocessing
        count = 2 * min(len(images), CORRECTION_IMAGES)
        with self._progress.step("correcting biases", count) as advance:
            correct_biases(corrected, self._ranges, precisions, images, preprocessing, advance)
        return corrected


def _ranges(
    given: Ranges | None,
    older: Ranges | None,
    rewritten: nn.Module,
    calibration: Samples,
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
