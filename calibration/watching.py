"""Watching what goes through a model's modules."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples

Hook = Callable[[nn.Module, tuple[Any, ...], Any], Any]
"""Takes a module, its inputs and its output; what it returns, if anything, is the new output."""


@contextlib.contextmanager
def watched(model: nn.Module, hooks: Mapping[str, Hook]) -> Iterator[None]:
    """Calls a hook after each run of a module, by its path, for as long as the context lasts."""
    modules = dict(model.named_modules())
    handles = [modules[path].register_forward_hook(hook) for path, hook in hooks.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def run_images(
    model: nn.Module,
    images: Samples,
    preprocessing: Preprocessing,
    size: int,
    on_images: Callable[[int], object],
) -> None:
    """Runs all images through a model for what its hooks see, ``size`` at a time."""
    with torch.no_grad():
        for batch in images.batches(preprocessing, size):
            model(torch.from_numpy(batch))
            on_images(len(batch))
