"""Compressing Core ML models: INT8 weights, INT8 weights and activations (W8A8), palettes.

Everything goes through coremltools' official passes, op by op as the recipe says; activation
ranges are ours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from ...calibration.ranges import Ranges
from ...calibration.recipe import quantizable_kinds
from ..weights import ModulesByWeights
from .internals import Statistics, activation_statistics, operations

_WEIGHTED = ("conv", "conv_transpose", "linear")

ACTIVATION_MODE = "linear"
"""With zero points: what comes out of a hard-swish is hardly ever negative, and without zero
points half of the steps are lost on it (2 dB for B0)."""

LEAST_WIDTH = 255 * 2.0**-18
"""Of an activation's range: its step, stored in half precision, keeps some bits."""


@dataclasses.dataclass(frozen=True)
class MatchedOperation:
    """An op with weights, and the module that it was converted from.

    Attributes:
        path: The module's.
        name: The op's.
        weights: Name of the constant with its weights.
        input: Name of the variable that goes into it.
        outputs: Names of the variable that comes out and, where a ReLU alone takes it, of that's:
            coremltools rounds after the ReLU then.
    """

    path: str
    name: str
    weights: str
    input: str
    outputs: tuple[str, ...]


class CoreMLCompressor:
    """Compresses a converted model.

    Args:
        model: coremltools' model with weights in float16.
        source: The rewritten eager model that it was converted from.

    Raises:
        ExportError: A module has no op.
    """

    def __init__(self, model: Any, source: nn.Module) -> None:
        self._model = model
        self._kinds = quantizable_kinds(source)
        self._matched = _match(model, source)

    def quantized(self, precisions: Mapping[str, str], ranges: Ranges | None) -> Any:
        """The model with INT8 weights, and INT8 activations around static ops.

        Args:
            precisions: ``fp32``, ``int8`` or ``int8-weights`` by module path.
            ranges: Activation ranges; needed where an op is static ``int8``.
        """
        from coremltools.optimize.coreml import (
            OpLinearQuantizerConfig,
            OptimizationConfig,
            linear_quantize_activations,
            linear_quantize_weights,
        )

        static = [item for item in self._matched if precisions[item.path] == "int8"]
        stored = [item for item in self._matched if precisions[item.path] != "fp32"]
        model = self._model
        if static:
            assert ranges is not None
            config = OpLinearQuantizerConfig(mode=ACTIVATION_MODE)
            with activation_statistics(_statistics(static, ranges)):
                model = linear_quantize_activations(
                    model, OptimizationConfig(op_name_configs={i.name: config for i in static}), []
                )
        config = OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=0)
        # A channel of zeros has the scale 0, and whatever 0 / 0 becomes is multiplied with it.
        with np.errstate(invalid="ignore"):
            return linear_quantize_weights(
                model, OptimizationConfig(op_name_configs={item.weights: config for item in stored})
            )

    def palettized(self, bits: int, *, grouped: bool) -> Any:
        """The model with weights as indices into tables of 2^bits values, found by k-means.

        Depthwise convolutions stay as they are: they hold few weights, and each channel's would
        need a table of its own.

        Args:
            bits: Of an index.
            grouped: Whether each group of channels has a table of its own; needs iOS 18.
        """
        from coremltools.optimize.coreml import (
            OpPalettizerConfig,
            OptimizationConfig,
            palettize_weights,
        )

        options: dict[str, Any] = {}
        if grouped:
            options = {"granularity": "per_grouped_channel", "group_size": 16}
        config = OpPalettizerConfig(mode="kmeans", nbits=bits, weight_threshold=0, **options)
        stored = [item for item in self._matched if self._kinds[item.path] != "depthwise_conv"]
        return palettize_weights(
            self._model,
            OptimizationConfig(op_name_configs={item.weights: config for item in stored}),
        )


def _match(model: Any, source: nn.Module) -> list[MatchedOperation]:
    waiting = ModulesByWeights(source, lambda module: module.weight.detach().half().numpy())
    matched = []
    for item in operations(model):
        if item.op_type not in _WEIGHTED or item.weight.val is None:
            continue
        path = waiting.take(item.weight.val)
        if path is not None:
            matched.append(
                MatchedOperation(
                    path,
                    item.name,
                    item.weight.name,
                    item.x.name,
                    _rounded_outputs(item),
                )
            )
    waiting.check_none_left("op")
    return matched


def _rounded_outputs(operation: Any) -> tuple[str, ...]:
    """See :class:`MatchedOperation`."""
    (output,) = operation.outputs
    users = output.child_ops
    if len(users) == 1 and users[0].op_type == "relu":
        return output.name, users[0].outputs[0].name
    return (output.name,)


def _statistics(static: list[MatchedOperation], ranges: Ranges) -> Statistics:
    """Ranges by variable; what two ops share gets the wider of both."""
    statistics: dict[str, tuple[float, float]] = {}
    for item in static:
        found = ranges.modules[item.path]
        outputs = [(name, found.output) for name in item.outputs]
        for name, (low, high) in ((item.input, found.input), *outputs):
            before = statistics.get(name, (low, high))
            low, high = min(low, before[0], 0.0), max(high, before[1], 0.0)
            statistics[name] = (low, max(high, low + LEAST_WIDTH))
    return statistics
