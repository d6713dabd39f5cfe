"""What every op of an eager model computes, and which module it belongs to."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, fx, nn
from torch._decomp import get_decompositions

from ..runtime.trace import Array, Trace, TracedOp, dependent


def eager_trace(model: nn.Module, images: NDArray[np.float32]) -> Trace:
    """Runs a model op by op.

    Ops are those of PyTorch's core set, into which hard-swish and the like are taken apart:
    a file's converter may have done so too, or not, and the values at the seams are there in
    both cases.

    Args:
        model: As it was rewritten for the file's target.
        images: Normalised float32 [batch, 3, H, W].
    """
    sample = torch.from_numpy(images)
    with warnings.catch_warnings():
        # What PyTorch says to itself when it copies a graph.
        warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)
        program = torch.export.export(model, (sample,)).run_decompositions(_decompositions())
        module = program.module()
    recorder = _Recorder(module)
    with torch.no_grad():
        recorder.run(sample)
    inputs = {node.name for node in module.graph.nodes if node.op == "placeholder"}
    return Trace(dependent(recorder.ops, inputs), recorder.values)


def _decompositions() -> Any:
    """How composite ops are taken apart: as PyTorch does, and norms too."""
    norms = [torch.ops.aten.native_layer_norm]
    return {**torch.export.default_decompositions(), **get_decompositions(norms)}


class _Recorder(fx.Interpreter):
    """Keeps what each node of a graph gives."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.ops: list[TracedOp] = []
        self.values: dict[str, Array] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, Tensor):
            self.values[n.name] = result.numpy().copy()
        if n.op == "call_function":
            inputs = tuple(node.name for node in n.all_input_nodes)
            if n.target is torch.ops.aten.addmm.default:
                inputs = (*inputs, self._add_product(n))
            elif n.target is torch.ops.aten.convolution.default:
                inputs = (*inputs, *self._add_padding(n))
            self.ops.append(TracedOp(str(n.target), n.name, inputs, (n.name,), module=_path(n)))
        return result

    def _add_product(self, node: fx.Node) -> str:
        """Records the product of an addmm by itself, which some formats have as an op."""
        name = f"{node.name}_product"
        factors = tuple(item.name for item in node.all_input_nodes[1:])
        _, first, second = self.fetch_args_kwargs_from_env(node)[0]
        self.values[name] = (first @ second).numpy()
        self.ops.append(TracedOp("aten.mm.default", name, factors, (name,), module=_path(node)))
        return name

    def _add_padding(self, node: fx.Node) -> tuple[str, ...]:
        """Records the padded image of a convolution, likewise; nothing where it is not padded."""
        image, _, _, _, padding, _, transposed = self.fetch_args_kwargs_from_env(node)[0][:7]
        if transposed or not any(padding):
            return ()
        name = f"{node.name}_padded"
        sides = [side for size in reversed(padding) for side in (size, size)]
        self.values[name] = nn.functional.pad(image, sides).numpy()
        source = (node.all_input_nodes[0].name,)
        kind = "aten.constant_pad_nd.default"
        self.ops.append(TracedOp(kind, name, source, (name,), module=_path(node)))
        return (name,)


def _path(node: fx.Node) -> str | None:
    """The path of the innermost module that a node was called in."""
    stack = node.meta.get("nn_module_stack") or {}
    return next((path for path, _ in reversed(stack.values()) if path), None)
