"""``lowformer-export``: from a trained checkpoint to verified files."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.chips import CHIPS
from ..artifact.formats import FORMATS, IN_ALL
from ..errors import CheckError, UsageError
from ..export.options import (
    BACKENDS,
    DEFAULT_DEPLOYMENT_TARGET,
    DEPLOYMENT_TARGETS,
    INPUTS,
    IO_TYPES,
    ExecuTorchOptions,
    default_of,
    options_of,
    owner_of,
)
from ..export.spec import PRECISIONS, ExportSpec
from ..judging.requirement import DEFAULT_REQUIREMENTS
from ..process.interrupt import deferred_interrupt
from ..progress import Progress
from .command import EXIT_FAILED, EXIT_OK, CommandParser, print_json, run_command
from .options import (
    add_data_options,
    add_model_options,
    add_requirement_option,
    check_counts,
    load_model_of,
    requirements_of,
)
from .terminal import shown_progress

if TYPE_CHECKING:
    from ..artifact.manifest import ArtifactRecord, Manifest
    from ..calibration.data.images import DecodedImages
    from ..calibration.ranges import Ranges
    from ..export.search.search import Bound, Found
    from ..models.loading import LoadedModel

SIMULATED_IMAGES = 16
"""A simulator takes a second for each."""

NOT_RUN = "there is no {} device here"

_EXAMPLES = """examples:
  lowformer-export --to tflite --int8
      the bundled demo model, with the bundled images: a first look
  lowformer-export --model b1 --weights evalmodel.pt --to tflite --fp32 --int8 \\
      --calibration-data imagenet/train --evaluation-data imagenet/val
      a published checkpoint, with accuracy before and after
  lowformer-export --to all --fp32 --int8
      every format, from one calibration
  lowformer-export --to qnn --w8a16 --chip 8gen2,8elite
      for the NPUs of two Snapdragon chips, checked on Qualcomm's simulator
  lowformer-export --model b1 --random-weights --to tflite --int8
      latency and structure only
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return run_command(lambda: _export(_parser().parse_args(arguments)))


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="lowformer-export",
        description="Exports a LowFormer to files for phones, and proves what they do.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_model_options(parser)
    target = parser.add_argument_group("target")
    target.add_argument(
        "--to",
        required=True,
        metavar="TARGETS",
        help=f"one or several of {', '.join(FORMATS)}, with commas between them, or all, which"
        f" is {', '.join(IN_ALL)}",
    )
    target.add_argument(
        "--backend",
        choices=BACKENDS,
        default="xnnpack",
        help="what runs an ExecuTorch file; those for vulkan and coreml cannot be run here",
    )
    target.add_argument(
        "--dynamic-batch", action="store_true", help="leave the batch of ONNX files open"
    )
    target.add_argument(
        "--chip",
        default="",
        metavar="CHIPS",
        help="Snapdragon chips to compile QNN graphs for, with commas between them:"
        f" {', '.join(CHIPS)}",
    )
    target.add_argument(
        "--minimum-deployment-target",
        dest="deployment_target",
        choices=DEPLOYMENT_TARGETS,
        default=DEFAULT_DEPLOYMENT_TARGET,
        help="least system of Core ML packages (default: %(default)s)",
    )
    target.add_argument(
        "--input",
        choices=INPUTS,
        default=INPUTS[0],
        help="what Core ML packages take: a normalised tensor, or an RGB image; with class names"
        " a package with an image input is a classifier (default: %(default)s)",
    )
    for precision in PRECISIONS:
        target.add_argument(
            f"--{precision}",
            dest="precisions",
            action="append_const",
            const=precision,
            help=_PRECISION_HELP[precision],
        )
    target.add_argument("--batch", type=int, default=1, metavar="N", help="images per inference")
    target.add_argument(
        "--io", choices=IO_TYPES, default="float", help="type of input and output tensors"
    )
    data = add_data_options(parser)
    data.add_argument(
        "--ranges",
        type=Path,
        metavar="FILE",
        help="activation ranges of an earlier calibration, such as a bundle's ranges.json",
    )
    data.add_argument(
        "--bias-correction",
        action="store_true",
        help="let INT8 biases take back what rounding adds to each channel's mean",
    )
    bound = parser.add_argument_group(
        "search", "find the fastest mix of INT8 and float16 ops that keeps a bound"
    )
    bound.add_argument(
        "--max-drop", type=float, metavar="POINTS", help="of top-1, or of agreement without labels"
    )
    bound.add_argument("--min-sqnr", type=float, metavar="DB", help="of the logits")
    bound.add_argument("--plot", type=Path, metavar="FILE", help="the front as .png or .svg")
    add_requirement_option(
        parser.add_argument_group("requirements"),
        "on every target that tells where ops run, such as 'partitions<=2'; kept in the bundle,"
        f" for lowformer-verify too; repeatable (default: {' and '.join(DEFAULT_REQUIREMENTS)})",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output", type=Path, metavar="FOLDER", help="the bundle (default: MODEL-TARGET)"
    )
    output.add_argument("--force", action="store_true", help="replace an existing bundle")
    output.add_argument(
        "--keep-failed", action="store_true", help="write the bundle although a check fails"
    )
    output.add_argument("--author", default="", metavar="TEXT", help="is stated in the files")
    output.add_argument("--license", default="", metavar="TEXT", help="likewise")
    output.add_argument("--model-version", default="", metavar="TEXT", help="likewise")
    output.add_argument("--threads", type=int, default=1, help="for latency (default: 1)")
    output.add_argument(
        "--runs", type=int, default=30, help="timed runs per file (default: %(default)s)"
    )
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--quiet", action="store_true", help="no progress, no table")
    return parser


_PRECISION_HELP = {
    "fp32": "32-bit floats; what you get if you ask for nothing, but for Core ML",
    "fp16": "16-bit floats, half the size (TFLite: weights only); what Core ML gets by itself",
    "int8": "weights and activations in int8, ranges from calibration data",
    "int8-dynamic": "weights in int8, activations as they come; needs no data (not for ONNX)",
    "int8-weights": "weights stored in int8, computed in float (TFLite, Core ML)",
    "w8a16": "weights in int8, activations in 16 bits (QNN)",
    "palettized-6bit": "weights as indices into tables of 64 values (Core ML)",
    "palettized-4bit": "weights as indices into tables of 16 values (Core ML)",
}


def _export(options: argparse.Namespace) -> int:
    specs = _specs(options)
    requirements = tuple(map(str, requirements_of(options))) or DEFAULT_REQUIREMENTS
    check_counts(options, "calibration_images", "evaluation_images", "threads", "runs")
    with deferred_interrupt():
        from ..artifact.files import replaced_folder
        from ..artifact.replacement import check_replaceable
    from ..calibration.observer import observer_factory
    from .images import calibration_images, evaluation_images, older_ranges
    from .search import bound_of

    if options.chip:
        from ..runtime.qnn.simulator import sdk_version

        sdk_version()
    bound = bound_of(options)
    observer_factory(options.observer)
    if options.output:
        check_replaceable(options.output, overwrite=options.force)
    with contextlib.ExitStack() as stack:
        progress = stack.enter_context(shown_progress(quiet=options.quiet))
        with progress.step("loading the model"):
            loaded = load_model_of(options)
        output = options.output or Path(f"{loaded.config.name}-{options.to.replace(',', '-')}")
        check_replaceable(output, overwrite=options.force)
        needed = any(
            spec.needs_images or (spec.needs_ranges and not options.ranges) for spec in specs
        )
        calibration = calibration_images(options, loaded, progress, needed=needed)
        evaluation = evaluation_images(options, loaded, calibration, progress)
        folder = stack.enter_context(replaced_folder(output))
        request = _Request(
            options,
            loaded,
            specs,
            calibration,
            evaluation,
            older_ranges(output),
            bound,
            requirements,
        )
        manifest, found, broken = _fill(folder, request, progress)
    if found and options.plot:
        from .plots import save_search_plot

        save_search_plot(options.plot, found)
    if options.json:
        from .tables.search import found_json

        searched = {"search": found_json(found)} if found else {}
        failed = {"failed_targets": broken} if broken else {}
        print_json(
            {"bundle": str(output), **manifest.model_dump(mode="json"), **searched, **failed}
        )
    elif not options.quiet:
        from .tables.export import print_summary

        if found:
            from .tables.search import print_found

            print_found(found)
        print_summary(output, manifest)
    failures = failed_checks(manifest) + [f"{target}: {text}" for target, text in broken.items()]
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    return EXIT_FAILED if failures else EXIT_OK


def _formats(options: argparse.Namespace) -> list[str]:
    """The formats that --to names, each once."""
    names = list(IN_ALL) if options.to == "all" else options.to.split(",")
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise UsageError(
            f"target {unknown[0]!r} is unknown; choose of {', '.join(FORMATS)}, or all"
        )
    return list(dict.fromkeys(names))


_OPTION_FLAGS = {
    "io": "--io",
    "backend": "--backend",
    "dynamic_batch": "--dynamic-batch",
    "deployment_target": "--minimum-deployment-target",
    "input": "--input",
}
"""What sets an option of one format alone, by the option's name; chips are several."""


def _specs(options: argparse.Namespace) -> list[ExportSpec]:
    """One spec per format and precision; int8 inputs apply to int8 alone.

    A precision that one of several formats has not is left out for it.
    """
    formats = _formats(options)
    precisions = list(dict.fromkeys(options.precisions or []))
    given = _format_options(options, formats)
    if "int8" not in precisions:
        for asked, option in (
            (options.io == "int8", "--io int8"),
            (options.bias_correction, "--bias-correction"),
            (options.recipe, "--recipe"),
        ):
            if asked:
                raise UsageError(f"{option} is for --int8; add it, or leave out {option}")
    recipe = None
    if options.recipe:
        from ..calibration.recipe import Recipe

        recipe = Recipe.read(options.recipe)
    specs = []
    for name in formats:
        for precision in precisions or [FORMATS[name].default_precision]:
            own = dict(given.get(name, {}))
            if precision != "int8":
                own.pop("io", None)
            if len(formats) > 1 and not _is_offered(name, precision, own):
                continue
            is_int8 = precision == "int8"
            for chip in _chips(options) if name == "qnn" else ("",):
                specs.append(
                    ExportSpec.of(
                        name,
                        precision,
                        batch=options.batch,
                        observer=options.observer,
                        recipe=recipe if is_int8 else None,
                        bias_correction=options.bias_correction and is_int8,
                        author=options.author,
                        license=options.license,
                        model_version=options.model_version,
                        **own,
                        chip=chip,
                    )
                )
    if options.ranges and options.calibration_data and not any(s.needs_images for s in specs):
        raise UsageError("--ranges and --calibration-data exclude each other; give one of them")
    return specs


def _format_options(
    options: argparse.Namespace, formats: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """By format, what was asked of it alone.

    Raises:
        UsageError: Something was asked of a format that is not exported to.
    """
    given: dict[str, dict[str, Any]] = {}
    asked = [(field, flag, getattr(options, field)) for field, flag in _OPTION_FLAGS.items()]
    for field, flag, value in [*asked, ("chip", "--chip", options.chip)]:
        owner = owner_of(field)
        assert owner is not None
        if value == default_of(field):
            continue
        if owner not in formats:
            shown = flag if value is True else f"{flag} {value}"
            raise UsageError(f"{shown} is for {owner}; leave it out")
        if field != "chip":
            given.setdefault(owner, {})[field] = value
    return given


def _is_offered(name: str, precision: str, own: Mapping[str, Any]) -> bool:
    """Whether a format, with its options, can be exported in a precision."""
    return precision in FORMATS[name].precisions and options_of(name)(**own).offers(precision)


def _chips(options: argparse.Namespace) -> list[str]:
    """What QNN graphs are written for: any chip, and each that --chip names."""
    return list(dict.fromkeys(["", *(name for name in options.chip.split(",") if name)]))


@dataclasses.dataclass(frozen=True)
class _Request:
    """What an export works on, all read and checked.

    Attributes:
        options: The command's options.
        loaded: The model.
        specs: What to export.
        calibration: Images for activation ranges.
        evaluation: Images for parity and accuracy.
        older: Ranges of the bundle that is being replaced.
        bound: What a search must keep, if one was asked for.
        requirements: What each file's residency must be.
    """

    options: argparse.Namespace
    loaded: LoadedModel
    specs: Sequence[ExportSpec]
    calibration: DecodedImages
    evaluation: DecodedImages
    older: Ranges | None
    bound: Bound | None
    requirements: tuple[str, ...]


def _fill(
    folder: Path, request: _Request, progress: Progress
) -> tuple[Manifest, Found | None, Mapping[str, str]]:
    """Exports, verifies and writes everything into a bundle's folder.

    Returns:
        The manifest, the outcome of the search if there was one, and what went wrong by target.
    """
    from ..artifact.manifest import ArtifactRecord, FileRecord
    from ..calibration.ranges import Ranges
    from ..export.bundle import write_golden, write_manifest
    from ..export.pipeline import export_artifacts
    from ..export.reference import reference_logits
    from ..runtime.machine import describe_machine
    from ..workflows.verification import Candidate, Samples, verify
    from .search import chooser

    options, loaded, evaluation = request.options, request.loaded, request.evaluation
    found: list[Found] = []
    given = Ranges.read(options.ranges) if options.ranges else None
    with progress.step("running the eager model", len(evaluation)) as advance:
        reference = reference_logits(
            loaded.network, evaluation.pixels, loaded.preprocessing, advance
        )
    choose = None
    if request.bound:
        choose = chooser(
            options,
            request.bound,
            loaded,
            request.calibration,
            evaluation,
            reference,
            progress,
            found.append,
        )
    with tempfile.TemporaryDirectory(prefix="lowformer-export-") as scratch:
        exported = export_artifacts(
            loaded,
            request.specs,
            request.calibration,
            folder,
            Path(scratch),
            progress,
            given=given,
            older=request.older,
            choose=choose,
        )
        verified = verify(
            {
                path.name: Candidate(
                    path,
                    exported.float32.get(spec.format) if spec.runs_here else None,
                    None
                    if spec.runs_here
                    else NOT_RUN.format(spec.options_as(ExecuTorchOptions).backend),
                    is_timed=spec.is_timed,
                    images=SIMULATED_IMAGES if spec in exported.compiled else None,
                )
                for spec, path in exported.artifacts.items()
            },
            Samples(evaluation.name, evaluation.pixels, reference, evaluation.labels),
            loaded.preprocessing,
            threads=options.threads,
            rounds=options.runs,
            progress=progress,
        )
    records = [
        ArtifactRecord(
            file=FileRecord.of(path),
            target=spec.format,
            precision=spec.precision,
            spec=spec.to_dict(),
            compiled=exported.compiled.get(spec),
            **{
                field.name: getattr(verified[path.name], field.name)
                for field in dataclasses.fields(verified[path.name])
            },
        )
        for spec, path in exported.artifacts.items()
    ]
    write_golden(folder, evaluation.pixels, reference)
    manifest = write_manifest(
        folder,
        loaded,
        records,
        request.calibration,
        exported.ranges,
        describe_machine(),
        request.requirements,
    )
    failures = failed_checks(manifest)
    if failures and not options.keep_failed:
        raise CheckError(
            f"{'; '.join(failures)}; nothing was written, --keep-failed writes it all the same"
        )
    return manifest, found[0] if found else None, exported.failures


def failed_checks(manifest: Manifest) -> list[str]:
    """What an export promises and this one does not keep, a line each."""
    failures = []
    for artifact in manifest.artifacts:
        trained = manifest.source.fit_for_accuracy
        failures += _failed_parity(artifact, trained)
        failures += _broken_requirements(artifact, manifest.requirements)
    return failures


def _failed_parity(artifact: ArtifactRecord, trained: bool) -> list[str]:
    """Only floats are promised: how far INT8 and palettes are off is shown, and warned of."""
    from ..judging.promise import FLOAT, too_far

    if artifact.parity is None or artifact.precision not in FLOAT:
        return []
    reason = too_far(artifact.precision, artifact.parity, fit_for_accuracy=trained)
    return [f"{artifact.file.path}: {reason}"] if reason else []


def _broken_requirements(artifact: ArtifactRecord, requirements: Sequence[str]) -> list[str]:
    from ..judging.requirement import breach, parse_requirement

    if artifact.residency is None:
        return []
    reason = breach(map(parse_requirement, requirements), artifact.residency)
    return [f"{artifact.file.path}: {reason}"] if reason else []


if __name__ == "__main__":
    sys.exit(main())
