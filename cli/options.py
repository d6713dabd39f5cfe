"""Options that several commands share.

The ``dest`` of an option is the parameter's name in what is called, see
:func:`lowformer_edge.cli.command.with_flags`.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifact.size import INTERPOLATIONS, PADDING_PLACES, RESIZE_MODES, parse_size
from ..errors import UsageError
from ..models.variants import VARIANTS
from ..process.interrupt import deferred_interrupt
from ..process.names import known_name, split_names
from ..workflows.defaults import CALIBRATION_IMAGES, EVALUATION_IMAGES

if TYPE_CHECKING:
    from ..judging.requirement import Requirement
    from ..models.dense_head import DenseHead
    from ..models.loading import LoadedModel
    from ..progress import Progress
    from ..workflows.data import ImageChoice


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Adds what chooses a model."""
    model = parser.add_argument_group("model")
    model.add_argument(
        "--model",
        dest="name",
        metavar="NAME",
        help=f"one of {', '.join(VARIANTS)} (default: demo, which is bundled)",
    )
    model.add_argument(
        "--weights",
        type=Path,
        metavar="FILE|hf:OWNER/NAME",
        help=".pt or .safetensors, an index of shards, or a repository of the Hugging Face hub,"
        " with @REVISION for another one than the newest",
    )
    model.add_argument(
        "--checkpoint-key",
        metavar="KEY",
        help="which of several sets of weights in it, such as state_dict or ema.0.9998 (default:"
        " the averaged one, or else the trained one)",
    )
    model.add_argument("--config", type=Path, metavar="FILE", help="the authors' YAML, or our JSON")
    model.add_argument(
        "--task",
        metavar="TASK",
        help="what the model is for, where the config does not say so: detect (RetinaNet) or"
        " segment (Semantic FPN), with the head that the weights have, or else mmdet's and mmseg's"
        " usual one",
    )
    model.add_argument(
        "--head-channels",
        type=int,
        metavar="N",
        help="of its head and neck, such as 64 for phones",
    )
    model.add_argument(
        "--head-convs", type=int, metavar="N", help="of a detection head, such as 2 for phones"
    )
    model.add_argument(
        "--random-weights", action="store_true", help="for latency and structure only"
    )
    model.add_argument(
        "--classes", dest="num_classes", type=int, metavar="N", help="number of classes"
    )
    model.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="class names in order: one per line, also after a number or WordNet id, or a JSON",
    )
    model.add_argument(
        "--input-size", metavar="SIZE", help="of the input in pixels, such as 224 or 192x256 (HxW)"
    )
    add_preprocessing_options(parser)


def add_preprocessing_options(parser: argparse.ArgumentParser) -> None:
    """Adds what says how images come to the model's input."""
    stated = parser.add_argument_group(
        "preprocessing",
        "where it is not what the checkpoint or the config states, or else the published one",
    )
    stated.add_argument(
        "--preprocessing",
        dest="preprocessing_file",
        type=Path,
        metavar="FILE",
        help="JSON or YAML of the parameters below; an option beats it",
    )
    stated.add_argument(
        "--crop-ratio",
        type=float,
        metavar="SHARE",
        help="of the resized image that the crop keeps, such as 0.875",
    )
    stated.add_argument(
        "--interpolation",
        type=as_named(INTERPOLATIONS),
        metavar="NAME",
        help=f"one of {', '.join(INTERPOLATIONS)}",
    )
    stated.add_argument("--mean", metavar="R,G,B", help="from 0 to 1, such as 0.5,0.5,0.5")
    stated.add_argument("--std", metavar="R,G,B", help="likewise")
    stated.add_argument(
        "--resize-mode",
        type=as_named(RESIZE_MODES),
        metavar="MODE",
        help=f"how images come to the input size: {', '.join(RESIZE_MODES)}",
    )
    stated.add_argument(
        "--padding", metavar="R,G,B", help="colour beside letterboxed images (default: the mean)"
    )
    stated.add_argument(
        "--padding-place",
        type=as_named(PADDING_PLACES),
        metavar="PLACE",
        help=f"where it is: {' or '.join(PADDING_PLACES)} (default: {PADDING_PLACES[0]})",
    )


def load_model_of(options: argparse.Namespace, progress: Progress) -> LoadedModel:
    """The model that the options choose; what a user should know of it is noted.

    Raises:
        UsageError: The combination, a file or a value cannot be used.
    """
    with deferred_interrupt():
        from ..models.loading import load_model

    loaded = load_model(
        options.name,
        weights=options.weights,
        checkpoint_key=options.checkpoint_key,
        config=options.config,
        task=_task_of(options),
        random_weights=options.random_weights,
        num_classes=options.num_classes,
        input_size=None if options.input_size is None else parse_size(options.input_size),
        preprocessing=preprocessing_of(options),
        preprocessing_file=options.preprocessing_file,
        labels=options.labels,
    )
    for note in loaded.notes:
        progress.note(note)
    return loaded


def _task_of(options: argparse.Namespace) -> str | DenseHead | None:
    """What the options say that the model is for: a task, or a head of other sizes than usual.

    Raises:
        UsageError: There are sizes without a task, or they are impossible.
    """
    channels, convs = options.head_channels, options.head_convs
    if channels is None and convs is None:
        return options.task
    if options.task is None:
        raise UsageError("`head_channels` and `head_convs` size the head for a `task`; give that")
    from ..models.dense_head import dense_head
    from ..tasks.names import parse_task

    return dense_head(parse_task(options.task), channels=channels, convs=convs)


def preprocessing_of(options: argparse.Namespace) -> dict[str, object]:
    """The parameters of the preprocessing that the options state.

    Raises:
        UsageError: A colour is none.
    """
    given = {
        name: getattr(options, name)
        for name in ("crop_ratio", "interpolation", "resize_mode", "padding_place")
        if getattr(options, name) is not None
    }
    for name, number, example in (
        ("mean", float, "from 0 to 1, such as 0.5,0.5,0.5"),
        ("std", float, "from 0 to 1, such as 0.5,0.5,0.5"),
        ("padding", int, "from 0 to 255, such as 114,114,114"),
    ):
        text = getattr(options, name)
        if text is None:
            continue
        try:
            given[name] = tuple(map(number, split_names(text, name)))
        except ValueError as error:
            raise UsageError(
                f"--{name} takes red, green and blue {example}, not {text!r}"
            ) from error
    return given


def add_data_options(
    parser: argparse.ArgumentParser, evaluation_images: int = EVALUATION_IMAGES
) -> argparse._ArgumentGroup:
    """Adds what chooses images for calibration and evaluation; returns the group."""
    data = parser.add_argument_group("data")
    data.add_argument(
        "--calibration-data",
        dest="calibration",
        type=Path,
        metavar="PATH",
        help="a folder, .tar, .zip or .npz",
    )
    data.add_argument(
        "--calibration-images",
        type=int,
        default=CALIBRATION_IMAGES,
        metavar="N",
        help="how many of them (default: %(default)s)",
    )
    data.add_argument(
        "--observer",
        type=str.lower,
        default="minmax",
        metavar="NAME",
        help="activation ranges: minmax, mse, entropy, percentile:99.99 or moving-average"
        " (default: %(default)s)",
    )
    data.add_argument(
        "--recipe", type=Path, metavar="FILE", help="JSON that gives ops their precision in INT8"
    )
    add_evaluation_options(data, evaluation_images)
    data.add_argument("--seed", type=int, default=0, help="of the choice of images")
    data.add_argument("--strict", action="store_true", help="refuse folders with broken images")
    return data


def add_evaluation_options(data: argparse._ArgumentGroup, count: int) -> None:
    """Adds what chooses images for accuracy; ``count`` is how many by default."""
    data.add_argument(
        "--evaluation-data",
        dest="evaluation",
        type=Path,
        metavar="PATH",
        help="what accuracy is taken on: a folder or archive with one folder a class, or .npz; for"
        " detection images of COCO, or VOC's folders; for segmentation VOC's too, or folders images"
        " and annotations",
    )
    data.add_argument(
        "--evaluation-labels",
        type=Path,
        metavar="FILE|FOLDER",
        help="image file names and classes as CSV or in columns, or ImageNet's devkit, in place of"
        " folders; for detection COCO's instances_*.json, or a folder of VOC's .xml; for"
        " segmentation a folder of label maps; or a list of VOC's ImageSets",
    )
    data.add_argument(
        "--reduce-zero-label",
        action=argparse.BooleanOptionalAction,
        help="whether 0 in label maps is of no class and the others count from 1, as in ADE20K",
    )
    data.add_argument(
        "--evaluation-images",
        type=int,
        metavar="N",
        help=f"how many of them (default: {count}, or fewer of a detector or segmenter, whose"
        " outputs are large)",
    )
    data.set_defaults(usual_evaluation_images=count)


def add_requirement_option(group: argparse._ArgumentGroup, explanation: str) -> None:
    """Adds what is required of where ops run."""
    group.add_argument(
        "--require",
        dest="requirements",
        action="append",
        default=[],
        metavar="CONDITION",
        help=explanation,
    )


def requirements_of(options: argparse.Namespace) -> list[Requirement]:
    """The conditions that the options require.

    Raises:
        UsageError: One is no condition.
    """
    from ..judging.requirement import parse_requirement

    return [parse_requirement(text) for text in options.requirements]


def as_named(known: Iterable[str]) -> Callable[[str], str]:
    """Reads an option that is one of several names, in capitals or not."""
    return functools.partial(known_name, known=known)


def check_counts(options: argparse.Namespace, *names: str) -> None:
    """Refuses numbers below 1.

    Raises:
        UsageError: One of the options named is below 1.
    """
    for name in names:
        count = getattr(options, name)
        if count is not None and count < 1:
            raise UsageError(f"--{name.replace('_', '-')} must be at least 1")
    if options.seed < 0:
        raise UsageError(f"--seed must not be negative, got {options.seed}")


def check_plot(options: argparse.Namespace) -> None:
    """Refuses a plot that is neither of the two kinds of files.

    Raises:
        UsageError: It is not.
    """
    if options.plot and options.plot.suffix not in (".png", ".svg"):
        raise UsageError(f"--plot takes a .png or .svg file, not {options.plot}")


def calibration_choice(options: argparse.Namespace) -> ImageChoice:
    """The images that the options choose for activation ranges."""
    from ..workflows.data import ImageChoice

    return ImageChoice(
        options.calibration,
        options.calibration_images,
        seed=options.seed,
        strict=options.strict,
    )


def evaluation_choice(options: argparse.Namespace) -> ImageChoice:
    """The images that the options choose for accuracy."""
    from ..workflows.data import ImageChoice

    count = options.evaluation_images
    return ImageChoice(
        options.evaluation,
        options.usual_evaluation_images if count is None else count,
        labels=options.evaluation_labels,
        seed=options.seed,
        strict=getattr(options, "strict", False),
        reduce_zero_label=options.reduce_zero_label,
        is_usual=count is None,
    )


def thread_counts(text: str) -> list[int]:
    """Numbers of threads, each once, from a text with commas between them.

    Raises:
        UsageError: It is none.
    """
    try:
        counts = [int(part) for part in split_names(text, "threads")]
    except ValueError as error:
        raise UsageError(f"--threads takes numbers with commas between them, not {text}") from error
    if min(counts) < 1:
        raise UsageError("--threads must be at least 1")
    return list(dict.fromkeys(counts))
