"""What each backend's fast kernels take, and why not where they do not.

Found by converting each form and asking the runtime which ops its delegate left out; the tests
do so again for every line that can be converted.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from ..calibration.recipe import KINDS, Recipe, quantizable_kinds
from ..errors import UsageError

_XNNPACK = {
    ("depthwise_conv", "int8-dynamic"): (
        "XNNPACK has no depthwise kernel for inputs that are quantized as they come"
    ),
    ("hard_swish", "int8"): "XNNPACK's delegate takes HARD_SWISH in float only",
    ("gelu", "int8"): "XNNPACK's delegate takes GELU in float only",
    ("softmax", "int8"): "XNNPACK's delegate takes SOFTMAX in float only",
    ("batch_matmul", "int8"): (
        "XNNPACK's delegate takes BATCH_MATMUL of two activations in float only"
    ),
    ("group_norm", "int8"): "XNNPACK's delegate takes RSQRT in float only",
    ("layer_norm", "int8"): "XNNPACK's delegate takes RSQRT in float only",
}

_EXECUTORCH = {
    **{
        (kind, "int8-weights"): "ExecuTorch's XNNPACK wants its input quantized too"
        for kind in KINDS
    },
    **{(kind, "fp16"): "a graph of two float types is cut where they meet" for kind in KINDS},
    ("depthwise_conv", "int8-dynamic"): (
        "XNNPACK has no depthwise kernel for inputs that are quantized as they come"
    ),
    ("transposed_conv", "int8-dynamic"): (
        "ExecuTorch's XNNPACK fails on transposed convolutions of such inputs"
    ),
}

_ONNX = {
    **{
        (kind, "int8-weights"): "ONNX Runtime unpacks such weights when it loads them"
        for kind in KINDS
        if kind != "transposed_conv"
    },
    **{(kind, "fp16"): "a graph of two float types is full of casts" for kind in KINDS},
    ("conv", "int8-dynamic"): "ONNX Runtime's ConvInteger is not fused and slower than float32",
    ("depthwise_conv", "int8-dynamic"): (
        "ONNX Runtime's ConvInteger is not fused and slower than float32"
    ),
    **{
        ("transposed_conv", precision): (
            "ONNX Runtime has no transposed convolution in int8; int8-weights is possible"
        )
        for precision in ("int8", "int8-dynamic")
    },
}

_COREML = {
    **{
        (kind, "int8-dynamic"): "Core ML has no activations that are quantized as they come"
        for kind in KINDS
    },
    **{
        (kind, "fp16"): "Core ML's graph is in half precision as a whole; fp32 leaves an op so"
        for kind in KINDS
    },
    ("transposed_conv", "int8"): (
        "coremltools quantizes no activations of transposed convolutions; int8-weights is possible"
    ),
}

_QNN_WITHOUT_WEIGHTS = {
    "hard_swish": "costs 9 dB",
    "group_norm": "costs 5 dB",
    "layer_norm": "costs 5 dB",
    "batch_matmul": "saves no conversion",
    "softmax": "saves no conversion",
    "gelu": "saves no conversion",
}
"""In the demo model on the simulator: all in w8a16 gives 45.2 dB, one of these in int8 beside them
35.9, 40.1, 40.5, 44.8, 44.9 and 44.8 (docs/snapdragon-npu.md)."""

_QNN = {
    **{
        (kind, "int8-dynamic"): (
            "its scales would be computed in floats, which the NPUs of several chips do not have"
        )
        for kind in KINDS
    },
    **{
        (kind, "int8-weights"): (
            "the NPU multiplies weights in int8 with integers; w8a16 is possible"
        )
        for kind in KINDS
    },
    **{
        (kind, "int8"): f"on the NPU int8 {reason} there; these ops are in 16 bits"
        for kind, reason in _QNN_WITHOUT_WEIGHTS.items()
    },
}

_A16_ELSEWHERE = {
    (kind, "w8a16"): "16-bit activations are for the NPU of Snapdragon chips (target qnn)"
    for kind in KINDS
}

REFUSED: Mapping[str, Mapping[tuple[str, str], str]] = {
    "tflite": _XNNPACK | _A16_ELSEWHERE,
    "executorch": _EXECUTORCH | _A16_ELSEWHERE,
    "onnx": _ONNX | _A16_ELSEWHERE,
    "coreml": _COREML | _A16_ELSEWHERE,
    "qnn": _QNN,
}
"""By target, then by kind of op and precision: the reason."""

FLOAT_KINDS = ("hard_swish", "gelu", "softmax", "batch_matmul", "group_norm", "layer_norm")
"""Kinds of ops without weights; a recipe cannot quantize them."""


def legal_precisions(target: str, recipe: Recipe, model: nn.Module) -> dict[str, str]:
    """The precision of every quantizable module, checked before anything is converted.

    Args:
        target: Whose kernels must exist.
        recipe: Gives the precisions.
        model: The rewritten eager model.

    Returns:
        Precisions by module path, in the model's order.

    Raises:
        UsageError: A rule names an unknown kind of op or matches nothing, or a kernel does not
            exist; the message names the op and the reason.
    """
    for rule in recipe.rules:
        _check_kind(target, rule.op, rule.precision)
    kinds = quantizable_kinds(model)
    precisions = recipe.assign(model)
    for path, precision in precisions.items():
        reason = REFUSED[target].get((kinds[path], precision))
        if reason:
            raise UsageError(f"recipe: {path} cannot be {precision}: {reason}; choose another")
    return precisions


def _check_kind(target: str, kind: str | None, precision: str) -> None:
    """Refuses kinds of ops that are unknown, or that cannot be quantized at all."""
    if kind is None or kind in KINDS:
        return
    if kind not in FLOAT_KINDS:
        raise UsageError(f"recipe: op {kind!r} is unknown; choose one of {', '.join(KINDS)}")
    reason = REFUSED[target].get((kind, precision), "it has no weights")
    raise UsageError(f"recipe: {kind} cannot be {precision}: {reason}; leave the rule out")
