"""From a model and images to artifacts: rewrite, calibrate, convert, quantize and write."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import nn

from ..artifact.manifest import Compiled
from ..artifact.samples import Samples
from ..calibration.ranges import Ranges, calibrate, reusable
from ..models.loading import LoadedModel
from ..progress import Progress
from .format_jobs import write_formats
from .format_work import Choose, FormatWork
from .formats import EXPORTERS
from .rewrites.table import CALIBRATED, rewrite
from .spec import ExportSpec


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
    jobs: int = 1,
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
        jobs: How many processes convert at a time, where the files are not of one piece of work.

    Raises:
        ExportError: A converter failed, or all did.
        DataError: An activation has no finite range, or the given ranges are another model's.
        UsageError: A recipe asks for a kernel that does not exist.
    """
    calibrated = _calibrated_form(loaded, specs, progress)
    ranges = None
    if any(spec.needs_ranges for spec in specs):
        ranges = _ranges(given, older, calibrated, calibration, loaded, specs[0].observer, progress)
    works = {
        name: FormatWork(tuple(wanted), calibration, ranges, folder, scratch)
        for name, wanted in _grouped(specs).items()
    }
    written, failures = write_formats(loaded, works, jobs, progress, choose)
    artifacts: dict[ExportSpec, Path] = {}
    compiled: dict[ExportSpec, Compiled] = {}
    failed_files: dict[str, str] = {}
    for one in written.values():
        artifacts |= one.artifacts
        compiled |= one.compiled
        failed_files |= one.failures
    float32 = {name: one.float32 for name, one in written.items() if one.float32}
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
