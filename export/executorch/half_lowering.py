"""Half precision for ExecuTorch's XNNPACK: the form of a model, and what its lowering leaves out.

All of it leans on ExecuTorch's private parts. In ExecuTorch 1.5 the lowering keeps GELU in half
precision and casts out of the delegate, although XNNPACK computes both; it stores the weights of
convolutions in float32, although XNNPACK takes them in half precision for all but transposed
ones; and it drops a cast that stands before a change of layout, as if it were one itself. A
delegate cut at each GELU costs more than half precision gains.
"""

from __future__ import annotations

import contextlib
import copy
import importlib.metadata
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...errors import MissingDependencyError
from ..half_precision import HalfPrecision
from ..rewrites.module_tree import replace_modules
from ..rewrites.spatial_norm import LinearLayerNorm, SpatialGlobalNorm, spatial_mean

VERSION = (1, 5)
"""The version of ExecuTorch that this module was written for."""

_HEADROOM = 16
"""What a factor of a square is divided by: squares of up to 1023 stay below half precision's
65,504."""


class _HalfGlobalNorm(nn.Module):
    """A :class:`SpatialGlobalNorm` whose squares stay finite.

    XNNPACK recognises the mean of a square of what was centred, and computes all that follows it
    in float32. Two unlike factors are no square to it. The lesser is made by a tensor of the
    images' rank: a number would be a float32 constant between two transposes.
    """

    narrow: Tensor
    wide: Tensor

    def __init__(self, norm: SpatialGlobalNorm) -> None:
        super().__init__()
        self.norm = norm
        self.register_buffer("narrow", norm.average.new_full((1, 1, 1, 1), 1 / _HEADROOM))
        self.register_buffer("wide", _HEADROOM * norm.average)

    def forward(self, x: Tensor) -> Tensor:
        norm = self.norm
        centred = x - F.conv2d(spatial_mean(x), norm.average)
        variance = spatial_mean(centred * (centred * self.narrow))
        scale = torch.rsqrt(F.conv2d(variance, self.wide, norm.epsilon))
        if norm.gamma is None or norm.beta is None:
            return centred * scale
        return centred * F.conv2d(scale, norm.gamma) + norm.beta


class _HalfLayerNorm(nn.Module):
    """A :class:`LinearLayerNorm` whose squares stay finite, likewise."""

    narrow: Tensor
    wide: Tensor

    def __init__(self, norm: LinearLayerNorm) -> None:
        super().__init__()
        self.norm = norm
        self.register_buffer("narrow", norm.average.new_full((1, 1), 1 / _HEADROOM))
        self.register_buffer("wide", _HEADROOM * norm.average)

    def forward(self, x: Tensor) -> Tensor:
        norm = self.norm
        centred = x - F.linear(x, norm.average)
        squares = centred * (centred * self.narrow)
        scale = torch.rsqrt(F.linear(squares, self.wide, norm.epsilon))
        return centred * scale * norm.gamma + norm.beta


class HalfPrecisionProgram(HalfPrecision):
    """The same for a program of one delegate.

    The lowering leaves out casts of images, see :func:`half_precision_partitioner`; maps are cast
    as rows of pixels.
    """

    def to_single(self, values: Tensor) -> Tensor:
        """An output in float32."""
        return values.flatten(2).float().view(values.shape) if values.dim() == 4 else values.float()


def with_small_squares(model: nn.Module) -> nn.Module:
    """A copy of a model rewritten for ExecuTorch, in whose norms no square overflows."""

    def build(module: nn.Module) -> nn.Module | None:
        if isinstance(module, SpatialGlobalNorm):
            return _HalfGlobalNorm(module)
        return _HalfLayerNorm(module) if isinstance(module, LinearLayerNorm) else None

    return replace_modules(copy.deepcopy(model), build)


def half_precision_partitioner() -> Any:
    """What hands a graph in half precision to XNNPACK whole.

    Raises:
        MissingDependencyError: ExecuTorch is of another version.
    """
    _check_version()
    from executorch.backends.xnnpack.partition.config import ALL_PARTITIONER_CONFIGS
    from executorch.backends.xnnpack.partition.config.generic_node_configs import (
        GeluConfig,
        ToDimOrderCopyConfig,
    )
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner

    class HalfGeluConfig(GeluConfig):  # type: ignore[misc]
        def check_constraints(self, node: Any, ep: Any) -> bool:
            return bool(self.check_common_constraints(node, ep))

    class CastConfig(ToDimOrderCopyConfig):  # type: ignore[misc]
        def check_constraints(self, node: Any, ep: Any) -> bool:
            # The lowering takes a cast of images for one that keeps the first layout: true of the
            # input, and not of what a convolution gives.
            value = node.meta["val"]
            given = value.dtype == torch.float16 or value.dim() != 4
            return given and bool(self.check_common_constraints(node, ep))

    ours = {GeluConfig: HalfGeluConfig, ToDimOrderCopyConfig: CastConfig}
    return XnnpackPartitioner(configs=[ours.get(known, known) for known in ALL_PARTITIONER_CONFIGS])


@contextlib.contextmanager
def half_precision_lowering() -> Iterator[None]:
    """Lowers casts, and weights in half precision, for the block's duration."""
    _check_version()
    from executorch.backends.xnnpack._passes.remove_redundant_copy_pass import (
        RemoveRedundantCopyPass,
    )
    from executorch.backends.xnnpack.operators import node_visitor

    visitors = node_visitor._node_visitor_dict
    known = dict(visitors)
    removes = RemoveRedundantCopyPass._try_remove_regular_redundant_to_copy

    def keeps_casts(self: Any, node: Any, graph: Any) -> bool:
        return not (_casts(node) or _casts(node.args[0])) and bool(removes(self, node, graph))

    for visitor in (_cast_visitor(known[_COPY]), _convolution_visitor(known[_CONVOLUTION])):
        visitors[visitor.target] = visitor
    RemoveRedundantCopyPass._try_remove_regular_redundant_to_copy = keeps_casts
    try:
        yield
    finally:
        RemoveRedundantCopyPass._try_remove_regular_redundant_to_copy = removes
        visitors.clear()
        visitors.update(known)


_COPY, _CONVOLUTION = "aten._to_copy.default", "aten.convolution.default"


def _casts(node: Any) -> bool:
    """Whether a node of the edge dialect copies to another type."""
    if node.op != "call_function" or node.target.__name__ != _COPY:
        return False
    return bool(node.args[0].meta["val"].dtype != node.meta["val"].dtype)


def _cast_visitor(copy_visitor: Any) -> Any:
    from executorch.backends.xnnpack.serialization.xnnpack_graph_schema import XNNConvert, XNode

    class CastVisitor(copy_visitor):  # type: ignore[misc]
        def define_node(
            self, node: Any, xnn_graph: Any, vals_to_ids: Any, debug_handle: int
        ) -> None:
            if not _casts(node):
                super().define_node(node, xnn_graph, vals_to_ids, debug_handle)
                return
            self.define_nodes_tensor_inputs_outputs(node, xnn_graph, vals_to_ids)
            cast = XNNConvert(
                input_id=vals_to_ids[node.args[0]], output_id=vals_to_ids[node], flags=0
            )
            xnn_graph.xnodes.append(XNode(xnode_union=cast, debug_handle=debug_handle))

    return CastVisitor


def _convolution_visitor(conv_visitor: Any) -> Any:
    class HalfWeightsVisitor(conv_visitor):  # type: ignore[misc]
        def define_node(self, node: Any, *arguments: Any) -> None:
            self._transposed = bool(node.args[6])
            super().define_node(node, *arguments)

        def define_tensor(self, *arguments: Any, force_fp32: bool = False, **named: Any) -> None:
            force_fp32 = force_fp32 and self._transposed
            super().define_tensor(*arguments, force_fp32=force_fp32, **named)

    return HalfWeightsVisitor


def _check_version() -> None:
    version = importlib.metadata.version("executorch")
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) != VERSION:
        raise MissingDependencyError(
            f"exporting to ExecuTorch in fp16 needs executorch {'.'.join(map(str, VERSION))}, and"
            f" {version} is installed; install the extra executorch"
        )
