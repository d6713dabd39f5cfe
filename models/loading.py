"""From a user's choice of model, weights and config to a model that is ready to export."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..artifact.preprocessing import Preprocessing
from ..demo import CHECKPOINT as DEMO_CHECKPOINT
from ..errors import ConfigError, UsageError
from ..process.text import printable
from .authors_config import read_authors_config
from .checkpoint import Checkpoint, load_weights, read_checkpoint
from .config import LowFormerConfig
from .lowformer import LowFormer
from .random_weights import random_model
from .variants import CHECKPOINTS_PAGE, DEMO, variant


@dataclasses.dataclass(frozen=True)
class LoadedModel:
    """A model with all that belongs to it.

    Attributes:
        network: The eager model in evaluation mode.
        preprocessing: From an image to its input.
        labels: Class names in order, or None where nobody gave them.
        source: The checkpoint's file name, or ``random weights``.
        digest: SHA-256 of the checkpoint file in hex, or None for random weights.
    """

    network: LowFormer
    preprocessing: Preprocessing
    labels: tuple[str, ...] | None
    source: str
    digest: str | None

    @property
    def config(self) -> LowFormerConfig:
        """The architecture."""
        return self.network.config

    @property
    def is_random(self) -> bool:
        """Whether accuracy figures of this model mean nothing."""
        return self.digest is None


def load_model(
    name: str | None = None,
    *,
    weights: Path | None = None,
    config_path: Path | None = None,
    random_weights: bool = False,
    num_classes: int | None = None,
    input_size: int | None = None,
    labels: tuple[str, ...] | None = None,
) -> LoadedModel:
    """Loads a model; never falls back to random weights.

    Args:
        name: A registered variant; the bundled demo model by default. May be left out where
            ``config_path`` or the checkpoint itself states the architecture.
        weights: A checkpoint, see :func:`read_checkpoint`.
        config_path: The authors' YAML or our JSON.
        random_weights: Explicitly ask for random weights.
        num_classes: Overrides the config's number of classes.
        input_size: Side of the input in pixels, instead of the model's own.
        labels: Class names in order, instead of the checkpoint's.

    Raises:
        UsageError: The combination, a file or a value cannot be used.
    """
    if name is not None and config_path:
        raise UsageError("`name` and `config` both choose the architecture; give one of them")
    if weights and random_weights:
        raise UsageError("`weights` and `random_weights` exclude each other; give one of them")
    if name is None and not config_path and not weights:
        name = DEMO.name
    if name is not None and variant(name) == DEMO and not weights and not random_weights:
        weights = DEMO_CHECKPOINT
    checkpoint = read_checkpoint(weights) if weights else None
    config, preprocessing = _architecture(name, config_path, checkpoint)
    if num_classes is not None:
        config = config.replace(num_classes=num_classes)
    if checkpoint is None and not random_weights:
        raise UsageError(
            f"model {config.name} needs its checkpoint: give `weights` (the authors link"
            f" theirs at {CHECKPOINTS_PAGE}), or `random_weights` for latency only"
        )
    if input_size is not None:
        config = config.replace(input_size=input_size)
    preprocessing = preprocessing.at_size(config.input_size)
    network = load_weights(config, checkpoint) if checkpoint else random_model(config)
    labels = labels or (checkpoint.labels if checkpoint else None)
    if labels is not None and len(labels) != config.num_classes:
        raise UsageError(
            f"{len(labels)} class names were given, but the model has {config.num_classes}"
            " classes; correct `labels` or `num_classes`"
        )
    return LoadedModel(
        network=network,
        preprocessing=preprocessing,
        labels=labels,
        source=printable(checkpoint.path.name) if checkpoint else "random weights",
        digest=checkpoint.digest if checkpoint else None,
    )


def _as_trained(config: LowFormerConfig, checkpoint: Checkpoint | None) -> LowFormerConfig:
    """A variant with the input size and the classes of its checkpoint, if that states them."""
    stated = checkpoint.config if checkpoint else None
    if stated is None:
        return config
    trained = config.replace(input_size=stated.input_size, num_classes=stated.num_classes)
    return trained if trained == stated else config


def _architecture(
    name: str | None, config_path: Path | None, checkpoint: Checkpoint | None
) -> tuple[LowFormerConfig, Preprocessing]:
    """Config and preprocessing by what was asked for, then by what the checkpoint says."""
    if config_path and config_path.suffix in (".yaml", ".yml"):
        authors = read_authors_config(config_path)
        return authors.model, authors.preprocessing
    stated = checkpoint.preprocessing if checkpoint else None
    if config_path:
        config = LowFormerConfig.from_json(config_path)
    elif name is not None:
        config = _as_trained(variant(name), checkpoint)
    elif checkpoint and checkpoint.config:
        config = checkpoint.config
    else:
        assert checkpoint is not None
        raise ConfigError(
            f"{checkpoint.path}: does not state its architecture; give `name` or `config`"
        )
    if config == DEMO:
        stated = stated or Preprocessing(crop_ratio=1.0)
    return config, stated or Preprocessing(size=config.input_size)
