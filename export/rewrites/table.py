"""Which rewrites a target's export applies, and why.

A rewrite takes an eager model and returns one with the same function, in a form that the
target's converter and kernels handle better.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping

from torch import nn

from .attention import (
    rewrite_attention,
    rewrite_attention_at_rank_four,
    rewrite_attention_channels_first,
)
from .batch_norm import fold_batch_norm
from .doubling import rewrite_doubling_as_concatenation, rewrite_doubling_as_transposed_conv
from .group_norm import rewrite_group_norm
from .hard_swish import rewrite_hard_swish
from .layer_norm import rewrite_group_norm_as_layer_norm
from .narrow_linear import rewrite_narrow_linear
from .pooling import rewrite_pooling
from .rank_four_head import rewrite_head_at_rank_four
from .spatial_norm import (
    rewrite_layer_norm,
    rewrite_spatial_group_norm,
    rewrite_spatial_pooling,
)
from .transposed_conv import rewrite_odd_stride, rewrite_transposed_conv, rewrite_unit_stride
from .unrolled_head import unroll_head


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
        dict.fromkeys(
            ("tflite", "executorch", "onnx", "coreml", "qnn"),
            "no op is left of a BatchNorm, and weights are quantized as they are used",
        ),
    ),
    Rewrite(
        "group_norm",
        rewrite_group_norm,
        {
            "tflite": "the stock lowering leaves channels-last, with transposes, at rank 3",
            "onnx": "half of it folds into the next convolution, and no reshape is left",
            "qnn": "the same; its parts are ops that the NPU takes in 16 bits",
        },
    ),
    Rewrite(
        "spatial_group_norm",
        rewrite_spatial_group_norm,
        {"executorch": "XNNPACK takes no GroupNorm, and means over H and W alone"},
    ),
    Rewrite(
        "group_norm_as_layer_norm",
        rewrite_group_norm_as_layer_norm,
        {"coreml": "one op for ten, and no square in half precision that overflows"},
    ),
    Rewrite(
        "layer_norm",
        rewrite_layer_norm,
        {"executorch": "XNNPACK takes no LayerNorm"},
    ),
    Rewrite(
        "attention",
        rewrite_attention,
        {"tflite": "one reshape and one transpose in place of one chain for each of q, k, v"},
    ),
    Rewrite(
        "attention_channels_first",
        rewrite_attention_channels_first,
        {
            "executorch": "the stock form splits and expands outside the delegate",
            "onnx": "no transpose but those of the factors",
            "qnn": "no transpose but those of the factors",
        },
    ),
    Rewrite(
        "attention_at_rank_four",
        rewrite_attention_at_rank_four,
        {"coreml": "no transpose, one split, and the rank that the Neural Engine computes with"},
    ),
    Rewrite(
        "transposed_conv",
        rewrite_transposed_conv,
        dict.fromkeys(
            ("tflite", "executorch", "onnx", "qnn"),
            "convolutions are faster, and grouped transposed ones become an op a group",
        ),
    ),
    Rewrite(
        "unit_stride_transposed_conv",
        rewrite_unit_stride,
        {"coreml": "convolutions are the Neural Engine's own op; grouped transposed ones are one"},
    ),
    Rewrite(
        "odd_stride_transposed_conv",
        rewrite_odd_stride,
        {"tflite": "the converter refuses paddings that are neither none nor the format's own"},
    ),
    Rewrite(
        "pooling",
        rewrite_pooling,
        dict.fromkeys(("tflite", "onnx", "qnn"), "one mean, with no reshape after it"),
    ),
    Rewrite(
        "spatial_pooling",
        rewrite_spatial_pooling,
        {"executorch": "XNNPACK takes a mean that keeps its axes"},
    ),
    Rewrite(
        "narrow_linear",
        rewrite_narrow_linear,
        {"tflite": "the converter multiplies one feature, and leaves no weights to quantize"},
    ),
    Rewrite(
        "head_at_rank_four",
        rewrite_head_at_rank_four,
        {"coreml": "linear layers as 1x1 convolutions, with no change of rank before them"},
    ),
    Rewrite(
        "hard_swish",
        rewrite_hard_swish,
        {"coreml": "two ops for three"},
    ),
    Rewrite(
        "doubling_as_concatenation",
        rewrite_doubling_as_concatenation,
        {"tflite": "XNNPACK takes no RESIZE_NEAREST_NEIGHBOR"},
    ),
    Rewrite(
        "doubling_as_transposed_conv",
        rewrite_doubling_as_transposed_conv,
        {"executorch": "XNNPACK takes no upsampling but the bilinear one"},
    ),
    Rewrite(
        "unrolled_head",
        unroll_head,
        dict.fromkeys(
            ("tflite", "executorch", "onnx", "coreml", "qnn"),
            "each level's ops have activation ranges and precisions of their own",
        ),
    ),
)
"""In the order in which they run."""

CALIBRATED = "tflite"
"""The target whose form ranges are taken on; the ops with weights are the same in all."""


def rewrite(model: nn.Module, target: str) -> nn.Module:
    """A rewritten copy of the model in evaluation mode; the model itself is not changed."""
    rewritten = copy.deepcopy(model).eval()
    for step in REWRITES:
        if target in step.gains:
            rewritten = step.apply(rewritten)
    return rewritten.requires_grad_(False)
