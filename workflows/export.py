"""Exporting a model to a bundle that is proven: from a model and images to files and a manifest."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..artifact.files import replaced_folder
from ..artifact.manifest import ArtifactRecord, FileRecord, Manifest
from ..artifact.replacement import check_replaceable
from ..artifact.results.export import ExportedResult
from ..artifact.samples import Samples
from ..calibration.ranges import Ranges
from ..errors import CheckError, DataError
from ..export.bundle import RANGES_FILE, write_golden, write_manifest
from ..export.eager import EagerModel
from ..export.pipeline import Exported, export_artifacts
from ..export.search.search import Bound, Found
from ..export.spec import ExportSpec
from ..judging.promise import FLOAT, promise_of
from ..judging.requirement import DEFAULT_REQUIREMENTS, parse_requirement
from ..judging.verdict import failures_of
from ..models.loading import LoadedModel
from ..progress import Progress
from ..runtime.machine import describe_machine
from .artifact_check import Candidate, CheckedArtifact, check_artifacts
from .search import recipe_search

SIMULATED_IMAGES = 16
"""How many images a simulator runs, which takes a second for each."""

RUNS = 30
"""Timed runs of each file."""


@dataclasses.dataclass(frozen=True)
class ExportRequest:
    """What an export works on, all read and checked.

    Attributes:
        loaded: The model.
        specs: What to export, all with the same batch and observer.
        calibration: Images for activation ranges.
        evaluation: Images for parity and accuracy.
        ranges: Activation ranges of an earlier calibration, in place of a new one.
        bound: What a search must keep, if one was asked for.
        requirements: What each file's residency must be.
        threads: Of the runtimes that time files.
        runs: Timed runs of each file.
        keeps_failed: Whether the bundle is written although a check fails.
    """

    loaded: LoadedModel
    specs: Sequence[ExportSpec]
    calibration: Samples
    evaluation: Samples
    ranges: Ranges | None = None
    bound: Bound | None = None
    requirements: tuple[str, ...] = DEFAULT_REQUIREMENTS
    threads: int = 1
    runs: int = RUNS
    keeps_failed: bool = False


@dataclasses.dataclass(frozen=True)
class ExportResult:
    """What came of an export.

    Attributes:
        bundle: The bundle's folder.
        manifest: Its manifest.
        search: The outcome of the search, if there was one.
        failed_formats: What went wrong, by format, where others went on.
    """

    bundle: Path
    manifest: Manifest
    search: Found | None
    failed_formats: Mapping[str, str]

    @property
    def failures(self) -> list[str]:
        """What does not hold, a line each."""
        failed = [f"{name}: {text}" for name, text in self.failed_formats.items()]
        return failed_checks(self.manifest) + failed

    def record(self) -> ExportedResult:
        """The same as it is written."""
        search = {"search": self.search.record()} if self.search else {}
        failed = {"failed_targets": dict(self.failed_formats)} if self.failed_formats else {}
        return ExportedResult(bundle=str(self.bundle), **dict(self.manifest), **search, **failed)


def export_bundle(
    request: ExportRequest, output: Path, *, overwrite: bool = False, progress: Progress
) -> ExportResult:
    """Exports, checks, times and describes files, all or none of which are written.

    Args:
        request: What to export, and from what.
        output: The bundle's folder.
        overwrite: Whether an older bundle is replaced.
        progress: Is told about each step.

    Raises:
        UsageError: Something is there that is no bundle, or a spec asks for what does not exist.
        ExportError: A converter failed.
        CheckError: A file does not keep what an export promises.
        DataError: The ranges are another model's, or an activation has none.
    """
    check_replaceable(output, overwrite=overwrite)
    older = _older_ranges(output)
    with replaced_folder(output) as folder:
        return dataclasses.replace(_fill(folder, request, older, progress), bundle=output)


def _older_ranges(bundle: Path) -> Ranges | None:
    """The ranges of a bundle that is about to be replaced, if it has any that can be read."""
    path = bundle / RANGES_FILE
    try:
        return Ranges.read(path) if path.is_file() else None
    except DataError:
        return None


def _fill(
    folder: Path, request: ExportRequest, older: Ranges | None, progress: Progress
) -> ExportResult:
    """Exports, checks and writes everything into a bundle's folder."""
    loaded, evaluation = request.loaded, request.evaluation
    eager = EagerModel(loaded.network, loaded.preprocessing)
    with progress.step("running the eager model", len(evaluation)) as advance:
        logits = eager.logits(evaluation.pixels, advance)
    evaluation = dataclasses.replace(evaluation, logits=logits)
    outcomes: list[Found] = []
    choose = None
    if request.bound:
        choose = recipe_search(
            request.bound,
            loaded,
            request.calibration,
            evaluation,
            request.threads,
            progress,
            outcomes.append,
        )
    with tempfile.TemporaryDirectory(prefix="lowformer-export-") as scratch:
        exported = export_artifacts(
            loaded,
            request.specs,
            request.calibration,
            folder,
            Path(scratch),
            progress,
            given=request.ranges,
            older=older,
            choose=choose,
        )
        checked = check_artifacts(
            _candidates(exported),
            evaluation,
            loaded.preprocessing,
            threads=request.threads,
            rounds=request.runs,
            progress=progress,
        )
    write_golden(folder, evaluation.pixels, logits)
    manifest = write_manifest(
        folder,
        loaded,
        _records(exported, checked),
        request.calibration,
        exported.ranges,
        describe_machine(),
        request.requirements,
    )
    failures = failed_checks(manifest)
    if failures and not request.keeps_failed:
        raise CheckError(
            f"{'; '.join(failures)}; nothing was written, --keep-failed writes it all the same"
        )
    return ExportResult(folder, manifest, next(iter(outcomes), None), exported.failures)


def _candidates(exported: Exported) -> dict[str, Candidate]:
    """The files to check, by their names."""
    return {
        path.name: Candidate(
            path,
            exported.float32.get(spec.format) if spec.not_run is None else None,
            spec.not_run,
            is_timed=spec.is_timed,
            images=SIMULATED_IMAGES if spec in exported.compiled else None,
        )
        for spec, path in exported.artifacts.items()
    }


def _records(exported: Exported, checked: Mapping[str, CheckedArtifact]) -> list[ArtifactRecord]:
    """What the manifest says of each file."""
    records = []
    for spec, path in exported.artifacts.items():
        found = checked[path.name]
        records.append(
            ArtifactRecord(
                file=FileRecord.of(path),
                target=spec.format,
                precision=spec.precision,
                spec=spec.to_dict(),
                compiled=exported.compiled.get(spec),
                inputs=found.inputs,
                outputs=found.outputs,
                ops=found.ops,
                residency=found.residency,
                parity=found.parity,
                latency=found.latency,
                not_run=found.not_run,
                runtime=found.runtime,
            )
        )
    return records


def failed_checks(manifest: Manifest) -> list[str]:
    """What an export promises and this one does not keep, a line each.

    Only floats are promised: how far INT8 and palettes are off is shown, and warned of.
    """
    requirements = [parse_requirement(text) for text in manifest.requirements]
    trained = manifest.source.fit_for_accuracy
    lines = []
    for item in manifest.artifacts:
        promise = promise_of(item.precision, trained=trained) if item.precision in FLOAT else None
        lines += failures_of(item.file.path, promise, item.parity, item.residency, requirements)
    return lines
