"""Which ops of a TFLite graph are quantized, and with which ranges.

The stock recipes quantize every op for which a kernel exists. XNNPACK takes only some of
these in int8 (not HARD_SWISH, GELU, SOFTMAX, BATCH_MATMUL, RSQRT), so its graph falls into
dozens of partitions, with slow reference kernels between them. Here only convolutions and the
PAD before them are static int8, everything between stays float, and the delegate takes the
whole graph.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from ai_edge_quantizer import qtyping, quantizer
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from numpy.typing import NDArray
from torch import nn

from ..calibration.ranges import QUANTIZABLE, ModuleRange, Ranges
from ..errors import ExportError
from .spec import ExportSpec
from .tflite_graph import TFLiteGraph

_Op = qtyping.TFLOperationName
_Recipe = list[dict[str, Any]]

_WEIGHT_INPUT = {
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

_ACTIVATIONS = {
    "num_bits": 8,
    "symmetric": False,
    "granularity": "TENSORWISE",
    "dtype": "INT",
    "block_size": 0,
}
_WEIGHTS = {**_ACTIVATIONS, "symmetric": True, "granularity": "CHANNELWISE"}
_HALF_WEIGHTS = {**_WEIGHTS, "num_bits": 16, "granularity": "TENSORWISE", "dtype": "FLOAT"}


def _rule(
    op: qtyping.TFLOperationName,
    *,
    activations: bool = False,
    dequantize: bool = False,
    weights: Mapping[str, Any] = _WEIGHTS,
    algorithm: AlgorithmName = AlgorithmName.MIN_MAX_UNIFORM_QUANT,
) -> dict[str, Any]:
    """One entry of the quantizer's recipe, for all ops of a kind."""
    config: dict[str, Any] = {
        "weight_tensor_config": dict(weights),
        "compute_precision": "FLOAT" if dequantize else "INTEGER",
        "explicit_dequantize": dequantize,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    if activations:
        config["activation_tensor_config"] = dict(_ACTIVATIONS)
    return {"regex": ".*", "operation": op, "algorithm_key": algorithm, "op_config": config}


_WEIGHTED = (_Op.CONV_2D, _Op.DEPTHWISE_CONV_2D, _Op.CONV_2D_TRANSPOSE, _Op.FULLY_CONNECTED)


def recipe(spec: ExportSpec) -> _Recipe:
    """The quantizer's recipe for a precision.

    ``int8``: static convolutions and PAD. The head's two linear layers are quantized as their
    input comes (dynamic): their activations are the most sensitive to int8 and their share of
    the time is small.
    ``int8-dynamic``: as far as XNNPACK takes it; depthwise convolutions, which it refuses in
    this form, have their weights in int8 and compute in float.
    """
    if spec.precision == "fp16":
        return [
            _rule(op, dequantize=True, weights=_HALF_WEIGHTS, algorithm=AlgorithmName.FLOAT_CASTING)
            for op in _WEIGHTED
        ]
    if spec.precision == "int8-weights":
        return [_rule(op, dequantize=True) for op in _WEIGHTED]
    if spec.precision == "int8-dynamic":
        return [_rule(op, dequantize=op == _Op.DEPTHWISE_CONV_2D) for op in _WEIGHTED]
    static = [_Op.CONV_2D, _Op.DEPTHWISE_CONV_2D, _Op.CONV_2D_TRANSPOSE, _Op.PAD]
    if spec.io == "int8":
        static += [_Op.INPUT, _Op.OUTPUT]
    return [
        *(_rule(op, activations=True) for op in static),
        _rule(_Op.FULLY_CONNECTED),
    ]


def quantize(content: bytes, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
    """Quantizes a float32 TFLite file.

    Args:
        content: The file.
        spec: Says how.
        model: The rewritten eager model that the file was converted from.
        ranges: Its activation ranges; needed where the spec says so.

    Raises:
        ExportError: The file's ops cannot be matched with the model's modules.
    """
    work = quantizer.Quantizer(bytearray(content), recipe(spec))
    statistics = None
    if spec.needs_ranges:
        assert ranges is not None
        statistics = {
            name: {"min": _bound(low), "max": _bound(high)}
            for name, (low, high) in tensor_ranges(TFLiteGraph(content), model, ranges).items()
        }
    result = work.quantize(statistics, enable_progress_report=False)
    return bytes(result.quantized_model)


def _bound(value: float) -> NDArray[np.float32]:
    return np.full((1, 1, 1, 1), value, np.float32)


def tensor_ranges(
    graph: TFLiteGraph, model: nn.Module, ranges: Ranges
) -> dict[str, tuple[float, float]]:
    """Ranges of the graph's tensors by name, from the ranges of the model's modules.

    Ops and modules are matched by their weights, which conversion does not change, so that a
    wrong match cannot happen. A PAD has the range of the convolution that it feeds.

    Raises:
        ExportError: An op has no module or a module no op, or one tensor gets two ranges.
    """
    found: dict[str, tuple[float, float]] = {}

    def note(tensor: int, bounds: tuple[float, float]) -> None:
        name = graph.tensor_name(tensor)
        if name in found and not np.allclose(found[name], bounds, rtol=1e-3, atol=1e-4):
            raise ExportError(
                f"tensor {name} has two ranges, {found[name]} and {bounds}; please report this"
            )
        found.setdefault(name, bounds)

    pads = {op.outputs[0]: op.inputs[0] for op in graph.ops() if op.name == "PAD"}
    for op_inputs, op_outputs, module_range in _matched(graph, model, ranges):
        note(op_inputs, module_range.input)
        if op_inputs in pads:
            note(pads[op_inputs], module_range.input)
        note(op_outputs, module_range.output)
    return found


def _matched(
    graph: TFLiteGraph, model: nn.Module, ranges: Ranges
) -> Iterator[tuple[int, int, ModuleRange]]:
    """Input tensor, output tensor and ranges of each op that has weights.

    Modules with equal weights are told apart by the order in which they run.
    """
    modules = dict(model.named_modules())
    waiting: dict[str, deque[str]] = defaultdict(deque)
    for path in ranges.modules:
        if path not in modules:
            raise ExportError(f"the ranges name {path}, which the model lacks; calibrate again")
        waiting[_weights_key(_weights_as_stored(modules[path]))].append(path)
    for op in graph.ops():
        if op.name not in _WEIGHT_INPUT:
            continue
        weights = graph.constant(op.inputs[_WEIGHT_INPUT[op.name]])
        paths = waiting[_weights_key(weights)] if weights is not None else deque()
        if not paths:
            raise ExportError(
                f"{op.name} {graph.tensor_name(op.outputs[0])} has no module with its weights;"
                " please report this"
            )
        yield (
            op.inputs[_ACTIVATION_INPUT[op.name]],
            op.outputs[0],
            ranges.modules[paths.popleft()],
        )
    left = [path for paths in waiting.values() for path in paths]
    if left:
        raise ExportError(f"no op has the weights of {', '.join(left)}; please report this")


def _weights_key(weights: NDArray[np.float32]) -> str:
    """A digest of weights, whatever axes of length 1 they are stored with."""
    shape = tuple(size for size in weights.shape if size > 1)
    return hashlib.sha256(repr(shape).encode() + weights.tobytes()).hexdigest()


def _weights_as_stored(module: nn.Module) -> NDArray[np.float32]:
    """A module's weights in TFLite's order of axes."""
    assert isinstance(module, QUANTIZABLE)
    weight: torch.Tensor = module.weight.detach()
    if isinstance(module, nn.ConvTranspose2d):
        weight = weight.permute(1, 2, 3, 0)
    elif isinstance(module, nn.Conv2d):
        depthwise = module.groups > 1
        weight = weight.permute(1, 2, 3, 0) if depthwise else weight.permute(0, 2, 3, 1)
    return np.ascontiguousarray(weight.numpy())
