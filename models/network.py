"""The eager network of any config."""

from __future__ import annotations

from ..artifact.interface import CLASSIFICATION
from ..tasks.names import DETECTION, SEGMENTATION
from .config import LowFormerConfig
from .detector import Detector
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
