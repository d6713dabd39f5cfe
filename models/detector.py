"""A LowFormer that finds objects: RetinaNet on its last three maps."""

from __future__ import annotations

from torch import Tensor, nn

from ..errors import ConfigError
from ..tasks.anchors import FIRST_LEVEL
from .config import LowFormerConfig
from .dense_head import BACKBONE_LEVELS, DetectionHead
from .heads.fpn import FPN
from .heads.retina_head import RetinaHead
from .lowformer import Backbone

CLASSES, BOXES = "class_logits", "box_deltas"
"""What the outputs of a level are called, before its number."""


def level_outputs(levels: int) -> tuple[str, ...]:
    """What the outputs of a detector on that many levels are called, in their order."""
    numbers = range(FIRST_LEVEL, FIRST_LEVEL + levels)
    return tuple(f"{kind}_p{number}" for number in numbers for kind in (CLASSES, BOXES))


class Detector(nn.Module):
    """RetinaNet, with the names of mmdet 3.3.0's.

    Args:
        config: An architecture with a detection head.

    Raises:
        ConfigError: It has none.
    """

    def __init__(self, config: LowFormerConfig) -> None:
        super().__init__()
        head = config.dense_head
        if not isinstance(head, DetectionHead):
            raise ConfigError(f"model config: {config.name} has no detection head; see for_task")
        self.config = config
        self.backbone = Backbone(config)
        self.neck = FPN(
            config.widths[-BACKBONE_LEVELS:], head.lateral_width, head.neck_channels, head.levels
        )
        self.bbox_head = RetinaHead(
            head.neck_channels, head.class_widths, head.box_widths, config.num_classes
        )

    def forward_levels(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Class logits and box deltas of each level, see :class:`RetinaHead`, from the finest.

        Args:
            x: Normalised images [N, 3, H, W], of any size.
        """
        maps = self.backbone.forward_stages(x)[-BACKBONE_LEVELS:]
        return self.bbox_head(self.neck(maps))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The same by name: ``class_logits_p3``, ``box_deltas_p3``, ``class_logits_p4``, ..."""
        maps = [values for level in self.forward_levels(x) for values in level]
        return dict(zip(level_outputs(len(maps) // 2), maps, strict=True))
