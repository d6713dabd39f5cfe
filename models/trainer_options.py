"""What a trainer's options, saved beside the weights, state of the evaluation's preprocessing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..artifact.preprocessing import Preprocessing
from ..errors import ConfigError
from .mmengine_file import model_config
from .mmengine_settings import stated_colours
from .restricted_pickle import Inert

_PLACES = ("args", "opt", "cfg", "config", "hparams", "hyper_parameters", "pretrained_cfg")
"""Keys under which trainers save their options."""

_LONGEST = 200
_LARGEST = 10**18
"""Texts and whole numbers beyond are no options."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "crop_ratio": ("crop_ratio", "crop_pct", "test_crop_ratio"),
    "interpolation": ("interpolation", "test_interpolate"),
    "mean": ("mean",),
    "std": ("std",),
    "size": ("input_size", "img_size", "image_size", "eval_image_size"),
}
"""What they call each parameter; timm's names among them."""


def options_of(content: object) -> dict[str, Any]:
    """The options in a file, by name; none where it holds none.

    Args:
        content: What the file holds.
    """
    entries = content if isinstance(content, Mapping) else {}
    found: dict[str, Any] = {}
    for place in _PLACES:
        value = entries.get(place)
        fields = value.items or value.attributes if isinstance(value, Inert) else value
        if isinstance(fields, Mapping):
            found |= {str(name): field for name, field in fields.items()}
    return found


def scalars_of(content: object) -> dict[str, Any]:
    """Numbers and texts beside the weights, such as the epoch, and those of the options."""
    entries = content if isinstance(content, Mapping) else {}
    stated = {str(name): value for name, value in entries.items()} | options_of(content)
    return {name: value for name, value in stated.items() if _is_short(value)}


def _is_short(value: object) -> bool:
    """Whether it is a number or a text that fits a line."""
    if isinstance(value, str):
        return len(value) <= _LONGEST
    return isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < _LARGEST)


def stated_parameters(content: object) -> dict[str, Any]:
    """The preprocessing's parameters that a file's options state in a way that can be followed."""
    options, stated = options_of(content), {}
    for name, theirs in _NAMES.items():
        value = next((options[one] for one in theirs if options.get(one) not in (None, "")), None)
        if value is None:
            continue
        if name == "size" and isinstance(value, list | tuple):
            value = tuple(value[-2:]) if len(value) in (2, 3) else value
        elif isinstance(value, list):
            value = tuple(value)
        if _is_possible(name, value):
            stated[name] = value
    colours = stated_colours(model_config(content))
    return stated | {name: value for name, value in colours.items() if _is_possible(name, value)}


def _is_possible(name: str, value: Any) -> bool:
    try:
        dataclasses.replace(Preprocessing(), **{name: value})
    except (ConfigError, TypeError, ValueError):
        return False
    return True
