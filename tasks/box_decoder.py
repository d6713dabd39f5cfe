"""From a detector's outputs for an image to the objects in it, as mmdet 3.3.0 does it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..artifact.outputs import Outputs
from ..artifact.placement import Placement
from ..errors import CheckError
from .anchors import ANCHORS_PER_PLACE, BOX_SIDES, FIRST_LEVEL, anchors_of_level, level_sizes
from .box_coder import boxes_of
from .detections import Detections
from .overlap import suppress
from .ranking import highest


@dataclasses.dataclass(frozen=True)
class DecodingSettings:
    """What is kept of a detector's boxes; the defaults are mmdet's for RetinaNet.

    Attributes:
        score_threshold: Scores must be above it, in [0, 1).
        most_per_level: Pairs of an anchor and a class that each level keeps.
        most_iou: Of two boxes of one class; the worse one is left out above it.
        most_boxes: Of an image.
    """

    score_threshold: float = 0.05
    most_per_level: int = 1000
    most_iou: float = 0.5
    most_boxes: int = 100

    def __post_init__(self) -> None:
        if not 0 <= self.score_threshold < 1 or not 0 <= self.most_iou <= 1:
            raise CheckError(
                f"a score threshold is in [0, 1) and an IoU in [0, 1], not {self.score_threshold}"
                f" and {self.most_iou}"
            )
        if min(self.most_per_level, self.most_boxes) < 1:
            raise CheckError("at least one box of a level and of an image must be kept")

    @property
    def logit_threshold(self) -> float:
        """The threshold before the sigmoid."""
        share = self.score_threshold
        return math.log(share / (1 - share)) if share else -math.inf


@dataclasses.dataclass(frozen=True, eq=False)
class _Candidates:
    """Pairs of an anchor and a class.

    Attributes:
        ranks: What they are ordered by, the logit or the score.
        boxes: In pixels of the input.
        classes: Their numbers.
    """

    ranks: NDArray[np.float32]
    boxes: NDArray[np.float32]
    classes: NDArray[np.intp]


class BoxDecoder:
    """Decodes the outputs of a detector for one input size, frame by frame.

    In each level the pairs of an anchor and a class whose score is above the threshold are taken,
    the best ones if there are too many. Their boxes are clipped to the image without its padding
    and mapped to the image's own pixels; those without an area are left out. Then non-maximum
    suppression goes over all levels, class by class, and the best boxes remain.

    The order is by the logit, or by the score where the graph gives scores. Of equal ones comes
    first what is first by level, row, column, anchor and class. (mmdet orders by the sigmoid in
    float32, in which logits from about 17 on are equal, and leaves ties open.) The threshold of
    logits is the score's logit, rounded to float32.

    Args:
        height: Of the input in pixels.
        width: Of the input in pixels.
        num_classes: Of the detector.
        levels: Of its pyramid.
        settings: What is kept.

    Raises:
        CheckError: A number is not positive.
    """

    def __init__(
        self,
        height: int,
        width: int,
        num_classes: int,
        levels: int = 5,
        settings: DecodingSettings | None = None,
    ) -> None:
        if min(height, width, num_classes, levels) < 1:
            raise CheckError("a detector needs pixels, a class and a level")
        self.height = height
        self.width = width
        self.num_classes = num_classes
        self.settings = settings or DecodingSettings()
        self._sizes = level_sizes(height, width, levels)
        self._anchors = [
            anchors_of_level(level, *size) for level, size in enumerate(self._sizes, FIRST_LEVEL)
        ]

    def decode(self, outputs: Outputs, placement: Placement | None = None) -> Detections:
        """Objects of an image from the maps of each level.

        Args:
            outputs: Of one image, float32: ``class_logits_p3`` [9 * K, H, W], ``box_deltas_p3``
                [36, H, W], and so on for each level; others are passed over. Channels-last memory
                is as fast as any.
            placement: The image's in the input; by default it is the input itself.

        Raises:
            CheckError: A map is missing or of another shape, a value is NaN or infinite, or the
                placement is in an input of another size.
        """
        placement = self._checked(placement)
        return _best(list(self._of_maps(outputs)), placement, sigmoid, self.settings)

    def decode_boxes(
        self,
        boxes: NDArray[np.float32],
        scores: NDArray[np.float32],
        placement: Placement | None = None,
    ) -> Detections:
        """Objects of an image where the graph ends with decoded boxes.

        Args:
            boxes: Corners x1, y1, x2, y2 of every anchor in pixels of the input, clipped or not,
                float32 [A, 4], by level, row, column and anchor.
            scores: Of every anchor and class, after the sigmoid, float32 [A, K].
            placement: The image's in the input; by default it is the input itself.

        Raises:
            CheckError: A shape is another, a value is NaN or infinite, a score is not in [0, 1],
                or the placement is in an input of another size.
        """
        placement = self._checked(placement)
        count = sum(map(len, self._anchors))
        _check_boxes(boxes, scores, (count, self.num_classes))
        lengths = [len(anchors) for anchors in self._anchors]
        levels = list(_of_boxes(boxes, scores, lengths, self.settings))
        return _best(levels, placement, np.asarray, self.settings)

    def _of_maps(self, outputs: Outputs) -> Iterator[_Candidates]:
        for level, (size, anchors) in enumerate(
            zip(self._sizes, self._anchors, strict=True), FIRST_LEVEL
        ):
            logits = self._rows(outputs, f"class_logits_p{level}", self.num_classes, size)
            deltas = self._rows(outputs, f"box_deltas_p{level}", BOX_SIDES, size)
            chosen = _highest(logits, self.settings.logit_threshold, self.settings)
            pairs, classes = np.divmod(chosen, self.num_classes)
            places, kinds = np.divmod(pairs, ANCHORS_PER_PLACE)
            own = deltas[places[:, None], kinds[:, None] * BOX_SIDES + np.arange(BOX_SIDES)]
            ranks = logits[places, kinds * self.num_classes + classes]
            yield _Candidates(ranks, boxes_of(anchors[pairs], own), classes)

    def _rows(
        self, outputs: Outputs, name: str, values: int, size: tuple[int, int]
    ) -> NDArray[np.float32]:
        """A level's map as a view [places, channels], wherever its memory allows that."""
        if name not in outputs:
            raise CheckError(
                f"output {name} is missing among {', '.join(outputs) or 'none'}; a detector of"
                f" {len(self._sizes)} levels gives it"
            )
        channels = ANCHORS_PER_PLACE * values
        _check(name, outputs[name], (channels, *size), bounded=name.startswith("box"))
        return outputs[name].transpose(1, 2, 0).reshape(-1, channels)

    def _checked(self, placement: Placement | None) -> Placement:
        placement = placement or Placement.whole(self.height, self.width)
        if (placement.rows.input, placement.columns.input) != (self.height, self.width):
            raise CheckError(
                f"an image placed in {placement.rows.input} x {placement.columns.input} pixels is"
                f" none of a detector of {self.height} x {self.width}"
            )
        return placement


def _check(
    name: str, values: NDArray[np.float32], shape: tuple[int, ...], bounded: bool = True
) -> None:
    """Raises CheckError where an output cannot be decoded.

    Logits need no lower bound: what is infinitely low is never taken, and looking costs time.
    """
    if values.shape != shape:
        raise CheckError(f"{name} of one image must be {list(shape)}, not {list(values.shape)}")
    with np.errstate(invalid="ignore"):
        ends = [float(values.max())]  # NaN if any value is
        if bounded:
            ends.append(float(values.min()))
    if not all(map(math.isfinite, ends)):
        raise CheckError(
            f"{name} are NaN or infinite; a weight or an activation is too large for the precision"
        )


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of logits, of any shape."""
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)


def decode_unplaced(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    settings: DecodingSettings | None = None,
) -> Detections:
    """Objects of decoded boxes where nobody says which input they are of.

    All levels count as one, and no box is clipped: for comparing files, not for results.

    Args:
        boxes: Corners x1, y1, x2, y2 of every anchor, float32 [A, 4].
        scores: Of every anchor and class, after the sigmoid, float32 [A, K].
        settings: What is kept.

    Raises:
        CheckError: A shape is another, a value is NaN or infinite, or a score is not in [0, 1].
    """
    settings = settings or DecodingSettings()
    _check_boxes(boxes, scores, (len(boxes), *scores.shape[1:]))
    levels = list(_of_boxes(boxes, scores, [len(boxes)], settings))
    return _best(levels, None, np.asarray, settings)


def _of_boxes(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    lengths: Sequence[int],
    settings: DecodingSettings,
) -> Iterator[_Candidates]:
    """Candidates of each level, by how many anchors each has."""
    start = 0
    for length in lengths:
        chosen = _highest(scores[start : start + length], settings.score_threshold, settings)
        pairs, classes = np.divmod(chosen, scores.shape[1])
        pairs += start
        yield _Candidates(scores[pairs, classes], boxes[pairs], classes)
        start += length


def _highest(
    values: NDArray[np.float32], bound: float, settings: DecodingSettings
) -> NDArray[np.intp]:
    """Pairs of a level in their order, those of equal values by place."""
    return np.sort(highest(values, bound, settings.most_per_level))


def _best(
    levels: list[_Candidates],
    placement: Placement | None,
    score: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    settings: DecodingSettings,
) -> Detections:
    """What remains of all levels."""
    ranks = np.concatenate([level.ranks for level in levels])
    order = np.argsort(-ranks, kind="stable")
    boxes = np.concatenate([level.boxes for level in levels])[order]
    if placement is not None:
        boxes = placement.to_image(boxes)
    classes = np.concatenate([level.classes for level in levels])[order]
    solid = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    kept = suppress(boxes[solid], classes[solid], settings.most_iou, settings.most_boxes)
    chosen = solid[kept]
    scores = score(ranks[order[chosen]])
    return Detections(boxes[chosen], scores, classes[chosen].astype(np.int64))


def _check_boxes(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], shape: tuple[int, ...]
) -> None:
    """Raises CheckError where decoded boxes cannot be taken."""
    _check("boxes", boxes, (shape[0], BOX_SIDES))
    _check("scores", scores, shape)
    if scores.min() < 0 or scores.max() > 1:
        raise CheckError("scores are not in [0, 1]; give them after the sigmoid")
