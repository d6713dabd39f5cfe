"""From a user's choice of model, weights and config to a model that is ready to export."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .. import demo
from ..artifact.interface import CLASSIFICATION
from ..artifact.labels import repeated, unique_names
from ..artifact.preprocessing import Preprocessing
from ..artifact.preprocessing_text import described_preprocessing
from ..artifact.size import Size, shown_size
from ..errors import CheckpointError, UsageError
from ..process.text import printable
from ..tasks.names import DETECTION, parse_task
from ..tasks.registry import TASKS
from ..tasks.task import Task
from .architecture import choose_architecture, usual_preprocessing
from .checkpoint import Checkpoint, load_weights, read_checkpoint
from .checkpoint_fit import advice_on, fitting_variant, shapes_of
from .checkpoint_source import find_checkpoint
from .class_list import ClassList, read_class_list
from .config import LowFormerConfig
from .dense_head import DenseHead
from .network import Network
from .preprocessing_file import with_file
from .random_weights import random_model
from .stated_preprocessing import (
    CHECKPOINT,
    DEFAULT,
    GIVEN,
    OPENMMLAB,
    PUBLISHED,
    TIMM,
    USUALLY_STATED,
    StatedPreprocessing,
)
from .timm_models import is_timm_module, published_name, stated_preprocessing
from .variants import CHECKPOINTS_PAGE, DEMO, variant

RANDOM = "random weights"

_STATED_OF_DENSE = ("resize_mode", "interpolation", "mean", "std")
"""What is told of a detector's or segmenter's preprocessing where it was assumed."""


@dataclasses.dataclass(frozen=True)
class LoadedModel:
    """A model with all that belongs to it.

    Attributes:
        network: The eager model in evaluation mode.
        preprocessing: From an image to its input.
        labels: Class names in order, or None where nobody gave them.
        source: The checkpoint's file name, or ``random weights``.
        digest: SHA-256 in hex of the checkpoint file, or of the weights of a model in memory; None
            for random weights.
        notes: What a user should know of how it was read.
        preprocessing_sources: Who stated each parameter of the preprocessing.
        classes_source: Who stated the class names and their order; None where nobody did.
        taken: Which of several sets of weights in the file these are; empty where it has but one.
    """

    network: Network
    preprocessing: Preprocessing
    labels: tuple[str, ...] | None
    source: str
    digest: str | None
    notes: tuple[str, ...] = ()
    preprocessing_sources: Mapping[str, str] = dataclasses.field(default_factory=dict)
    classes_source: str | None = None
    taken: str = ""

    @property
    def config(self) -> LowFormerConfig:
        """The architecture."""
        return self.network.config

    @property
    def task(self) -> Task:
        """What it is for."""
        return TASKS[self.config.task]

    def check_exportable(self) -> None:
        """Refuses sizes that files for the model's task cannot have.

        Raises:
            ConfigError: It has such a size.
        """
        self.config.check_doubling()

    @property
    def task_name(self) -> str:
        """What it is for, such as ``classification``."""
        return self.config.task

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.config.num_classes

    @property
    def output_bytes(self) -> int:
        """Of its outputs for one image, in float32."""
        head, preprocessing = self.config.dense_head, self.preprocessing
        if head is None:
            return 4 * self.num_classes
        return 4 * head.output_values(self.num_classes, preprocessing.height, preprocessing.width)

    @property
    def is_random(self) -> bool:
        """Whether accuracy figures of this model mean nothing."""
        return self.digest is None


def load_model(
    name: str | None = None,
    *,
    weights: str | Path | None = None,
    checkpoint_key: str | None = None,
    config: str | Path | LowFormerConfig | None = None,
    task: str | DenseHead | None = None,
    random_weights: bool = False,
    num_classes: int | None = None,
    input_size: Size | None = None,
    preprocessing: Preprocessing | Mapping[str, Any] | None = None,
    preprocessing_file: str | Path | None = None,
    labels: str | Path | Sequence[str] | None = None,
) -> LoadedModel:
    """Loads a model; never falls back to random weights.

    Args:
        name: A registered variant; the bundled demo model by default. May be left out where
            ``config`` or the checkpoint itself states the architecture.
        weights: A checkpoint's file, ``.pt`` or ``.safetensors``, or ``hf:OWNER/NAME[@REVISION]``.
        checkpoint_key: Which of several sets of weights in it, such as ``state_dict``; by default
            the averaged one, or else the trained one.
        config: The authors' YAML or our JSON as a file, or an architecture.
        task: What the model is for, ``detection`` or ``segmentation``, where the config does not
            say so: with the head that the checkpoint has, or the usual one. Or a head.
        random_weights: Explicitly ask for random weights.
        num_classes: Overrides the config's number of classes.
        input_size: Pixels of the input's side, or its height and width, instead of the model's
            own.
        preprocessing: From an image to the input, or some of its parameters by name, instead of
            what the file, the config or the checkpoint states.
        preprocessing_file: JSON or YAML of some of its parameters, likewise.
        labels: Class names in order, or a file of them, see :func:`read_class_list`, instead of
            the checkpoint's.

    Raises:
        UsageError: The combination, a file or a value cannot be used.
    """
    _check_choices(name, config, weights, random_weights, checkpoint_key)
    name, weights = _or_bundled(name, weights, config, task, random_weights)
    checkpoint = find_checkpoint(weights, checkpoint_key) if weights else None
    architecture, stated, notes = choose_architecture(name, config, task, checkpoint)
    if num_classes is not None:
        architecture = architecture.replace(num_classes=num_classes)
    if checkpoint is None and not random_weights:
        raise UsageError(_why_weights(architecture))
    stated = with_file(stated, Path(preprocessing_file)) if preprocessing_file else stated
    used = stated.with_changes(preprocessing, input_size)
    architecture = architecture.replace(input_size=used.preprocessing.size)
    return _loaded(architecture, checkpoint, used, labels, notes)


def _loaded(
    architecture: LowFormerConfig,
    checkpoint: Checkpoint | None,
    used: StatedPreprocessing,
    labels: str | Path | Sequence[str] | None,
    notes: Sequence[str],
) -> LoadedModel:
    """The model of an architecture, with a checkpoint's weights or random ones."""
    network = load_weights(architecture, checkpoint) if checkpoint else random_model(architecture)
    classes = _class_list(labels, checkpoint, architecture.num_classes)
    return LoadedModel(
        network=network,
        preprocessing=used.preprocessing,
        preprocessing_sources=used.sources,
        labels=None if classes is None else classes.names,
        classes_source=_classes_source(labels, checkpoint),
        taken=checkpoint.taken if checkpoint else "",
        source=checkpoint.shown_name if checkpoint else RANDOM,
        digest=checkpoint.digest if checkpoint else None,
        notes=(
            *notes,
            *_notes_on(architecture, checkpoint, used),
            *used.conflicts,
            *_notes_on_classes(classes),
        ),
    )


def _why_weights(architecture: LowFormerConfig) -> str:
    if architecture.dense_head:
        return (
            f"model {architecture.name} for {architecture.task} needs its checkpoint: give"
            " `weights`, such as mmdet's and mmseg's trainers save, or `random_weights` for latency"
            " only"
        )
    return (
        f"model {architecture.name} needs its checkpoint: give `weights` (the authors link theirs"
        f" at {CHECKPOINTS_PAGE}), or `random_weights` for latency only"
    )


def _check_choices(
    name: str | None,
    config: object,
    weights: object,
    random_weights: bool,
    checkpoint_key: str | None,
) -> None:
    """Refuses what contradicts each other.

    Raises:
        UsageError: Two parameters choose the same, or one chooses of nothing.
    """
    if name is not None and not isinstance(name, str):
        raise UsageError(
            f"`name` must be a registered variant such as 'b0', not {type(name).__name__}; a"
            " checkpoint goes to `weights`"
        )
    if name is not None and config:
        raise UsageError("`name` and `config` both choose the architecture; give one of them")
    if weights and random_weights:
        raise UsageError("`weights` and `random_weights` exclude each other; give one of them")
    if random_weights and checkpoint_key is not None:
        raise UsageError("`checkpoint_key` chooses weights of a file; give `weights`")


def _or_bundled(
    name: str | None,
    weights: str | Path | None,
    config: str | Path | LowFormerConfig | None,
    task: str | DenseHead | None,
    random_weights: bool,
) -> tuple[str | None, str | Path | None]:
    """Name and weights that were given; those of the task's bundled model where nothing else was.

    A bundled detector or segmenter states its own architecture, and so has no name beside it.
    """
    if name is None and not config and not weights:
        name = DEMO.name
    if name is None or variant(name) != DEMO or weights or random_weights:
        return name, weights
    asked = parse_task(task) if isinstance(task, str) else task.task if task else CLASSIFICATION
    if asked == CLASSIFICATION:
        return name, demo.CHECKPOINT
    return None, demo.DETECTOR if asked == DETECTION else demo.SEGMENTER


def _classes_source(labels: object, checkpoint: Checkpoint | None) -> str | None:
    """Who states the class names."""
    if labels is not None:
        return GIVEN
    return CHECKPOINT if checkpoint and checkpoint.labels else None


def _notes_on(
    architecture: LowFormerConfig, checkpoint: Checkpoint | None, used: StatedPreprocessing
) -> tuple[str, ...]:
    """What was taken of a checkpoint, or for granted with it."""
    if checkpoint is None or checkpoint.path in demo.CHECKPOINTS:
        return ()
    name = checkpoint.shown_name
    trained = checkpoint.trained_head
    notes = [f"{name}: {note}" for note in checkpoint.notes + (trained.notes if trained else ())]
    if checkpoint.is_timm and not set(map(used.sources.get, USUALLY_STATED)) - {PUBLISHED, DEFAULT}:
        taken = used.preprocessing
        notes.append(
            f"{name}: has timm's names and states no preprocessing; took what is published:"
            f" {taken.interpolation}, crop {taken.crop_ratio:g}, ImageNet's mean and std"
        )
    if OPENMMLAB in map(used.sources.get, _STATED_OF_DENSE):
        notes.append(
            f"{name}: took the preprocessing that is usual for {architecture.task}, but for what it"
            f" states: {described_preprocessing(used.preprocessing)}"
        )
    return tuple(notes)


def _notes_on_classes(classes: ClassList | None) -> tuple[str, ...]:
    """What was taken for granted with class names, and which of them are not unique."""
    if classes is None:
        return ()
    notes = [classes.note] if classes.note else []
    several = repeated(classes.names)
    if several:
        pairs = [f"{' and '.join(map(str, same))} ({name})" for name, same in several.items()]
        shown = unique_names(classes.names)[next(iter(several.values()))[0]]
        notes.append(
            f"classes {'; '.join(pairs[:3])}{', ...' if pairs[3:] else ''} have one name: label"
            f" images by number or WordNet id; Core ML's classifiers say {shown!r} and the like"
        )
    return tuple(notes)


def from_module(
    network: nn.Module,
    preprocessing: Preprocessing | None = None,
    *,
    labels: str | Path | Sequence[str] | None = None,
    name: str = "a model in memory",
) -> LoadedModel:
    """Takes a model that was trained in the caller's own loop.

    Args:
        network: The model, our own :class:`LowFormer`, detector or segmenter, or a LowFormer that
            timm made. It is copied, so that training can go on.
        preprocessing: From an image to its input; by default what timm's ``pretrained_cfg``
            states, or the usual one of the task at the model's input size.
        labels: Class names in order, or a file of them, see :func:`read_class_list`.
        name: Where the weights came from, as the bundle states it.

    Raises:
        UsageError: It is no LowFormer, a weight is not finite, or the preprocessing or the labels
            are not for it.
    """
    source = DEFAULT if preprocessing is None else GIVEN
    if is_timm_module(network):
        if preprocessing is None:
            preprocessing = stated_preprocessing(network)
            source = TIMM if preprocessing else PUBLISHED
        network = _from_timm(network, preprocessing)
    elif not isinstance(network, Network):
        raise UsageError(
            "`network` must be a LowFormer, of lowformer_edge or of timm, not"
            f" {type(network).__name__}; load_model takes checkpoints"
        )
    config = network.config
    if preprocessing is None and config.dense_head:
        preprocessing, source = usual_preprocessing(config, None).preprocessing, OPENMMLAB
    preprocessing = preprocessing or Preprocessing(size=config.input_size)
    if preprocessing.size != config.input_size:
        raise UsageError(
            f"`preprocessing` gives {shown_size(preprocessing.size)} pixels, but `network` takes"
            f" {shown_size(config.input_size)}"
        )
    copied = copy.deepcopy(network).to("cpu", torch.float32).eval().requires_grad_(False)
    state = copied.state_dict()
    bad = [key for key, value in state.items() if not bool(value.isfinite().all())]
    if bad:
        raise UsageError(f"`network` holds NaN or infinite values in {bad[0]}; train it again")
    classes = _class_list(labels, None, config.num_classes)
    return LoadedModel(
        network=copied,
        preprocessing=preprocessing,
        labels=None if classes is None else classes.names,
        source=printable(name),
        digest=_digest_of(state),
        preprocessing_sources=StatedPreprocessing.by(preprocessing, source).sources,
        classes_source=None if labels is None else GIVEN,
        notes=_notes_on_classes(classes),
    )


def _from_timm(network: nn.Module, preprocessing: Preprocessing | None) -> Network:
    """Our own model with the weights of timm's.

    Raises:
        UsageError: No registered variant is like it.
    """
    weights = {
        published_name(name): value.to("cpu") for name, value in network.state_dict().items()
    }
    config = fitting_variant(shapes_of(weights))
    if config is None:
        raise UsageError("`network` is a LowFormer of timm's that no registered variant is like")
    if preprocessing:
        config = config.replace(input_size=preprocessing.size)
    return load_weights(config, Checkpoint(Path("`network`"), "", weights))


def _digest_of(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of names, shapes and values of weights, in hex."""
    digest = hashlib.sha256()
    for key, value in sorted(state.items()):
        digest.update(f"{key} {value.dtype} {list(value.shape)}\n".encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _class_list(
    labels: str | Path | Sequence[str] | None, checkpoint: Checkpoint | None, num_classes: int
) -> ClassList | None:
    """Class names that were given, or else those that a checkpoint states.

    Raises:
        UsageError: There is another number of classes.
    """
    stated = checkpoint.labels if checkpoint else None
    if isinstance(labels, str | Path):
        classes = read_class_list(Path(labels))
    elif labels or stated:
        classes = ClassList(tuple(labels or stated or ()))
    else:
        return None
    if len(classes.names) != num_classes:
        raise UsageError(
            f"{len(classes.names)} class names were given, but the model has {num_classes}"
            " classes; correct `labels` or `num_classes`"
        )
    return classes


def preprocessing_of_variant(model: str | LowFormerConfig) -> StatedPreprocessing:
    """The published preprocessing of a registered variant, or the usual one of an architecture.

    Raises:
        ConfigError: No variant has that name.
    """
    config = variant(model) if isinstance(model, str) else model
    checkpoint = read_checkpoint(demo.CHECKPOINT) if config == DEMO else None
    return usual_preprocessing(config, checkpoint)


def preprocessing_of_checkpoint(path: Path) -> StatedPreprocessing:
    """The preprocessing that an export of a checkpoint has, as far as the file tells.

    Raises:
        CheckpointError: It cannot be read, or neither states its input size nor fits a variant.
    """
    checkpoint = read_checkpoint(path)
    shapes = shapes_of(checkpoint.state)
    config = checkpoint.config or fitting_variant(shapes)
    if config is None:
        raise CheckpointError(f"{path}: does not state its architecture; {advice_on(shapes)}")
    return usual_preprocessing(config, checkpoint)
