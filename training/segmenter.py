"""Trains a small LowFormer with Semantic FPN on scenes of garments, reproducibly, on a CPU.

    python training/segmenter.py --output demo/lowformer_segmenter.safetensors

The garments come from Debian's package dataset-fashion-mnist (MIT licence, Zalando SE).
"""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.nn import functional

from fashion_mnist import LABELS
from lowformer_edge.demo.scenes import SIZE, Scene
from lowformer_edge.models.variants import DEMO
from lowformer_edge.tasks.names import SEGMENTATION
from scene_training import Example, parse_arguments, train

CLASSES = ("background", *LABELS)
CONFIG = DEMO.for_task(SEGMENTATION, channels=64).replace(
    name="demo-segmenter", num_classes=len(CLASSES), input_size=SIZE
)


def label_map_of(scene: Scene) -> Example:
    """The class of each pixel, int64 [H, W]."""
    return (scene.label_map.astype(np.int64),)


def cross_entropy(logits: Tensor, label_maps: Tensor) -> Tensor:
    """Of the logits [N, K, H / 4, W / 4] brought to the size of the label maps [N, H, W]."""
    size = list(label_maps.shape[1:])
    return functional.cross_entropy(
        functional.interpolate(logits.float(), size, mode="bilinear"), label_maps
    )


def main() -> None:
    arguments = parse_arguments(str(__doc__).splitlines()[0], steps=30_000, rate=2e-3)
    train(CONFIG, CLASSES, label_map_of, cross_entropy, arguments)


if __name__ == "__main__":
    main()
