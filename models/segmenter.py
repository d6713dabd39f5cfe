"""A LowFormer that names what each pixel shows: Semantic FPN on its last four maps."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import ConfigError
from .config import LowFormerConfig
from .dense_head import SegmentationHead
from .heads.fpn import FPN
from .heads.semantic_fpn_head import SemanticFPNHead
from .lowformer import Backbone

LEVELS = 4
"""The backbone's maps at strides 4, 8, 16 and 32."""


class Segmenter(nn.Module):
    """Semantic FPN, with the names of mmseg 1.2.2's.

    Args:
        config: An architecture with a segmentation head.

    Raises:
        ConfigError: It has none.
    """

    def __init__(self, config: LowFormerConfig) -> None:
        super().__init__()
        head = config.dense_head
        if not isinstance(head, SegmentationHead):
            raise ConfigError(f"model config: {config.name} has no segmentation head; see for_task")
        self.config = config
        self.backbone = Backbone(config)
        self.neck = FPN(config.widths[-LEVELS:], head.lateral_width, head.neck_channels, LEVELS)
        self.decode_head = SemanticFPNHead(
            head.neck_channels, head.scale_widths, config.num_classes
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits [N, num_classes, H / 4, W / 4] of normalised images [N, 3, H, W], of any size."""
        return self.decode_head(self.neck(self.backbone.forward_stages(x)[-LEVELS:]))
