"""Which ops of a TFLite graph are quantized, and with which ranges.

The stock recipes quantize every op for which a kernel exists. XNNPACK takes only some of
these in int8 (not HARD_SWISH, GELU, SOFTMAX, BATCH_MATMUL, RSQRT), so its graph falls into
dozens of partitions, with slow reference kernels between them. Here only convolutions and the
PAD before them are static int8, everything between stays float, and the delegate takes the
whole graph.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from ai_edge_quantizer import qtyping, quantizer
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from numpy.typing import NDArray
from torch import nn

from ...calibration.affine import affine_parameters
from ...calibration.dead_channels import lifted_weights
from ...calibration.ranges import QUANTIZABLE, Ranges
from ...calibration.recipe import is_depthwise
from ...errors import ExportError, UsageError
from ...runtime.tflite.graph import Op, TFLiteGraph
from ..weights import ModulesByWeights
from .internals import repaired

_Op = qtyping.TFLOperationName

WEIGHT_INPUT = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 1,
    "FULLY_CONNECTED": 1,
    "TRANSPOSE_CONV": 1,
}
"""Position of the weights among the inputs of each op that has weights."""

_ACTIVATION_INPUT = {
    "CONV_2D": 0,
    "DEPTHWISE_CONV_2D": 0,
    "FULLY_CONNECTED": 0,
    "TRANSPOSE_CONV": 2,
}

_BIAS_INPUT = {
    "CONV_2D": 2,
    "DEPTHWISE_CONV_2D": 2,
    "FULLY_CONNECTED": 2,
    "TRANSPOSE_CONV": 3,
}

_ACTIVATIONS = {
    "num_bits": 8,
    "symmetric": False,
    "granularity": "TENSORWISE",
    "dtype": "INT",
    "block_size": 0,
}
_WEIGHTS = {**_ACTIVATIONS, "symmetric": True, "granularity": "CHANNELWISE"}
_HALF_WEIGHTS = {**_WEIGHTS, "num_bits": 16, "granularity": "TENSORWISE", "dtype": "FLOAT"}


@dataclasses.dataclass(frozen=True)
class MatchedOp:
    """An op with weights, and the module that it was converted from.

    Attributes:
        op: The op.
        path: The module's path in the rewritten model.
        input: Index of the tensor of its activations.
        output: Index of its output tensor.
    """

    op: Op
    path: str
    input: int
    output: int


def quantize(
    content: bytes,
    precisions: Mapping[str, str],
    model: nn.Module,
    ranges: Ranges | None,
    io: str = "float",
) -> bytes:
    """Quantizes a float32 TFLite file.

    Args:
        content: The file.
        precisions: Of each op with weights, by its path.
        model: The rewritten eager model that the file was converted from.
        ranges: Its activation ranges; needed where an op is in int8.
        io: Type of the input and output tensors.

    Raises:
        UsageError: A weight does not fit half precision.
        ExportError: The file's ops cannot be matched with the model's modules.
    """
    graph = TFLiteGraph(content)
    _check_half(precisions, model)
    ops = match_ops(graph, model)
    rules = _rules(graph, ops, precisions, io)
    statistics = None
    if "int8" in precisions.values():
        assert ranges is not None
        content = _with_room_for_biases(content, graph, ops, precisions, ranges)
        statistics = {
            name: {"min": _bound(low), "max": _bound(high)}
            for name, (low, high) in tensor_ranges(graph, ops, ranges).items()
        }
    with repaired():
        work = quantizer.Quantizer(bytearray(content), rules)
        result = work.quantize(statistics, enable_progress_report=False)
    return bytes(result.quantized_model)


def _with_room_for_biases(
    content: bytes,
    graph: TFLiteGraph,
    ops: list[MatchedOp],
    precisions: Mapping[str, str],
    ranges: Ranges,
) -> bytes:
    """The file with the weights of dead channels raised, see :func:`lifted_weights`."""
    changed = False
    for matched in ops:
        inputs = matched.op.inputs
        position = _BIAS_INPUT[matched.op.name]
        if precisions[matched.path] != "int8" or len(inputs) <= position or inputs[position] < 0:
            continue
        tensor = inputs[WEIGHT_INPUT[matched.op.name]]
        weights, bias = graph.constant(tensor), graph.constant(inputs[position])
        assert weights is not None
        assert bias is not None
        scale = affine_parameters(*ranges.modules[matched.path].input).scale
        axis = 3 if matched.op.name == "DEPTHWISE_CONV_2D" else 0
        lifted = lifted_weights(weights, bias, scale, axis)
        if lifted is not weights:
            graph.replace_constant(tensor, lifted)
            changed = True
    return graph.to_bytes() if changed else content


def _check_half(precisions: Mapping[str, str], model: nn.Module) -> None:
    """Refuses weights that do not fit half precision."""
    limit = float(np.finfo(np.float16).max)
    for path, precision in precisions.items():
        largest = float(model.get_parameter(f"{path}.weight").abs().max())
        if precision == "fp16" and largest > limit:
            raise UsageError(
                f"{path} has a weight of {largest:.4g}, beyond the {limit:g} of half precision;"
                " choose another precision"
            )


def _bound(value: float) -> NDArray[np.float32]:
    return np.full((1, 1, 1, 1), value, np.float32)


def _rules(
    graph: TFLiteGraph, ops: list[MatchedOp], precisions: Mapping[str, str], io: str
) -> list[dict[str, Any]]:
    """The quantizer's recipe: a rule for each op, found by the name of its output."""
    pads = {op.outputs[0]: op for op in graph.ops() if op.name == "PAD"}
    rules = []
    for matched in ops:
        precision = precisions[matched.path]
        if precision == "fp32":
            continue
        rules.append(_rule(graph, matched.op, precision))
        if precision == "int8" and matched.input in pads:
            rules.append(_rule(graph, pads[matched.input], precision))
    if io == "int8":
        everywhere = {"regex": ".*", "algorithm_key": AlgorithmName.MIN_MAX_UNIFORM_QUANT}
        for operation in (_Op.INPUT, _Op.OUTPUT):
            rules.append(everywhere | {"operation": operation, "op_config": _config("int8")})
    return rules


def _rule(graph: TFLiteGraph, op: Op, precision: str) -> dict[str, Any]:
    name = graph.tensor_name(op.outputs[0])
    return {
        "regex": f"^{re.escape(name)};?$",
        "operation": _Op.CONV_2D_TRANSPOSE if op.name == "TRANSPOSE_CONV" else _Op(op.name),
        "algorithm_key": (
            AlgorithmName.FLOAT_CASTING
            if precision == "fp16"
            else AlgorithmName.MIN_MAX_UNIFORM_QUANT
        ),
        "op_config": _config(precision),
    }


def _config(precision: str) -> dict[str, Any]:
    """The quantizer's description of a precision."""
    stored_only = precision in ("fp16", "int8-weights")
    config: dict[str, Any] = {
        "weight_tensor_config": dict(_HALF_WEIGHTS if precision == "fp16" else _WEIGHTS),
        "compute_precision": "FLOAT" if stored_only else "INTEGER",
        "explicit_dequantize": stored_only,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    if precision == "int8":
        config["activation_tensor_config"] = dict(_ACTIVATIONS)
    return config


def match_ops(graph: TFLiteGraph, model: nn.Module) -> list[MatchedOp]:
    """Finds the module of each op that has weights.

    Both are matched by their weights, which conversion does not change, so that a wrong match
    cannot happen. Modules with equal weights are told apart by their order.

    Raises:
        ExportError: An op has no module, or a module no op.
    """
    waiting = ModulesByWeights(model, _weights_as_stored)
    matched = []
    for op in graph.ops():
        if op.name not in WEIGHT_INPUT:
            continue
        weights = graph.constant(op.inputs[WEIGHT_INPUT[op.name]])
        path = None if weights is None else waiting.take(weights)
        if path is None:
            raise ExportError(
                f"{op.name} {graph.tensor_name(op.outputs[0])} has no module with its weights:"
                f" {_why(waiting, weights)}; fp32 needs none, export that"
            )
        activations = op.inputs[_ACTIVATION_INPUT[op.name]]
        matched.append(MatchedOp(op, path, activations, op.outputs[0]))
    waiting.check_none_left("op")
    return matched


def tensor_ranges(
    graph: TFLiteGraph, ops: list[MatchedOp], ranges: Ranges
) -> dict[str, tuple[float, float]]:
    """Ranges of the graph's tensors by name, from the ranges of the model's modules.

    A PAD has the range of the convolution that it feeds.

    Raises:
        ExportError: A module has no ranges, ranges have no module, or one tensor gets two.
    """
    paths = {matched.path for matched in ops}
    strangers = sorted(paths ^ set(ranges.modules))
    if strangers:
        raise ExportError(
            f"the ranges are another model's: {strangers[0]} is in one of both only; calibrate"
            " again"
        )
    found: dict[str, tuple[float, float]] = {}

    def note(tensor: int, bounds: tuple[float, float]) -> None:
        name = graph.tensor_name(tensor)
        if name in found and not np.allclose(found[name], bounds, rtol=1e-3, atol=1e-4):
            raise ExportError(
                f"tensor {name} has two ranges, {found[name]} and {bounds}, by the modules that"
                " share it; the ranges are another model's, calibrate again"
            )
        found.setdefault(name, bounds)

    pads = {op.outputs[0]: op.inputs[0] for op in graph.ops() if op.name == "PAD"}
    for matched in ops:
        module_range = ranges.modules[matched.path]
        note(matched.input, module_range.input)
        if matched.input in pads:
            note(pads[matched.input], module_range.input)
        note(matched.output, module_range.output)
    return found


def _why(waiting: ModulesByWeights, weights: NDArray[np.float32] | None) -> str:
    """Why an op has no module."""
    if weights is None:
        return "they are computed as it runs, so the converter merged a module into others"
    return waiting.why_none_has(weights)


def _weights_as_stored(module: nn.Module) -> NDArray[np.float32]:
    """A module's weights in TFLite's order of axes."""
    assert isinstance(module, QUANTIZABLE)
    weight: torch.Tensor = module.weight.detach()
    if isinstance(module, nn.ConvTranspose2d):
        weight = weight.permute(1, 2, 3, 0)
    elif isinstance(module, nn.Conv2d):
        order = (1, 2, 3, 0) if is_depthwise(module) else (0, 2, 3, 1)
        weight = weight.permute(*order)
    return np.ascontiguousarray(weight.numpy())
