"""Detection: objects in an image, from RetinaNet's maps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import overload

from PIL import Image

from ..artifact.interface import BOXES_NAME, SCORES_NAME
from ..artifact.outputs import Outputs
from ..artifact.placement import Placement
from .box_meter import BoxMeter, detections_of
from .box_picture import LEAST_DRAWN, draw_boxes, label_of
from .decoded_boxes import decoded_outputs
from .dense import DenseTask
from .detections import Detections
from .names import DETECTION as NAME


@dataclasses.dataclass(frozen=True)
class DetectedObject:
    """An object that a model sees in an image.

    Attributes:
        label: The class's name, or its number where nobody gave it one.
        index: The class's number.
        score: In [0, 1].
        box: Corners x1, y1, x2, y2 in pixels of the image.
    """

    label: str
    index: int
    score: float
    box: tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True, eq=False)
class DetectedObjects(Sequence[DetectedObject]):
    """The objects that a model sees in an image, the best first.

    Attributes:
        detections: The same as arrays.
        labels: Names of the classes in order, if known.
    """

    detections: Detections
    labels: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.detections)

    @overload
    def __getitem__(self, place: int) -> DetectedObject: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[DetectedObject]: ...

    def __getitem__(self, place: int | slice) -> DetectedObject | Sequence[DetectedObject]:
        if isinstance(place, slice):
            return list(self)[place]
        number = int(self.detections.classes[place])
        left, top, right, bottom = map(float, self.detections.boxes[place])
        return DetectedObject(
            label=label_of(number, self.labels),
            index=number,
            score=float(self.detections.scores[place]),
            box=(left, top, right, bottom),
        )

    def __iter__(self) -> Iterator[DetectedObject]:
        return (self[place] for place in range(len(self)))


class Detection(DenseTask):
    """Class logits [N, 9 K, H, W] and box deltas [N, 36, H, W] of each level of a pyramid.

    Files may decode them: boxes [N, A, 4] and scores [N, A, K], of every anchor and class.
    Two files agree on a box where both find one of its class there.
    """

    name = NAME
    measure = "AP"
    same = "boxes"
    agreement_is = "the share of boxes that both find, of one class and overlapping by half"

    def reference(self, outputs: Outputs, names: Sequence[str]) -> Outputs:
        """See :class:`Task`; boxes and scores are computed from the model's maps."""
        if set(names) == {BOXES_NAME, SCORES_NAME} and BOXES_NAME not in outputs:
            return decoded_outputs(outputs)
        return super().reference(outputs, names)

    def meter(self, data: str = "images") -> BoxMeter:
        """See :class:`Task`: of boxes."""
        return BoxMeter(data)

    def decode(
        self, outputs: Outputs, placement: Placement, labels: Sequence[str] | None, top: int | None
    ) -> DetectedObjects:
        """See :class:`Task`: the objects whose score is above mmdet's threshold."""
        (found,) = detections_of(outputs, [placement])
        return DetectedObjects(found if top is None else found.best(top), labels)

    def tell(self, results: DetectedObjects) -> str:
        """See :class:`Task`: names and scores."""
        shown = [f"{one.label} {one.score:.2f}" for one in results if one.score >= LEAST_DRAWN]
        return ", ".join(shown) or "nothing"

    def draw(self, image: Image.Image, results: DetectedObjects) -> Image.Image:
        """See :class:`Task`: boxes of scores from 0.3 on, each with its name and score."""
        return draw_boxes(image, results.detections, results.labels)


DETECTION = Detection()
