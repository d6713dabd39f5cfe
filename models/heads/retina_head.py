"""The head of RetinaNet."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from torch import Tensor, nn

from ...tasks.anchors import ANCHORS_PER_PLACE, BOX_SIDES
from .conv_module import ConvModule

FIRST_SCORE = 0.01
"""Of every class before training: else the many places without an object drown the others
(arXiv 1708.02002, 4.1)."""


class RetinaHead(nn.Module):
    """Classes and boxes at every place of a level, with the names of mmdet's RetinaHead.

    One head serves all levels. Channels are by anchor: of the first one all classes, or all four
    numbers of its box, then of the second.

    Args:
        in_channels: Channels of a level.
        class_widths: Channels of each convolution before the last one, for classes.
        box_widths: The same for boxes.
        num_classes: Number of classes; there is none for the background.
    """

    def __init__(
        self,
        in_channels: int,
        class_widths: Sequence[int],
        box_widths: Sequence[int],
        num_classes: int,
    ) -> None:
        super().__init__()
        classes, boxes = [in_channels, *class_widths], [in_channels, *box_widths]
        self.cls_convs = nn.ModuleList(itertools.starmap(ConvModule, itertools.pairwise(classes)))
        self.reg_convs = nn.ModuleList(itertools.starmap(ConvModule, itertools.pairwise(boxes)))
        self.retina_cls = nn.Conv2d(classes[-1], ANCHORS_PER_PLACE * num_classes, 3, padding=1)
        self.retina_reg = nn.Conv2d(boxes[-1], ANCHORS_PER_PLACE * BOX_SIDES, 3, padding=1)
        self.apply(_initialise)
        assert self.retina_cls.bias is not None
        nn.init.constant_(self.retina_cls.bias, -math.log(1 / FIRST_SCORE - 1))

    def forward(self, levels: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """What :meth:`forward_level` gives for each level."""
        return [self.forward_level(level) for level in levels]

    def forward_level(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Class logits [N, 9 * K, H, W] and box deltas [N, 36, H, W] of a level [N, C, H, W]."""
        classes = boxes = x
        for conv in self.cls_convs:
            classes = conv(classes)
        for conv in self.reg_convs:
            boxes = conv(boxes)
        return self.retina_cls(classes), self.retina_reg(boxes)


def _initialise(module: nn.Module) -> None:
    """Gives a convolution the weights that mmdet begins to train it with."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=0.01)
        assert module.bias is not None
        nn.init.zeros_(module.bias)
