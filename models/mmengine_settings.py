"""Settings of mmdet's and mmseg's configs that weights do not tell, as far as they are followed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..artifact.preprocessing import WHITE
from ..tasks.anchors import BASE_SCALE, FIRST_LEVEL, RATIOS, SCALES_PER_OCTAVE, stride_of
from ..tasks.names import DETECTION, SEGMENTATION
from .dense_fit import Shapes, dense_head_of
from .dense_head import BACKBONE_LEVELS, DenseHead, DetectionHead
from .mmengine_file import class_names, model_config

_TAKEN = {
    DETECTION: "levels beyond stride 32 from the backbone's last map (on_input), no ReLU between"
    " them, and the anchors of mmdet's RetinaNet",
    SEGMENTATION: "bilinear resizing with align_corners=False, as in mmseg's Semantic FPN",
}
"""What is taken for granted of weights without a config."""

_LONGEST = 100
"""Characters of a setting that are shown."""

_DIGITS = 9
"""Of means and deviations from 0 to 1, that are stated from 0 to 255 with three."""


@dataclasses.dataclass(frozen=True)
class TrainedHead:
    """What a file tells of a head besides its weights.

    Attributes:
        labels: Class names in order, where it names as many as the head has.
        notes: What is taken for granted, a line each.
        why_not: Why its network computes something else than is read; None where it does not.
    """

    labels: tuple[str, ...] | None
    notes: tuple[str, ...]
    why_not: str | None


def _expected(head: DenseHead) -> dict[str, tuple[object, ...]]:
    """The values that settings may have, by their place in a config's model."""
    common: dict[str, tuple[object, ...]] = {
        "data_preprocessor.bgr_to_rgb": (True,),
        "neck.upsample_cfg.mode": ("nearest",),
    }
    if not isinstance(head, DetectionHead):
        return common | {"decode_head.align_corners": (False,)}
    strides = [stride_of(FIRST_LEVEL + level) for level in range(head.levels)]
    if head.levels > BACKBONE_LEVELS:
        common["neck.add_extra_convs"] = ("on_input", True)
    return common | {
        "neck.start_level": (1,),
        "neck.num_outs": (head.levels,),
        "neck.relu_before_extra_convs": (False,),
        "bbox_head.anchor_generator.octave_base_scale": (BASE_SCALE,),
        "bbox_head.anchor_generator.scales_per_octave": (SCALES_PER_OCTAVE,),
        "bbox_head.anchor_generator.ratios": (list(RATIOS),),
        "bbox_head.anchor_generator.strides": (strides,),
        "bbox_head.anchor_generator.scales": (None,),
        "bbox_head.anchor_generator.base_sizes": (None,),
        "bbox_head.anchor_generator.center_offset": (0,),
        "bbox_head.bbox_coder.target_means": ([0] * 4,),
        "bbox_head.bbox_coder.target_stds": ([1] * 4,),
        "bbox_head.loss_cls.use_sigmoid": (True,),
    }


def why_other_network(model: Mapping[str, Any], head: DenseHead) -> str | None:
    """Why a network computes something else than is read of its weights; None where it does not.

    Args:
        model: The config's, as far as it is known; what it does not state is taken to be usual.
        head: The head that the weights have.
    """
    for place, possible in _expected(head).items():
        value = _stated(model, place)
        if value is not None and value not in possible:
            text = repr(value)
            shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
            return (
                f"was trained with {place} {shown}, which the weights do not show; read are"
                f" networks with {possible[0]!r}"
            )
    return None


def trained_head(content: object, shapes: Shapes) -> TrainedHead | None:
    """What a file tells of a head for detection or segmentation; None where there is none.

    Args:
        content: What the file holds.
        shapes: Of the weights that were taken of it.
    """
    found = dense_head_of(shapes)
    if found is None:
        return None
    head, classes = found
    model, names, notes = model_config(content), class_names(content), []
    if "neck" not in model:
        notes.append(f"does not hold its config; took {_TAKEN[head.task]}")
    if names and len(names) != classes:
        notes.append(f"names {len(names)} classes, and has {classes}; left the names")
    labels = names if len(names) == classes else None
    return TrainedHead(labels, tuple(notes), why_other_network(model, head))


def stated_colours(model: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """Mean and deviation that a config's preprocessor states, of pixels from 0 to 1."""
    found = {}
    for name in ("mean", "std"):
        values = _stated(model, f"data_preprocessor.{name}")
        if isinstance(values, list) and all(type(one) in (int, float) for one in values):
            found[name] = tuple(round(one / WHITE, _DIGITS) for one in values)
    return found


def _stated(model: Mapping[str, Any], place: str) -> Any:
    """A setting by its place; None where the config has none there."""
    value: Any = model
    for name in place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
