"""A detector whose graph ends with boxes and scores."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..models.detector import BOXES, CLASSES
from ..tasks.anchors import BOX_SIDES, anchors_of
from ..tasks.box_coder import LARGEST_SCALE


class DecodedBoxes(nn.Module):
    """Decodes a detector's maps, as :func:`decode_boxes` does, but for clipping.

    What is above a threshold, and which box hides which, is left to whoever takes the outputs.

    Args:
        model: Gives the maps of each level by name.
        height: Of the input in pixels.
        width: Of the input in pixels.
        levels: Of the pyramid.
    """

    centres: Tensor
    sides: Tensor
    halves: Tensor

    def __init__(self, model: nn.Module, height: int, width: int, levels: int) -> None:
        super().__init__()
        self.model = model
        anchors = torch.from_numpy(anchors_of(height, width, levels))[None]
        first, last = anchors[..., :2], anchors[..., 2:]
        self.register_buffer("centres", (first + last) / 2)
        self.register_buffer("sides", last - first)
        # By itself: a number in the graph would be cast outside XNNPACK.
        self.register_buffer("halves", (last - first) / 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Corners x1, y1, x2, y2 in pixels of the input [N, A, 4], and scores [N, A, K]."""
        given = self.model(image)
        logits, deltas = (
            [values for name, values in given.items() if name.startswith(start)]
            for start in (CLASSES, BOXES)
        )
        moves = _by_anchor(deltas, BOX_SIDES)
        centres = self.centres + self.sides * moves[..., :2]
        scales = moves[..., 2:].clamp(-LARGEST_SCALE, LARGEST_SCALE).exp()
        halves = self.halves * scales
        boxes = torch.cat((centres - halves, centres + halves), -1)
        classes = logits[0].shape[1] * BOX_SIDES // deltas[0].shape[1]
        return boxes, torch.sigmoid(_by_anchor(logits, classes))


def _by_anchor(maps: Sequence[Tensor], values: int) -> Tensor:
    """Maps [N, anchors * values, H, W] as [N, A, values], by level, row, column and anchor."""
    rows = [one.permute(0, 2, 3, 1).reshape(one.shape[0], -1, values) for one in maps]
    return torch.cat(rows, 1)
