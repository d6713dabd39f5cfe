"""What a model has in place of the classifier's head: a feature pyramid and a head upon it.

Dense heads give values for every place of a map, where the classifier's gives them for the whole
image. No torch here, so that configs can be read without it.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..artifact.size import Size
from ..errors import ConfigError
from ..process.text import shown_value
from ..tasks.names import DETECTION, SEGMENTATION

BACKBONE_LEVELS = 3
"""Levels of a detector's pyramid that are made of the backbone's maps, at strides 8, 16 and 32."""

MOST_LEVELS = 8
WIDEST = 4096
MOST_CONVS = 32
"""Bounds beyond which a head is a mistake, and would only run out of memory."""


@dataclasses.dataclass(frozen=True)
class DetectionHead:
    """RetinaNet (arXiv 1708.02002) as mmdet 3.3.0 has it; the defaults are mmdet's.

    Attributes:
        neck_channels: Channels of each level of the feature pyramid.
        channels: Channels of the head's convolutions.
        convs: Convolutions before the last one, for classes and for boxes each.
        levels: Levels of the pyramid, from stride 8 on. Those beyond three are strided convolutions
            of the backbone's last map.
        lateral_channels: Channels of the pyramid's maps before they are convolved to levels;
            ``neck_channels``, if none.
        class_channels: Channels of each convolution for classes; ``channels``, if there are none.
        box_channels: The same for boxes. Of heads that state both, ``channels`` is the widest.
    """

    task: ClassVar[str] = DETECTION
    title: ClassVar[str] = "RetinaNet"
    num_classes: ClassVar[int] = 80
    input_size: ClassVar[Size] = 640
    finest_stride: ClassVar[int] = 8

    neck_channels: int = 256
    channels: int = 256
    convs: int = 4
    levels: int = 5
    lateral_channels: int | None = None
    class_channels: tuple[int, ...] = ()
    box_channels: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _check_channels(self)
        _check_whole("convs", self.convs, 0, MOST_CONVS)
        _check_whole("levels", self.levels, BACKBONE_LEVELS, MOST_LEVELS)
        for name in ("class_channels", "box_channels"):
            widths = getattr(self, name)
            _check_widths(name, widths, (0, self.convs))
            object.__setattr__(self, name, tuple(widths))
        towers = {"class_channels": self.class_widths, "box_channels": self.box_widths}
        widest = max((*self.class_widths, *self.box_widths), default=self.channels)
        object.__setattr__(self, "channels", widest)
        for name, widths in towers.items():  # equal heads compare equal
            object.__setattr__(self, name, () if set(widths) <= {widest} else widths)
        if not self.convs and self.channels != self.neck_channels:
            raise ConfigError(
                "model config: dense_head without convs has the neck's channels,"
                f" {self.neck_channels}, not {self.channels}; correct channels"
            )

    @property
    def lateral_width(self) -> int:
        """Channels of the pyramid's maps before they are convolved to levels."""
        return self.lateral_channels or self.neck_channels

    @property
    def class_widths(self) -> tuple[int, ...]:
        """Channels of each convolution for classes."""
        return self.class_channels or (self.channels,) * self.convs

    @property
    def box_widths(self) -> tuple[int, ...]:
        """Channels of each convolution for boxes."""
        return self.box_channels or (self.channels,) * self.convs

    def output_values(self, num_classes: int, height: int, width: int) -> int:
        """How many numbers the outputs for an image of the input's size are."""
        # Configs are read without numpy.
        from ..tasks.anchors import ANCHORS_PER_PLACE, BOX_SIDES, level_sizes

        places = sum(math.prod(size) for size in level_sizes(height, width, self.levels))
        return places * ANCHORS_PER_PLACE * (num_classes + BOX_SIDES)

    def __str__(self) -> str:
        return (
            f"a {self.title} head of {self.channels} channels and {self.convs} convolutions on"
            f" {self.levels} levels of {self.neck_channels}"
        )


_SCALE_CONVS = (0, 0, 1, 2)
"""Convolutions before the last one, of each level of a segmenter from the finest."""


@dataclasses.dataclass(frozen=True)
class SegmentationHead:
    """Semantic FPN (arXiv 1901.02446) as mmseg 1.2.2 has it; the defaults are mmseg's.

    Attributes:
        neck_channels: Channels of each of the feature pyramid's four levels.
        channels: Channels of the last convolution of each level.
        lateral_channels: Channels of the pyramid's maps before they are convolved to levels;
            ``neck_channels``, if none.
        scale_channels: Channels of the convolutions before the last one, for each level from the
            finest: none for the first two, one for the third, two for the fourth; ``channels``, if
            there are none.
    """

    task: ClassVar[str] = SEGMENTATION
    title: ClassVar[str] = "Semantic FPN"
    num_classes: ClassVar[int] = 150
    input_size: ClassVar[Size] = 512
    finest_stride: ClassVar[int] = 4

    neck_channels: int = 256
    channels: int = 128
    lateral_channels: int | None = None
    scale_channels: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        _check_channels(self)
        widths = self.scale_channels
        if not isinstance(widths, tuple | list) or len(widths) not in (0, len(_SCALE_CONVS)):
            raise ConfigError(
                "model config: dense_head.scale_channels needs a list for each of"
                f" {len(_SCALE_CONVS)} levels, not {shown_value(widths)}"
            )
        for level, convs in zip(widths, _SCALE_CONVS, strict=False):
            _check_widths("scale_channels", level, (convs,))
        stated = tuple(map(tuple, widths))
        usual = {width for level in stated for width in level} <= {self.channels}
        object.__setattr__(self, "scale_channels", () if usual else stated)

    @property
    def lateral_width(self) -> int:
        """Channels of the pyramid's maps before they are convolved to levels."""
        return self.lateral_channels or self.neck_channels

    @property
    def scale_widths(self) -> tuple[tuple[int, ...], ...]:
        """Channels of all convolutions of each level, from the finest."""
        inner = self.scale_channels or [(self.channels,) * convs for convs in _SCALE_CONVS]
        return tuple((*widths, self.channels) for widths in inner)

    def output_values(self, num_classes: int, height: int, width: int) -> int:
        """How many numbers the outputs for an image of the input's size are."""
        rows, columns = (-(-side // self.finest_stride) for side in (height, width))
        return num_classes * rows * columns

    def __str__(self) -> str:
        return (
            f"a {self.title} head of {self.channels} channels on 4 levels of {self.neck_channels}"
        )


DenseHead = DetectionHead | SegmentationHead

DENSE_HEADS: Mapping[str, type[DenseHead]] = {
    DETECTION: DetectionHead,
    SEGMENTATION: SegmentationHead,
}
"""By task."""


def dense_head(task: str, *, channels: int | None = None, convs: int | None = None) -> DenseHead:
    """A task's head: mmdet's or mmseg's, or one of another size.

    Args:
        task: ``detection`` or ``segmentation``.
        channels: Of the head, and then of the neck too, since a neck of 256 channels costs more
            than a small head. 64, and two convolutions, suit phones: neck and head are then at most
            twice the work of the backbone, and with mmdet's numbers several times as much.
        convs: Of a detection head, for classes and boxes each.

    Raises:
        ConfigError: No such task has a dense head, or a number is impossible.
    """
    if task not in DENSE_HEADS:
        raise ConfigError(f"task {task!r} has no dense head; choose {' or '.join(DENSE_HEADS)}")
    given: dict[str, Any] = {}
    if channels is not None:
        given |= {"neck_channels": channels, "channels": channels}
    if convs is not None:
        if task != DETECTION:
            raise ConfigError(f"the convolutions of {task} follow from the strides; leave them")
        given["convs"] = convs
    return DENSE_HEADS[task](**given)


def to_fields(head: DenseHead) -> dict[str, Any]:
    """A head as plain JSON values, its task first; without widths that nothing is special about."""
    fields = json.loads(json.dumps(dataclasses.asdict(head)))
    return {"task": head.task} | {name: value for name, value in fields.items() if value}


def from_fields(fields: object) -> DenseHead:
    """A head from plain values.

    Raises:
        ConfigError: They are none's.
    """
    if not isinstance(fields, Mapping):
        raise ConfigError(
            f"model config: dense_head must be an object, not {type(fields).__name__}"
        )
    task = fields.get("task")
    kind = DENSE_HEADS.get(task) if isinstance(task, str) else None
    if kind is None:
        raise ConfigError(
            f"model config: dense_head needs a task, {' or '.join(DENSE_HEADS)}, not"
            f" {shown_value(task)}"
        )
    known = ["task", *(field.name for field in dataclasses.fields(kind))]
    unknown = sorted(map(str, set(fields) - set(known)))
    if unknown:
        raise ConfigError(
            f"model config: dense_head has unknown field {', '.join(unknown)}; for {task} known"
            f" are {', '.join(known)}"
        )
    return kind(**{name: value for name, value in fields.items() if name != "task"})


def _check_channels(head: DenseHead) -> None:
    for name in ("neck_channels", "channels"):
        _check_whole(name, getattr(head, name), 1, WIDEST)
    if head.lateral_channels is not None:
        _check_whole("lateral_channels", head.lateral_channels, 1, WIDEST)
    if head.lateral_channels == head.neck_channels:
        object.__setattr__(head, "lateral_channels", None)


def _check_widths(name: str, widths: object, counts: Sequence[int]) -> None:
    """Raises ConfigError where a field is not one of these many widths."""
    if not isinstance(widths, tuple | list) or len(widths) not in counts:
        raise ConfigError(
            f"model config: dense_head.{name} needs a width for each of {counts[-1]} convolutions,"
            f" not {shown_value(widths)}"
        )
    for width in widths:
        _check_whole(name, width, 1, WIDEST)


def _check_whole(name: str, value: object, least: int, most: int) -> None:
    """Raises ConfigError where a field is no whole number within bounds."""
    if type(value) is not int or not least <= value <= most:
        raise ConfigError(
            f"model config: dense_head.{name} must be a whole number from {least} to {most}, not"
            f" {shown_value(value)}"
        )
