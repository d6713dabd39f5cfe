"""A detector's two forms of outputs: maps of each level, or the boxes and scores that they mean."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from ..artifact.interface import BOXES_NAME, SCORES_NAME
from ..artifact.outputs import Outputs, output_of
from ..artifact.placement import Placement
from ..errors import CheckError
from .anchors import ANCHORS_PER_PLACE, BOX_SIDES, FIRST_LEVEL, anchors_of, level_sizes, stride_of
from .box_coder import boxes_of
from .box_decoder import BoxDecoder, decode_unplaced, sigmoid
from .detections import Detections

_CLASSES, _BOXES = "class_logits_p", "box_deltas_p"

_MOST_LEVELS = 9
"""More than any input has room for: the last one's stride is 2048 pixels."""


def decoder_of(outputs: Outputs) -> BoxDecoder:
    """What decodes maps of these shapes.

    Args:
        outputs: Maps [N, C, H, W] of each level by name.

    Raises:
        CheckError: They are none of a detector.
    """
    first = outputs.get(f"{_CLASSES}{FIRST_LEVEL}")
    if first is None or first.ndim != 4:
        raise CheckError(f"outputs {', '.join(outputs)} are none of a detector")
    height, width = (side * stride_of(FIRST_LEVEL) for side in first.shape[2:])
    return _decoder(height, width, classes_of(outputs), len(_levels(outputs)))


def classes_of(outputs: Outputs) -> int:
    """How many classes the maps of a detector are for."""
    return outputs[f"{_CLASSES}{FIRST_LEVEL}"].shape[1] // ANCHORS_PER_PLACE


def decoded_outputs(outputs: Outputs) -> Outputs:
    """What a file that decodes its maps should give.

    Args:
        outputs: Maps [N, C, H, W] of each level by name.

    Returns:
        ``boxes``, corners x1, y1, x2, y2 in pixels of the input [N, A, 4], not clipped, and
        ``scores`` [N, A, K], by level, row, column and anchor.

    Raises:
        CheckError: They are none of a detector.
    """
    decoder, levels = decoder_of(outputs), _levels(outputs)
    sizes = level_sizes(decoder.height, decoder.width, len(levels))
    logits, deltas = (
        np.concatenate(
            [
                _by_anchor(outputs, f"{name}{level}", values, size)
                for level, size in zip(levels, sizes, strict=True)
            ],
            axis=1,
        )
        for name, values in ((_CLASSES, decoder.num_classes), (_BOXES, BOX_SIDES))
    )
    anchors = anchors_of(decoder.height, decoder.width, len(levels))
    return {BOXES_NAME: boxes_of(anchors, deltas), SCORES_NAME: sigmoid(logits)}


def objects_of_boxes(outputs: Outputs, placement: Placement | None) -> Detections:
    """Objects of one image from decoded boxes.

    Args:
        outputs: ``boxes`` [A, 4] and ``scores`` [A, K].
        placement: The image's in the input. Without it all levels count as one and nothing is
            clipped, which is for comparing files.

    Raises:
        CheckError: A shape is another, a value is not finite, or they are of another input.
    """
    boxes, scores = output_of(outputs, BOXES_NAME), output_of(outputs, SCORES_NAME)
    if placement is None:
        return decode_unplaced(boxes, scores)
    height, width = placement.rows.input, placement.columns.input
    levels = _level_count(len(boxes), height, width)
    return _decoder(height, width, scores.shape[-1], levels).decode_boxes(boxes, scores, placement)


def _level_count(anchors: int, height: int, width: int) -> int:
    """How many levels of an input have so many anchors.

    Raises:
        CheckError: No number of them has.
    """
    for levels in range(1, _MOST_LEVELS + 1):
        places = sum(rows * columns for rows, columns in level_sizes(height, width, levels))
        if places * ANCHORS_PER_PLACE == anchors:
            return levels
    raise CheckError(f"{anchors} boxes are none of an input of {height} x {width} pixels")


def _levels(outputs: Outputs) -> list[str]:
    """The numbers of a detector's levels, from the finest."""
    return [name.removeprefix(_CLASSES) for name in outputs if name.startswith(_CLASSES)]


@functools.lru_cache(maxsize=4)
def _decoder(height: int, width: int, num_classes: int, levels: int) -> BoxDecoder:
    return BoxDecoder(height, width, num_classes, levels)


def _by_anchor(
    outputs: Outputs, name: str, count: int, size: tuple[int, int]
) -> NDArray[np.float32]:
    """A map [N, 9 * count, H, W] as [N, places * 9, count].

    Raises:
        CheckError: It is missing, or of another shape.
    """
    values = output_of(outputs, name)
    shape = (ANCHORS_PER_PLACE * count, *size)
    if values.shape[1:] != shape:
        raise CheckError(f"{name} of one image must be {list(shape)}, not {list(values.shape[1:])}")
    return values.transpose(0, 2, 3, 1).reshape(len(values), -1, count)
