"""Exporting a model to a bundle that is proven: from a model and images to files and a manifest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..artifact.accumulation import ACCUMULATIONS, DEFAULT_ACCUMULATION, Accumulation
from ..artifact.bundle import Bundle
from ..artifact.caveats import CURES
from ..artifact.manifest import (
    ArtifactRecord,
    FileRecord,
    HalfPrecision,
    Loss,
    Manifest,
    Pruning,
)
from ..artifact.replacement import BUNDLE, check_replaceable
from ..artifact.results.export import ExportedResult
from ..artifact.samples import Samples
from ..calibration.ranges import Ranges
from ..errors import CheckError, DataError, ExportError, UsageError
from ..export.bundle import RANGES_FILE, write_golden, write_manifest
from ..export.eager import EagerModel
from ..export.format_jobs import most_jobs
from ..export.format_work import Choose
from ..export.options import check_choice
from ..export.overflow import find_overflowing_modules
from ..export.pipeline import Exported, export_artifacts
from ..export.search.bound import PROOF, Bound
from ..export.search.search import Found
from ..export.spec import ExportSpec
from ..judging.promise import promise_of
from ..judging.requirement import DEFAULT_REQUIREMENTS, parse_requirement
from ..judging.verdict import failures_of_artifact
from ..models.loading import LoadedModel
from ..process.apart.job_count import job_count
from ..process.replacing import remove, replaced_folder
from ..process.system_limit import scratch_folder
from ..progress import QUIET, Progress
from ..runtime.machine import describe_machine
from .arguments import check_counts, check_measurable, check_model, check_samples
from .artifact_check import CheckedArtifact, check_artifacts
from .data import (
    ImageChoice,
    calibration_images,
    evaluation_images,
)
from .defaults import CALIBRATION_IMAGES, EVALUATION_IMAGES, EXPORT_RUNS, WORKER_BYTES
from .half_check import HALF, HALF_IMAGES, HalfCheck
from .image_workers import image_workers
from .parity_check import Candidate, ParityCheck, Unpruned, eager_reference, part_size
from .pruning import Pruned
from .search import check_searched, recipe_search

SIMULATED_IMAGES = 16
"""How many images a simulator runs, which takes a second for each."""


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
        keep_failed: Whether the bundle is written although a check fails.
        accumulation: What sums of products are kept in where files in fp16 are judged.
        pruned: How the model was pruned, if it was; files then keep that bound too.
        jobs: How many processes convert, and run files, at a time; as cores and memory allow if
            None.
    """

    loaded: LoadedModel
    specs: Sequence[ExportSpec]
    calibration: Samples
    evaluation: Samples
    ranges: Ranges | None = None
    bound: Bound | None = None
    requirements: tuple[str, ...] = DEFAULT_REQUIREMENTS
    threads: int = 1
    runs: int = EXPORT_RUNS
    keep_failed: bool = False
    accumulation: Accumulation = DEFAULT_ACCUMULATION
    pruned: Pruned | None = None
    jobs: int | None = None


@dataclasses.dataclass(frozen=True)
class ExportResult:
    """What came of an export.

    Attributes:
        bundle: The bundle's folder.
        manifest: Its manifest.
        search: The outcome of the search, if there was one.
        failed_formats: What went wrong, by format, where others went on.
        failed_files: Why a file is not in the bundle, by its name, where others are.
    """

    bundle: Path
    manifest: Manifest
    search: Found | None
    failed_formats: Mapping[str, str]
    failed_files: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """What does not hold, a line each."""
        return failed_checks(self.manifest) + self.left_out

    @property
    def left_out(self) -> list[str]:
        """Why what was asked for is not in the bundle, a line each."""
        formats = [f"{name}: {text}" for name, text in self.failed_formats.items()]
        return formats + [f"{text}; it was not written" for text in self.failed_files.values()]

    def record(self) -> ExportedResult:
        """The same as it is written."""
        search = {"search": self.search.record()} if self.search else {}
        failed = {"failed_targets": dict(self.failed_formats)} if self.failed_formats else {}
        left_out = {"failed_files": dict(self.failed_files)} if self.failed_files else {}
        return ExportedResult(
            bundle=str(self.bundle), **dict(self.manifest), **search, **failed, **left_out
        )


def export_bundle(
    request: ExportRequest, output: Path, *, overwrite: bool = False, progress: Progress
) -> ExportResult:
    """Exports, checks, times and describes files.

    Files that do not keep what an export promises are left out, where others do; of none that do,
    and of an export that is stopped, nothing is written.

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
    with replaced_folder(output, BUNDLE) as folder:
        return dataclasses.replace(_fill(folder, request, older, progress), bundle=output)


def export_model(
    model: LoadedModel | Pruned,
    folder: str | Path,
    specs: str | ExportSpec | Sequence[str | ExportSpec],
    *,
    calibration: Samples | Ranges | None = None,
    evaluation: Samples | None = None,
    bound: Bound | None = None,
    requirements: Sequence[str] = DEFAULT_REQUIREMENTS,
    threads: int = 1,
    runs: int = EXPORT_RUNS,
    overwrite: bool = False,
    keep_failed: bool = False,
    accumulation: Accumulation = DEFAULT_ACCUMULATION,
    jobs: int | None = None,
    progress: Progress = QUIET,
) -> Bundle:
    """Exports a model to files that are checked, timed and described.

    Files that do not keep what an export promises are left out, where others do; of none that do,
    and of an export that is stopped, nothing is written.

    Args:
        model: The model, or what :func:`.pruning.prune_model` gives. Files of a pruned model keep
            its bound too, each by itself, and are judged by the images that it was pruned with.
        folder: Where the bundle goes.
        specs: What to export, such as ``tflite/int8``, or :class:`ExportSpec` for all that can be
            asked for.
        calibration: Images like those that the model will see, or activation ranges, for
            precisions that need them; the bundled images for the bundled model.
        evaluation: Images that the files are judged by; those of the calibration if None.
        bound: What a search for the fastest mix of precisions must keep, in ``int8``.
        requirements: What must hold of where the ops run, on every target that tells.
        threads: Of the runtimes that time the files.
        runs: Timed runs of each file.
        overwrite: Whether an older bundle is replaced.
        keep_failed: Whether the bundle is written although a check fails.
        accumulation: What sums of products are kept in where files in fp16 are judged:
            ``float16``, as GPUs and ARM's multiply-adds may have it, or ``float32``.
        jobs: How many processes convert at a time, each a format, or a precision of ExecuTorch, and
            run files, each on a part of the images; as cores and memory allow if None. With 1 all
            are converted in this process, as one format always is but for ExecuTorch.
        progress: Is told about each step.

    Raises:
        UsageError: A parameter asks for what does not exist, or something is there already.
        DataError: The ranges are another model's, or an activation has none.
        ExportError: A converter failed. Where others did not, the bundle of these was written,
            and the message says so.
        CheckError: A file does not keep what an export promises.
    """
    options: dict[str, Any] = {"keep_failed": keep_failed, "accumulation": accumulation}
    options |= {"requirements": tuple(requirements), "threads": threads, "runs": runs, "jobs": jobs}
    request = _request_of(model, specs, calibration, evaluation, bound, options, progress)
    return _opened(export_bundle(request, Path(folder), overwrite=overwrite, progress=progress))


def _opened(result: ExportResult) -> Bundle:
    """The bundle of an export, where nothing was left out.

    Raises:
        ExportError: A converter failed.
        CheckError: A file does not keep what an export promises.
    """
    if result.left_out:
        kind = ExportError if result.failed_formats else CheckError
        raise kind(f"{'; '.join(result.left_out)}; the other files are in {result.bundle}")
    return Bundle(result.bundle, result.manifest)


def with_pruned(request: ExportRequest, pruned: Pruned) -> ExportRequest:
    """A request for the files of a pruned model."""
    return dataclasses.replace(
        request,
        loaded=pruned.model,
        specs=[pruned.with_recipe(spec) for spec in request.specs],
        evaluation=pruned.evaluation,
        pruned=pruned,
    )


def check_goes_with_pruned(pruned: Pruned, evaluation: Samples | None, bound: Bound | None) -> None:
    """Refuses what the files of a pruned model cannot be judged by.

    Raises:
        UsageError: It is another bound, or other images than those it was pruned with.
    """
    if bound is not None:
        raise UsageError("a pruned model's precisions were searched for with it; leave `bound`")
    if evaluation is not None and evaluation.digest != pruned.evaluation.digest:
        raise UsageError(
            "a pruned model is judged by the images that it was pruned with; leave `evaluation`"
        )


def _request_of(
    model: LoadedModel | Pruned,
    specs: str | ExportSpec | Sequence[str | ExportSpec],
    calibration: Samples | Ranges | None,
    evaluation: Samples | None,
    bound: Bound | None,
    options: Mapping[str, Any],
    progress: Progress,
) -> ExportRequest:
    """What :func:`export_model` was asked for, checked; options are fields of the request."""
    jobs = options["jobs"]
    check_counts(threads=options["threads"], runs=options["runs"], jobs=1 if jobs is None else jobs)
    check_choice("accumulation", options["accumulation"], ACCUMULATIONS)
    for text in options["requirements"]:
        parse_requirement(text)
    pruned = model if isinstance(model, Pruned) else None
    if isinstance(model, Pruned):
        check_goes_with_pruned(model, evaluation, bound)
        calibration = model.calibration if calibration is None else calibration
        evaluation, model = model.evaluation, model.model
    check_model(model)
    asked = _specs_of(specs)
    if bound is not None:
        check_searched([spec.format for spec in asked])
    images, ranges = _calibration_of(calibration, model, asked, progress)
    if evaluation is None:
        choice = ImageChoice(None, EVALUATION_IMAGES, is_usual=True)
        evaluation = evaluation_images(choice, model, images, progress)
    check_samples("evaluation", evaluation, model.preprocessing)
    check_measurable(evaluation)
    request = ExportRequest(model, asked, images, evaluation, ranges=ranges, bound=bound, **options)
    return with_pruned(request, pruned) if pruned else request


def _calibration_of(
    given: Samples | Ranges | None,
    model: LoadedModel,
    specs: Sequence[ExportSpec],
    progress: Progress,
) -> tuple[Samples, Ranges | None]:
    """The calibration's images, and ranges where these were given.

    Raises:
        UsageError: Something else was given, or images that are not for the model.
    """
    ranges = given if isinstance(given, Ranges) else None
    if isinstance(given, Samples):
        check_samples("calibration", given, model.preprocessing)
        return given, None
    if given is not None and not ranges:
        raise UsageError(
            "`calibration` must be Samples, as open_images gives them, or Ranges, not"
            f" {type(given).__name__}"
        )
    needed = any(spec.needs_images or (spec.needs_ranges and not ranges) for spec in specs)
    choice = ImageChoice(None, CALIBRATION_IMAGES)
    return calibration_images(choice, model, progress, needed=needed), ranges


def _specs_of(specs: str | ExportSpec | Sequence[str | ExportSpec]) -> list[ExportSpec]:
    """What is to be exported, each once.

    Raises:
        UsageError: It is nothing, does not exist, or does not go together.
    """
    listed = [specs] if isinstance(specs, str | ExportSpec) else specs
    if not isinstance(listed, Sequence) or not listed:
        raise UsageError("`specs` must name what to export, such as 'tflite/int8'")
    read = []
    for spec in listed:
        if not isinstance(spec, str | ExportSpec):
            raise UsageError(
                f"`specs` must be texts such as 'tflite/int8', or ExportSpec, not"
                f" {type(spec).__name__}"
            )
        read.append(ExportSpec.parse(spec) if isinstance(spec, str) else spec)
    if len({(spec.batch, spec.observer) for spec in read}) > 1:
        raise UsageError("`specs` must all have the same batch and observer; export them apart")
    return list(dict.fromkeys(read))


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
    size = part_size(loaded.output_bytes, len(request.specs))
    first = evaluation if request.bound else evaluation.first(size)  # a search looks at them again
    with progress.step("running the eager model", len(first)) as advance:
        outputs = eager.outputs(first.pixels, advance)
    first = dataclasses.replace(first, outputs=outputs)
    outcomes: list[Found] = []
    choose = _search(request, first, progress, outcomes.append)
    with scratch_folder() as scratch:
        exported = export_artifacts(
            loaded,
            [_with_room(spec, eager, evaluation, loaded) for spec in request.specs],
            request.calibration,
            folder,
            scratch,
            progress,
            given=request.ranges,
            older=older,
            choose=choose,
            jobs=_jobs(request),
        )
        check = ParityCheck(
            loaded.task,
            _candidates(exported),
            evaluation,
            eager_reference(eager, evaluation, outputs),
            loaded.preprocessing,
            threads=request.threads,
            workers=image_workers(request.jobs, len(request.evaluation)),
            size=size,
            unpruned=_unpruned(request),
        )
        checked, broken = check_artifacts(check, rounds=request.runs, progress=progress)
        halves = _checked_in_half(exported, request, first, eager, progress)
    write_golden(folder, first.pixels, outputs)
    records = _records(exported, checked, halves)
    losses = {name: one.loss for name, one in checked.items() if one.loss}
    records, failed = _kept(records, losses, _with_culprits(broken, halves), request)
    for name in failed:
        remove(folder / name)
    manifest = write_manifest(
        folder,
        loaded,
        outputs,
        records,
        request.calibration,
        exported.ranges,
        describe_machine(),
        request.requirements,
        evaluation.class_order,
        _pruning(request, losses, records),
    )
    failed = {**exported.failed_files, **failed}
    outcome = request.pruned.found if request.pruned else next(iter(outcomes), None)
    return ExportResult(folder, manifest, outcome, exported.failures, failed)


def _jobs(request: ExportRequest) -> int:
    """How many processes convert at a time."""
    return job_count(request.jobs, most_jobs(request.specs), WORKER_BYTES)


def _unpruned(request: ExportRequest) -> Unpruned | None:
    """What the files of a pruned model are held to besides."""
    if request.pruned is None:
        return None
    outputs = request.pruned.evaluation.outputs
    assert outputs is not None
    return Unpruned(outputs, PROOF)


def _pruning(
    request: ExportRequest, losses: Mapping[str, Loss], records: Sequence[ArtifactRecord]
) -> Pruning | None:
    """What the manifest says of how the model was pruned."""
    if request.pruned is None:
        return None
    written = {record.file.path for record in records}
    return request.pruned.record({name: one for name, one in losses.items() if name in written})


def _search(
    request: ExportRequest,
    evaluation: Samples,
    progress: Progress,
    on_found: Callable[[Found], None],
) -> Choose | None:
    """What searches for a recipe, where a bound asks for it."""
    if request.bound is None:
        return None
    return recipe_search(
        request.bound,
        request.loaded,
        request.calibration,
        evaluation,
        request.threads,
        progress,
        on_found,
    )


def _kept(
    records: Sequence[ArtifactRecord],
    losses: Mapping[str, Loss],
    broken: Mapping[str, str],
    request: ExportRequest,
) -> tuple[list[ArtifactRecord], dict[str, str]]:
    """The files that go into the bundle, and why others do not, by name.

    Raises:
        CheckError: None does.
    """
    failed = dict(broken)
    if not request.keep_failed:
        requirements = [parse_requirement(text) for text in request.requirements]
        for record in records:
            lines = failures_of_artifact(record, requirements, trained=not request.loaded.is_random)
            if record.file.path in losses and request.pruned:
                lines += request.pruned.failures(record.file.path, losses[record.file.path])
            if lines:
                failed[record.file.path] = "; ".join(lines)
    kept = [record for record in records if record.file.path not in failed]
    if not kept:
        advice = "" if len(broken) == len(failed) else ", `keep_failed` writes it all the same"
        if any(item.precision == "int8" and item.file.path in failed for item in records):
            advice += f"; of INT8, {CURES}"
        raise CheckError(f"{'; '.join(failed.values())}; nothing was written{advice}")
    return kept, failed


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


def _with_room(
    spec: ExportSpec, eager: EagerModel, images: Samples, loaded: LoadedModel
) -> ExportSpec:
    """A spec that leaves in float32 what half precision has no room for, where a file can."""
    if (spec.format, spec.precision) != ("onnx", HALF) or spec.float32_modules:
        return spec
    normalised = loaded.preprocessing.normalise(images.pixels[:HALF_IMAGES])
    modules = find_overflowing_modules(eager.rewritten(spec.format), normalised)
    return dataclasses.replace(spec, float32_modules=modules)


def _checked_in_half(
    exported: Exported,
    request: ExportRequest,
    images: Samples,
    eager: EagerModel,
    progress: Progress,
) -> dict[str, HalfPrecision]:
    """What becomes of the files in fp16 where half precision is really that, by their names."""
    check = HalfCheck(
        request.loaded.task,
        images.first(HALF_IMAGES),
        request.loaded.preprocessing,
        request.accumulation,
        eager,
        progress,
    )
    promise = promise_of(HALF, trained=not request.loaded.is_random)
    return {
        path.name: check.check(path, promise)
        for spec, path in exported.artifacts.items()
        if spec.precision == HALF and spec.not_run is None and spec not in exported.compiled
    }


def _with_culprits(
    broken: Mapping[str, str], halves: Mapping[str, HalfPrecision]
) -> dict[str, str]:
    """Why files cannot be compared, with the guilty op where half precision shows it."""
    culprits = {name: half.culprit for name, half in halves.items() if half.culprit}
    return {
        name: f"{text}; {culprits[name]}" if name in culprits else text
        for name, text in broken.items()
    }


def _records(
    exported: Exported,
    checked: Mapping[str, CheckedArtifact],
    halves: Mapping[str, HalfPrecision],
) -> list[ArtifactRecord]:
    """What the manifest says of each file."""
    records = []
    for spec, path in exported.artifacts.items():
        if path.name not in checked:
            continue
        found = checked[path.name]
        records.append(
            ArtifactRecord(
                file=FileRecord.of(path),
                format=spec.format,
                precision=spec.precision,
                spec=spec.to_dict(),
                compiled=exported.compiled.get(spec),
                inputs=found.inputs,
                outputs=found.outputs,
                ops=found.ops,
                residency=found.residency,
                parity=found.parity,
                half=halves.get(path.name),
                latency=found.latency,
                not_run=found.not_run,
                runtime=found.runtime,
            )
        )
    return records


def failed_checks(manifest: Manifest) -> list[str]:
    """What an export promises and this one does not keep, a line each."""
    requirements = [parse_requirement(text) for text in manifest.requirements]
    trained = manifest.source.fit_for_accuracy
    lines = []
    for item in manifest.artifacts:
        lines += failures_of_artifact(item, requirements, trained=trained)
    return lines
