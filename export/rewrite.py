"""Which rewrites a target's export applies, and why.

A rewrite takes an eager model and returns one with the same function, in a form that the
target's converter and kernels handle better.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping

from torch import nn

from .attention import rewrite_attention
from .batch_norm import fold_batch_norm
from .group_norm import rewrite_group_norm
from .pooling import rewrite_pooling
from .transposed_conv import rewrite_transposed_conv


@dataclasses.dataclass(frozen=True)
class Rewrite:
    """A pass over the eager model.

    Attributes:
        name: How it is called in tests and messages.
        apply: Takes a model, which it may change, and returns the rewritten one.
        gains: What it gains, by target; it runs for these targets only.
    """

    name: str
    apply: Callable[[nn.Module], nn.Module]
    gains: Mapping[str, str]


REWRITES = (
    Rewrite(
        "fold_batch_norm",
        fold_batch_norm,
        {"tflite": "no op is left of a BatchNorm, and weights are quantized as they are used"},
    ),
    Rewrite(
        "group_norm",
        rewrite_group_norm,
        {"tflite": "the stock lowering leaves channels-last, with transposes, at rank 3"},
    ),
    Rewrite(
        "attention",
        rewrite_attention,
        {"tflite": "one reshape and one transpose in place of one chain for each of q, k, v"},
    ),
    Rewrite(
        "transposed_conv",
        rewrite_transposed_conv,
        {"tflite": "convolutions are faster, and grouped transposed ones become an op a group"},
    ),
    Rewrite(
        "pooling",
        rewrite_pooling,
        {"tflite": "one mean, with no reshape after it"},
    ),
)
"""In the order in which they run."""


def rewrite(model: nn.Module, target: str) -> nn.Module:
    """A rewritten copy of the model in evaluation mode; the model itself is not changed."""
    rewritten = copy.deepcopy(model).eval()
    for step in REWRITES:
        if target in step.gains:
            rewritten = step.apply(rewritten)
    return rewritten.requires_grad_(False)
