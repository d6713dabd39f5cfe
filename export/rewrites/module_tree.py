"""Replacing modules inside a model."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


def replace_modules(model: nn.Module, build: Callable[[nn.Module], nn.Module | None]) -> nn.Module:
    """Replaces modules in place, from the outside in.

    Args:
        model: The tree to change.
        build: Called with each module; returns its replacement, or None to keep it and look
            inside. What it returns is not looked into.

    Returns:
        The model, or its replacement.
    """
    replacement = build(model)
    if replacement is not None:
        return replacement
    for name, child in model.named_children():
        setattr(model, name, replace_modules(child, build))
    return model
