"""The eager network of any config."""

from __future__ import annotations

from ..artifact.interface import CLASSIFICATION, OUTPUT_NAME
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
