"""``lowformer-export``: from a trained checkpoint to verified files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.accumulation import ACCUMULATIONS, DEFAULT_ACCUMULATION
from ..artifact.chips import CHIPS
from ..artifact.formats import FORMATS, IN_ALL
from ..errors import UsageError
from ..export.options import (
    BACKENDS,
    DEFAULT_DEPLOYMENT_TARGET,
    DEPLOYMENT_TARGETS,
    IO_TYPES,
    UPSAMPLINGS,
    default_of,
    options_of,
    owner_of,
)
from ..export.spec import INPUTS, OUTPUTS, PRECISIONS, ExportSpec
from ..judging.requirement import DEFAULT_REQUIREMENTS
from ..process.interrupt import deferred_interrupt
from ..process.names import different_names
from ..progress import Progress
from ..workflows.defaults import EXPORT_RUNS
from .command import Answer, Command, CommandParser
from .options import (
    add_data_options,
    add_model_options,
    add_requirement_option,
    as_named,
    calibration_choice,
    check_counts,
    check_plot,
    evaluation_choice,
    load_model_of,
    requirements_of,
)

if TYPE_CHECKING:
    from ..export.search.bound import Bound
    from ..workflows.export import ExportRequest, ExportResult

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


class ExportCommand(Command):
    """The command ``lowformer-export``."""

    name = "lowformer-export"
    description = "Exports a LowFormer to files for phones, and proves what they do."
    examples = _EXAMPLES

    def add_options(self, parser: CommandParser) -> None:
        """See :class:`Command`."""
        add_model_options(parser)
        _add_format_options(parser)
        _add_data_options(parser)
        _add_search_options(parser)
        add_requirement_option(
            parser.add_argument_group("requirements"),
            "on every target that tells where ops run, such as 'partitions<=2'; kept in the bundle,"
            " for lowformer-verify too; repeatable"
            f" (default: {' and '.join(DEFAULT_REQUIREMENTS)})",
        )
        _add_output_options(parser)

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """See :class:`Command`."""
        return _export(options, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's entry point."""
    return ExportCommand().main(arguments)


def _add_format_options(parser: CommandParser) -> None:
    """Adds what chooses formats, precisions and their options."""
    target = parser.add_argument_group("target")
    target.add_argument(
        "--to",
        metavar="TARGETS",
        help=f"one or several of {', '.join(FORMATS)}, with commas between them, or all, which"
        f" is {', '.join(IN_ALL)}",
    )
    target.add_argument(
        "--backend",
        type=as_named(BACKENDS),
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
        type=as_named(DEPLOYMENT_TARGETS),
        choices=DEPLOYMENT_TARGETS,
        default=DEFAULT_DEPLOYMENT_TARGET,
        help="least system of Core ML packages (default: %(default)s)",
    )
    target.add_argument(
        "--input",
        type=as_named(INPUTS),
        choices=INPUTS,
        default=INPUTS[0],
        help="what files take: a normalised tensor, or an RGB image of 8 bits, with scale, mean and"
        " deviation in the file; with class names a Core ML package with an image input is a"
        " classifier (default: %(default)s)",
    )
    _add_precision_options(target)
    target.add_argument("--batch", type=int, default=1, metavar="N", help="images per inference")
    target.add_argument(
        "--io",
        type=as_named(IO_TYPES),
        choices=IO_TYPES,
        default="float",
        help="type of input and output tensors",
    )
    target.add_argument(
        "--upsampling",
        type=as_named(UPSAMPLINGS),
        choices=UPSAMPLINGS,
        default="concatenation",
        help="how a detector's or segmenter's TFLite file doubles maps: by ops that XNNPACK takes,"
        " or by one that is cheaper on GPUs and stays out of XNNPACK (fp32 and fp16)",
    )


def _add_precision_options(target: argparse._ArgumentGroup) -> None:
    """Adds a switch for each precision; files are made in all that are given."""
    for precision in PRECISIONS:
        target.add_argument(
            f"--{precision}",
            dest="precisions",
            action="append_const",
            const=precision,
            help=_PRECISION_HELP[precision],
        )


def _add_data_options(parser: CommandParser) -> None:
    """Adds what chooses images and what is taken from them."""
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


def _add_search_options(parser: CommandParser) -> None:
    """Adds what bounds a search."""
    bound = parser.add_argument_group(
        "search", "find the fastest mix of INT8 and float16 ops, and of widths, that keeps a bound"
    )
    bound.add_argument(
        "--max-drop", type=float, metavar="POINTS", help="of top-1, or of agreement without labels"
    )
    bound.add_argument("--min-sqnr", type=float, metavar="DB", help="of the logits")
    bound.add_argument(
        "--prune",
        action="store_true",
        help="take hidden channels out of the model too, as many as --max-drop allows; with"
        " calibration images, and others to evaluate, but without training",
    )
    bound.add_argument(
        "--save-pruned",
        type=Path,
        metavar="FILE",
        help="the pruned model as .safetensors, which --weights takes, to train it further",
    )
    bound.add_argument("--plot", type=Path, metavar="FILE", help="the front as .png or .svg")


def _add_output_options(parser: CommandParser) -> None:
    """Adds what is written and shown."""
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output",
        dest="folder",
        action="append",
        default=[],
        metavar="FOLDER|OUTPUT",
        help="the bundle (default: MODEL-TARGET); or, given once more, what files give: logits"
        " (default; a detector's or segmenter's maps), a classifier's probabilities, after the"
        " softmax, or a detector's boxes, decoded, with their scores",
    )
    output.add_argument(
        "--force", dest="overwrite", action="store_true", help="replace an existing bundle"
    )
    printed = output.add_mutually_exclusive_group()
    printed.add_argument(
        "--print-config",
        action="store_true",
        help="print the model's JSON, as --config takes it, and export nothing",
    )
    printed.add_argument(
        "--print-recipe",
        action="store_true",
        help="print the recipe of the one file that is asked for, as --recipe takes it, and export"
        " nothing",
    )
    output.add_argument(
        "--accumulation",
        type=as_named(ACCUMULATIONS),
        choices=ACCUMULATIONS,
        default=DEFAULT_ACCUMULATION,
        help="what sums are kept in where fp16 files are judged: float16, as on GPUs and by ARM's"
        " multiply-adds (default), or float32",
    )
    output.add_argument(
        "--keep-failed", action="store_true", help="write the bundle although a check fails"
    )
    output.add_argument("--author", default="", metavar="TEXT", help="is stated in the files")
    output.add_argument("--license", default="", metavar="TEXT", help="likewise")
    output.add_argument("--model-version", default="", metavar="TEXT", help="likewise")
    output.add_argument("--threads", type=int, default=1, help="for latency (default: 1)")
    output.add_argument(
        "--runs", type=int, default=EXPORT_RUNS, help="timed runs per file (default: %(default)s)"
    )
    output.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="processes that convert at a time, each a format, or a precision of ExecuTorch, and"
        " that run files (default: as cores and memory allow); 1 converts in this process",
    )


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


def _split_outputs(options: argparse.Namespace) -> None:
    """Tells the bundle's folder and what files give apart, both of which --output takes.

    Raises:
        UsageError: One of both was given twice.
    """
    given = [name for name in options.folder if name in OUTPUTS]
    folders = [Path(name) for name in options.folder if name not in OUTPUTS]
    if len(given) > 1 or len(folders) > 1:
        raise UsageError(f"--output takes one folder, and one of {', '.join(OUTPUTS)}")
    options.output = given[0] if given else OUTPUTS[0]
    options.folder = folders[0] if folders else None


def _export(options: argparse.Namespace, progress: Progress) -> Answer:
    _split_outputs(options)
    if options.print_config:
        return _printed_config(options, progress)
    if not options.to:
        raise UsageError("the following arguments are required: --to; see lowformer-export --help")
    specs = _specs(options)
    if options.print_recipe:
        return _printed_recipe(options, specs, progress)
    requirements = tuple(map(str, requirements_of(options))) or DEFAULT_REQUIREMENTS
    check_counts(options, "calibration_images", "evaluation_images", "threads", "runs", "jobs")
    with deferred_interrupt():
        from ..artifact.replacement import check_replaceable
    from ..calibration.observer import observer_factory
    from ..calibration.ranges import Ranges
    from ..workflows.data import calibration_images, evaluation_images
    from ..workflows.export import ExportRequest, export_bundle

    if options.chip:
        from ..runtime.qnn.simulator import sdk_version

        sdk_version()
    bound = _bound(options)
    observer_factory(options.observer)
    _check_saved(options)
    if options.folder:
        check_replaceable(options.folder, overwrite=options.overwrite)
    with progress.step("loading the model"):
        loaded = load_model_of(options, progress)
        loaded.check_exportable()
    folder = options.folder or Path(f"{loaded.config.name}-{'-'.join(_asked(options))}")
    check_replaceable(folder, overwrite=options.overwrite)
    needed = any(spec.needs_images or (spec.needs_ranges and not options.ranges) for spec in specs)
    calibration = calibration_images(calibration_choice(options), loaded, progress, needed=needed)
    request = ExportRequest(
        loaded,
        specs,
        calibration,
        evaluation_images(evaluation_choice(options), loaded, calibration, progress),
        ranges=Ranges.read(options.ranges) if options.ranges else None,
        bound=None if options.prune else bound,
        requirements=requirements,
        threads=options.threads,
        runs=options.runs,
        keep_failed=options.keep_failed,
        accumulation=options.accumulation,
        jobs=options.jobs,
    )
    if options.prune:
        request = _pruned(request, options, progress)
    result = export_bundle(request, folder, overwrite=options.overwrite, progress=progress)
    if result.search and options.plot:
        from .plots import save_search_plot

        save_search_plot(options.plot, result.search)
    return Answer(
        lambda: result.record().model_dump(mode="json"),
        lambda: _show(result),
        tuple(f"failed: {line}" for line in result.failures),
    )


def _pruned(
    request: ExportRequest, options: argparse.Namespace, progress: Progress
) -> ExportRequest:
    """The request for the files of the pruned model, which is saved where that was asked for."""
    from ..models.checkpoint import save_checkpoint
    from ..process.replacing import replaced_file
    from ..workflows.export import with_pruned
    from ..workflows.pruning import prune_model, searched_format

    pruned = prune_model(
        request.loaded,
        options.max_drop,
        calibration=request.calibration,
        evaluation=request.evaluation,
        format=searched_format(spec.format for spec in request.specs),
        threads=options.threads,
        progress=progress,
    )
    if options.save_pruned:
        model = pruned.model
        with replaced_file(options.save_pruned) as path:
            save_checkpoint(path, model.network, model.preprocessing, model.labels or ())
    return with_pruned(request, pruned)


def _printed_config(options: argparse.Namespace, progress: Progress) -> Answer:
    """The model's JSON, as it would be used."""
    fields = load_model_of(options, progress).config.to_dict()
    return Answer(lambda: fields, lambda: print(json.dumps(fields, indent=2)))


def _printed_recipe(
    options: argparse.Namespace, specs: Sequence[ExportSpec], progress: Progress
) -> Answer:
    """The recipe of the one file that is asked for, as it would be used.

    Raises:
        UsageError: Several files are asked for, or a search would have to find the recipe first.
    """
    if options.max_drop is not None or options.min_sqnr is not None:
        raise UsageError("--print-recipe tells a recipe that is known; leave the search out")
    if len(specs) != 1:
        asked = ", ".join(f"{spec.format} {spec.label}" for spec in specs)
        raise UsageError(f"--print-recipe tells the recipe of one file, not of {asked}")
    (spec,) = specs
    from ..export.formats import EXPORTERS
    from ..export.rewrites.table import rewrite

    loaded = load_model_of(options, progress)
    loaded.check_exportable()
    model = rewrite(loaded.network, spec.format)
    fields = EXPORTERS[spec.format].recipe_of(spec, model).to_dict()
    return Answer(lambda: fields, lambda: print(json.dumps(fields, indent=2)))


def _show(result: ExportResult) -> None:
    """Prints an export."""
    from .tables.export import print_summary
    from .tables.search import print_found

    if result.search:
        print_found(result.search)
    print_summary(result.bundle, result.manifest)


def _bound(options: argparse.Namespace) -> Bound | None:
    """The bound that the options ask for, if any.

    Raises:
        UsageError: The options contradict each other or lack INT8.
    """
    if options.prune and options.max_drop is None:
        raise UsageError("--prune needs --max-drop, the points that may be lost")
    if options.save_pruned and not options.prune:
        raise UsageError("--save-pruned saves what --prune makes; add it")
    if options.max_drop is None and options.min_sqnr is None:
        if options.plot:
            raise UsageError("--plot shows a search; add --max-drop or --min-sqnr")
        return None
    if "int8" not in (options.precisions or ()) or options.recipe or options.io == "int8":
        raise UsageError(
            "--max-drop and --min-sqnr need --int8, and exclude --recipe and --io int8"
        )
    from ..export.search.bound import Bound
    from ..workflows.pruning import searched_format
    from ..workflows.search import check_searched

    if options.prune:
        if options.ranges:
            raise UsageError("--ranges are the unpruned model's; leave them, or --prune")
        searched_format(_formats(options))
    else:
        check_searched(_formats(options))
    check_plot(options)
    return Bound(options.max_drop, options.min_sqnr)


def _check_saved(options: argparse.Namespace) -> None:
    """Refuses a file for the pruned model that cannot be written.

    Raises:
        UsageError: It is of another kind, is there already, or its folder is not.
    """
    path = options.save_pruned
    if path is None:
        return
    if path.suffix != ".safetensors":
        raise UsageError(f"--save-pruned {path}: must end in .safetensors")
    if path.exists() and not options.overwrite:
        raise UsageError(f"{path} exists; --force replaces it")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: no such folder for --save-pruned")


def _asked(options: argparse.Namespace) -> list[str]:
    """What --to names, each once."""
    return different_names(options.to, "to", (*FORMATS, _ALL))


def _formats(options: argparse.Namespace) -> list[str]:
    """The formats that --to names, each once."""
    names = [name for one in _asked(options) for name in (IN_ALL if one == _ALL else (one,))]
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise UsageError(
            f"format {unknown[0]!r} is unknown; choose of {', '.join(FORMATS)}, or all"
        )
    return list(dict.fromkeys(names))


_ALL = "all"
"""What asks for every format in one word."""


_OPTION_FLAGS = {
    "io": "--io",
    "upsampling": "--upsampling",
    "backend": "--backend",
    "dynamic_batch": "--dynamic-batch",
    "deployment_target": "--minimum-deployment-target",
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
        for asked, complaint in (
            (options.io == "int8", "--io int8 needs --int8; add it, or leave out --io"),
            (options.bias_correction, "--bias-correction is for --int8; add it, or leave it out"),
            (options.recipe, "--recipe is for --int8; add it, or leave out --recipe"),
        ):
            if asked:
                raise UsageError(complaint)
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
                        input=options.input,
                        output=options.output,
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
    if options.ranges and options.calibration and not any(s.needs_images for s in specs):
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
    return ["", *(different_names(options.chip, "chip", CHIPS) if options.chip else ())]


if __name__ == "__main__":
    sys.exit(main())
