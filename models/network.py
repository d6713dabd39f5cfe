"""The eager network of any config."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..artifact.interface import CLASSIFICATION, OUTPUT_NAME
from ..artifact.outputs import Outputs
from ..tasks.names import DETECTION, SEGMENTATION
from .config import LowFormerConfig
from .dense_head import DetectionHead
from .detector import Detector, level_outputs
from .lowformer import LowFormer
from .segmenter import Segmenter

Network = LowFormer | Detector | Segmenter

_KINDS: dict[str, type[Network]] = {
    CLASSIFICATION: LowFormer,
    DETECTION: Detector,
    SEGMENTATION: Segmenter,
}


def build_network(config: LowFormerConfig) -> Network:
    """The network that a config describes, with weights to begin a training with.

    Raises:
        ConfigError: It cannot be built.
    """
    return _KINDS[config.task](config)


def network_outputs(config: LowFormerConfig) -> tuple[str, ...]:
    """What a network's outputs are called, in their order; a tensor alone is its logits."""
    head = config.dense_head
    return level_outputs(head.levels) if isinstance(head, DetectionHead) else (OUTPUT_NAME,)


def named_outputs(given: Tensor | Mapping[str, Tensor]) -> Outputs:
    """What a network gave, by name: one tensor, its logits, or several."""
    named = {OUTPUT_NAME: given} if isinstance(given, Tensor) else given
    return {name: values.numpy() for name, values in named.items()}
