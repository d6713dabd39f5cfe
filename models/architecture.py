"""Which architecture and preprocessing a user's choice means."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..artifact.interface import CLASSIFICATION
from ..artifact.preprocessing import Preprocessing
from ..errors import CheckpointError, ConfigError, UsageError
from ..tasks.names import parse_task
from .authors_config import read_authors_config
from .checkpoint import Checkpoint
from .checkpoint_fit import advice_on, fitting_variant, shapes_of, with_head_of
from .config import LowFormerConfig
from .dense_head import DenseHead
from .stated_preprocessing import (
    CHECKPOINT,
    CONFIG,
    DEFAULT,
    OPENMMLAB,
    PUBLISHED,
    StatedPreprocessing,
)
from .variants import DEMO, VARIANTS, variant


def _as_trained(config: LowFormerConfig, checkpoint: Checkpoint | None) -> LowFormerConfig:
    """A variant with the input size, classes and head of its checkpoint, if that states them."""
    stated = checkpoint.config if checkpoint else None
    if stated is None:
        return config
    trained = config.replace(
        input_size=stated.input_size,
        num_classes=stated.num_classes,
        dense_head=stated.dense_head,
    )
    return trained if trained == stated else config


def _timm_architecture(checkpoint: Checkpoint) -> LowFormerConfig:
    """The variant that a checkpoint with timm's names is of.

    Raises:
        CheckpointError: It is of none.
    """
    config = fitting_variant(shapes_of(checkpoint.state))
    if config is None:
        raise CheckpointError(
            f"{checkpoint.path}: has timm's names, but {advice_on(shapes_of(checkpoint.state))}"
        )
    return config


def choose_architecture(
    name: str | None,
    given: str | Path | LowFormerConfig | None,
    task: str | DenseHead | None,
    checkpoint: Checkpoint | None,
) -> tuple[LowFormerConfig, StatedPreprocessing, tuple[str, ...]]:
    """Config, preprocessing and notes by what was asked for, then by what the checkpoint says.

    Args:
        name: A registered variant.
        given: A config's file, or a config.
        task: What the model is for, or its head.
        checkpoint: Where there is one, its weights are taken.

    Raises:
        UsageError: They contradict each other, or do not tell the architecture.
    """
    if isinstance(given, str | Path) and Path(given).suffix in (".yaml", ".yml"):
        authors = read_authors_config(Path(given))
        config = _for_task(authors.model, task, checkpoint)
        stated = usual_preprocessing(config, checkpoint)
        if not config.dense_head:  # whose preprocessing is not the classifier's
            stated = stated.updated(authors.stated, CONFIG)
        return config, stated, authors.notes
    if isinstance(given, LowFormerConfig):
        config = given
    elif given:
        config = LowFormerConfig.from_json(Path(given))
    elif name is not None:
        config = _as_trained(variant(name), checkpoint)
    elif checkpoint and checkpoint.config:
        config = checkpoint.config
    elif checkpoint and checkpoint.is_timm:
        config = _timm_architecture(checkpoint)
    else:
        assert checkpoint is not None
        raise ConfigError(
            f"{checkpoint.path}: does not state its architecture; give `name` or `config`:"
            f" {advice_on(shapes_of(checkpoint.state))}"
        )
    described, config = config, _for_task(config, task, checkpoint)
    stated = usual_preprocessing(config, checkpoint)
    if given and config.task == described.task:  # else its size is not for this task
        stated = stated.updated({"size": config.input_size}, CONFIG)
    return config, stated, ()


def _for_task(
    config: LowFormerConfig, task: str | DenseHead | None, checkpoint: Checkpoint | None
) -> LowFormerConfig:
    """An architecture with the head that is asked for, and with a checkpoint's sizes of it.

    Where the architecture is for another task, so are its classes and its input size: those that
    are usual for the task take their place.

    Raises:
        UsageError: It has a head for another task.
    """
    if task is None:
        return config
    asked = parse_task(task) if isinstance(task, str) else task.task
    head = None if isinstance(task, str) else task
    if config.dense_head and (asked != config.task or head not in (None, config.dense_head)):
        raise UsageError(
            f"`task` asks for {head or asked}, but the model has {config.dense_head}; leave it out"
        )
    if asked == CLASSIFICATION or config.dense_head:
        return config
    own = with_head_of(config, shapes_of(checkpoint.state)) if checkpoint else None
    if own is None or own.task != asked:
        own = config.for_task(asked)
    return own.replace(dense_head=head) if head else own


def usual_preprocessing(
    config: LowFormerConfig, checkpoint: Checkpoint | None
) -> StatedPreprocessing:
    """The preprocessing of an architecture, with what its checkpoint states."""
    if checkpoint and checkpoint.preprocessing:
        return StatedPreprocessing.by(checkpoint.preprocessing, checkpoint.stated_by)
    usual = Preprocessing(size=config.input_size)
    if config == DEMO:
        usual = dataclasses.replace(usual, crop_ratio=1.0)
    source = PUBLISHED if config in VARIANTS.values() else DEFAULT
    if config.dense_head:
        usual = dataclasses.replace(
            usual, crop_ratio=1.0, interpolation="bilinear", resize_mode="letterbox"
        )
        source = OPENMMLAB
    stated = StatedPreprocessing.by(usual, source)
    return stated.updated(checkpoint.stated, CHECKPOINT) if checkpoint else stated
