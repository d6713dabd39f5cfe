"""Trains a small LowFormer with RetinaNet on scenes of garments, reproducibly, on a CPU.

    python training/detector.py --output demo/lowformer_detector.safetensors

The garments come from Debian's package dataset-fashion-mnist (MIT licence, Zalando SE).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fashion_mnist import LABELS
from lowformer_edge.demo.scenes import SIZE, Scene
from lowformer_edge.models.dense_head import DetectionHead
from lowformer_edge.models.variants import DEMO
from lowformer_edge.tasks.anchors import BOX_SIDES, anchors_of
from lowformer_edge.tasks.box_coder import encode_boxes
from lowformer_edge.tasks.names import DETECTION
from scene_training import Example, parse_arguments, train

CONFIG = DEMO.for_task(DETECTION, channels=64, convs=2).replace(
    name="demo-detector", num_classes=len(LABELS), input_size=SIZE
)
ANCHORS = anchors_of(*SIZE, DetectionHead().levels)

OBJECT, NOTHING = 0.5, 0.4
"""The overlap from which an anchor is to find an object, and below which it is to find none; what
lies between is not judged. Each object also has the anchors that it overlaps most."""

ALPHA, GAMMA = 0.25, 2.0
"""Of the focal loss (arXiv 1708.02002)."""

BACKGROUND, IGNORED = -1, -2
"""Classes of anchors that are to find nothing, and of those that are not judged."""


def overlaps(anchors: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of each anchor with each box, [A, n]."""
    first = np.maximum(anchors[:, None, :2], boxes[:, :2])
    last = np.minimum(anchors[:, None, 2:], boxes[:, 2:])
    shared = np.prod(np.maximum(last - first, 0), axis=-1)
    areas = [np.prod(corners[:, 2:] - corners[:, :2], axis=-1) for corners in (anchors, boxes)]
    return shared / (areas[0][:, None] + areas[1] - shared)


def assigned(scene: Scene) -> Example:
    """What each anchor is to find: a class, int64 [A], and box deltas, float32 [A, 4]."""
    classes = np.full(len(ANCHORS), BACKGROUND)
    deltas = np.zeros((len(ANCHORS), BOX_SIDES), np.float32)
    if not len(scene.boxes):
        return classes, deltas
    shared = overlaps(ANCHORS, scene.boxes)
    nearest, most = shared.argmax(1), shared.max(1)
    classes[most >= NOTHING] = IGNORED
    finding = most >= OBJECT
    for index in range(len(scene.boxes)):
        best = shared[:, index] == shared[:, index].max()
        nearest[best], finding[best] = index, True
    classes[finding] = scene.classes[nearest[finding]]
    deltas[finding] = encode_boxes(ANCHORS[finding], scene.boxes[nearest[finding]])
    return classes, deltas


def retina_loss(outputs: Mapping[str, Tensor], classes: Tensor, deltas: Tensor) -> Tensor:
    """Focal loss of the classes and L1 of the boxes, over the number of anchors with an object.

    Args:
        outputs: The detector's.
        classes: Of each anchor, [N, A].
        deltas: Of each anchor, [N, A, 4].
    """
    logits = _by_anchor(outputs, "class_logits", CONFIG.num_classes)
    found = _by_anchor(outputs, "box_deltas", BOX_SIDES)
    judged, finding = classes != IGNORED, classes >= 0
    wanted = functional.one_hot(classes.clamp(min=0), CONFIG.num_classes) * finding[..., None]
    total = _focal_loss(logits[judged], wanted[judged].float()) + functional.l1_loss(
        found[finding], deltas[finding], reduction="sum"
    )
    return total / finding.sum().clamp(min=1)


def _focal_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy that counts the less, the surer a score is right; summed."""
    missed = (wanted - logits.sigmoid()).abs()
    weights = torch.where(wanted > 0, ALPHA, 1 - ALPHA) * missed**GAMMA
    losses = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (weights * losses).sum()


def _by_anchor(outputs: Mapping[str, Tensor], name: str, values: int) -> Tensor:
    """Outputs of all levels by that name, from the finest, [N, A, values]."""
    return torch.cat(
        [
            level.float().permute(0, 2, 3, 1).reshape(len(level), -1, values)
            for key, level in outputs.items()
            if key.startswith(name)
        ],
        dim=1,
    )


def main() -> None:
    arguments = parse_arguments(str(__doc__).splitlines()[0], steps=16_000, rate=2e-3)
    train(CONFIG, LABELS, assigned, retina_loss, arguments)


if __name__ == "__main__":
    main()
