"""What mmengine's trainers, those of mmdet and mmseg, save beside the weights."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from .restricted_pickle import Inert

TRAINED = "ema_state_dict"
AVERAGED = "state_dict"
"""Where mmengine's EMAHook saves the weights that were trained, and their average: it swaps them,
so that who loads ``state_dict`` gets the average."""

_LONGEST_CONFIG = 1_000_000
"""Characters; no trainer's config is as long."""


def is_mmengine(content: object) -> bool:
    """Whether a file's content is what mmengine saves."""
    return isinstance(content, Mapping) and (
        "message_hub" in content or "mmengine_version" in _meta(content)
    )


def has_swapped_averages(content: object) -> bool:
    """Whether a file holds averages where others keep what was trained, and the other way round."""
    return is_mmengine(content) and isinstance(content, Mapping) and TRAINED in content


def class_names(content: object) -> tuple[str, ...]:
    """The classes of the data that a model was trained on; none where the file does not say.

    Args:
        content: What the file holds.
    """
    data = _fields(_meta(content).get("dataset_meta"))
    names = data.get("classes") or data.get("CLASSES") or _meta(content).get("CLASSES")
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return ()
    return tuple(names)


def model_config(content: object) -> dict[str, Any]:
    """The ``model`` of a trainer's config, which the file holds as Python's text.

    It is read, not run: calls of ``dict`` and literals are values, and anything else is left out.

    Args:
        content: What the file holds.

    Returns:
        Its fields; none where the file has no config that can be read.
    """
    text = _meta(content).get("cfg")
    if not isinstance(text, str) or len(text) > _LONGEST_CONFIG:
        return {}
    try:
        statements = ast.parse(text).body
        models = [one.value for one in statements if isinstance(one, ast.Assign) and _is_model(one)]
        found = _value(models[-1]) if models else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_model(statement: ast.Assign) -> bool:
    return [one.id for one in statement.targets if isinstance(one, ast.Name)] == ["model"]


def _value(node: ast.expr) -> Any:
    """What an expression of literals is; None where it is something else."""
    if isinstance(node, ast.Call):
        is_dict = isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args
        fields = {one.arg: _value(one.value) for one in node.keywords if one.arg}
        return fields if is_dict else None
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: _value(value) for key, value in pairs if isinstance(key, ast.Constant)}
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(one) for one in node.elts]
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _meta(content: object) -> Mapping[Any, Any]:
    return _fields(content.get("meta")) if isinstance(content, Mapping) else {}


def _fields(value: object) -> Mapping[Any, Any]:
    """The entries of a dictionary, also of one of mmengine's own kinds."""
    if isinstance(value, Inert):
        return value.items or value.attributes
    return value if isinstance(value, Mapping) else {}
