"""A detector's head once for each level that it runs on."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from ...models.detector import Detector
from ...models.heads.retina_head import RetinaHead
from ...tasks.anchors import FIRST_LEVEL


class UnrolledHead(nn.Module):
    """The function of :class:`RetinaHead`, with modules of its own for each level.

    Whatever goes by modules, such as activation ranges, goes by level so. The levels' modules
    lie on the same memory, one copy of the weights; each may still be given others.

    Args:
        head: The head.
        levels: How many levels it runs on.
    """

    def __init__(self, head: RetinaHead, levels: int) -> None:
        super().__init__()
        self.levels = nn.ModuleDict(
            {f"p{level}": _twin(head) for level in range(FIRST_LEVEL, FIRST_LEVEL + levels)}
        )

    def forward(self, levels: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        outputs: list[tuple[Tensor, Tensor]] = []
        for head, level in zip(self.levels.values(), levels, strict=True):
            outputs += head([level])
        return outputs


def _twin(head: RetinaHead) -> RetinaHead:
    """A copy with parameters of its own on the same memory."""
    known = {id(one): nn.Parameter(one.data, one.requires_grad) for one in head.parameters()}
    return copy.deepcopy(head, known)  # takes what it finds there in place of copying


def unroll_head(model: nn.Module) -> nn.Module:
    """Gives each detector an :class:`UnrolledHead`."""
    for module in list(model.modules()):
        if isinstance(module, Detector) and isinstance(module.bbox_head, RetinaHead):
            levels = len(module.neck.fpn_convs)
            module.add_module("bbox_head", UnrolledHead(module.bbox_head, levels))
    return model
