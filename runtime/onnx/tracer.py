"""Computing the ops of an ONNX file one at a time, with ONNX Runtime.

Each op becomes a model of its own, so that no fusion moves an error to another op. On processors
without half precision ONNX Runtime computes in float32 what a file says is in half; so those ops
that round on the way can be computed in numpy.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError, MissingDependencyError
from ...process.native_output import captured_output
from ..arithmetic import Arithmetic
from ..half_arithmetic import to_half
from ..trace import (
    CONSTANTS,
    FLOAT16_BITS,
    FLOAT32_BITS,
    Array,
    TracedOp,
    Tracer,
    Values,
    dependent,
    needed_for,
    traced_outputs,
)
from .half_kernels import KERNELS, HalfNode
from .runner import OnnxRunner, session_options


class OnnxTracer(Tracer):
    """The ops of an ONNX file.

    Args:
        path: The file.
        half: Computes the ops that are in half precision; by default ONNX Runtime does, in float32,
            and rounds what comes of them.

    Raises:
        ArtifactError: The file cannot be read, or takes no image.
        MissingDependencyError: onnx or onnxruntime is not installed.
    """

    runtime = "ONNX Runtime"

    def __init__(self, path: Path, half: Arithmetic | None = None) -> None:
        try:
            import onnx
        except ImportError as error:
            raise MissingDependencyError(
                "reading ONNX graphs needs onnx, which is not installed; install the extra"
                " onnx-runtime"
            ) from error
        with OnnxRunner(path) as runner:
            self.batch = runner.taken_image().batch
            self.outputs = traced_outputs(runner.outputs, [item.name for item in runner.outputs])
            self._stored_images = runner.stored
        self._path = path
        self._half = half
        # The last op's, for the next images.
        self._opened = functools.lru_cache(maxsize=1)(self._session)
        self._constant_input = functools.lru_cache(maxsize=CONSTANTS)(self._read_constant)
        self._model: Any = onnx.shape_inference.infer_shapes(onnx.load(str(path)))
        graph = self._model.graph
        self._input = graph.input[0].name
        self._constants = {item.name: item for item in graph.initializer}
        self._producers = {name: node for node in graph.node for name in node.output if name}
        self._types = {
            item.name: item.type.tensor_type.elem_type
            for item in (*graph.value_info, *graph.input, *graph.output)
        }
        self._scales = self._quantized()
        nodes = {_key(node): node for node in graph.node}
        ops = dependent((self._op(node) for node in graph.node), {self._input})
        self._folded = set(self._producers) - {name for op in ops for name in op.outputs}
        # An op's node, behind those that make its constants.
        self._nodes = {op.outputs: self._with_makers(nodes[op.outputs]) for op in ops}
        self.ops = needed_for(
            self.outputs,
            tuple(dataclasses.replace(op, bits=self._bits(self._nodes[op.outputs])) for op in ops),
        )

    def inputs(self, images: NDArray[np.float32]) -> dict[str, Array]:
        value = self._stored_images(images)
        return {self._input: value.astype(np.float32) if value.dtype.kind == "f" else value}

    def compute(self, op: TracedOp, values: Values) -> dict[str, Array]:
        try:
            if self._half and self._rounds_on_the_way(op):
                return {op.outputs[0]: self._in_half(op, values, self._half)}
            session = self._opened(op)
            feeds = {name: self._stored(name, values) for name in op.inputs}
            with captured_output():
                results = session.run(list(op.outputs), feeds)
        except ArtifactError:
            raise
        except Exception as error:
            raise ArtifactError(f"{self._path}: {op.kind} {op.name} cannot be computed") from error
        stored = dict(zip(op.outputs, results, strict=True))
        return {
            name: self._read(name, value, {**values, **stored}) for name, value in stored.items()
        }

    def _rounds_on_the_way(self, op: TracedOp) -> bool:
        """Whether an op gives other results where it is computed in half precision."""
        from onnx import TensorProto

        return op.kind in KERNELS and self._types[op.outputs[0]] == TensorProto.FLOAT16

    def _in_half(self, op: TracedOp, values: Values, half: Arithmetic) -> Array:
        """The output of such an op."""
        import onnx

        node = self._nodes[op.outputs][-1]
        attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
        inputs = [self._input_of(name, values) if name else None for name in node.input]
        with np.errstate(all="ignore"):
            return to_half(HalfNode(attributes, half).computed(op.kind, inputs))

    def _input_of(self, name: str, values: Values) -> Array:
        """What a node takes: a value, or a constant."""
        return values[name] if name in values else self._constant_input(name)

    def _read_constant(self, name: str) -> Array:
        """A constant, or what nodes make of constants."""
        if name in self._constants:
            return self._constant(name).astype(np.float32)
        node = self._producers[name]
        outputs = _key(node)
        made = TracedOp(node.op_type, node.name or name, (), outputs)
        self._nodes.setdefault(outputs, self._with_makers(node))
        with captured_output():
            (value,) = self._session(made).run([name], {})
        return np.asarray(value).astype(np.float32)

    def steps(self) -> dict[str, float]:
        return {
            name: float(np.max(self._constant(scale)))
            for name, (scale, _) in self._scales.items()
            if scale in self._constants
        }

    def _op(self, node: Any) -> TracedOp:
        outputs = _key(node)
        return TracedOp(
            kind=node.op_type,
            name=node.name or outputs[0],
            inputs=tuple(dict.fromkeys(name for name in node.input if name)),
            outputs=outputs,
        )

    def _bits(self, nodes: list[Any]) -> int:
        """Bits of the coarsest number that nodes take or give."""
        from onnx import TensorProto

        kinds = {
            self._constants[name].data_type if name in self._constants else self._types.get(name)
            for item in nodes
            for name in (*item.input, *item.output)
        }
        if not kinds.isdisjoint((TensorProto.INT8, TensorProto.UINT8)):
            return 8
        if TensorProto.UINT16 in kinds:
            return 16
        return FLOAT16_BITS if TensorProto.FLOAT16 in kinds else FLOAT32_BITS

    def _quantized(self) -> dict[str, tuple[str, str]]:
        """The names of the scale and the zero point of each value in steps."""
        found = {}
        for node in self._model.graph.node:
            if node.op_type == "QuantizeLinear" and len(node.input) == 3:
                found[node.output[0]] = (node.input[1], node.input[2])
            elif node.op_type == "DynamicQuantizeLinear":
                found[node.output[0]] = (node.output[1], node.output[2])
        return found

    def _constant(self, name: str) -> Array:
        import onnx

        return onnx.numpy_helper.to_array(self._constants[name])

    def _parameters(self, name: str, values: Values) -> tuple[Array, Array]:
        scale, zero = (
            self._constant(item) if item in self._constants else values[item]
            for item in self._scales[name]
        )
        return scale.astype(np.float32), zero

    def _read(self, name: str, value: Array, values: Values) -> Array:
        """A value as traces have it."""
        if name in self._scales:
            scale, zero = self._parameters(name, values)
            return (value.astype(np.float32) - zero.astype(np.float32)) * scale
        return value.astype(np.float32) if value.dtype.kind == "f" else value

    def _stored(self, name: str, values: Values) -> Array:
        """A value as the file has it."""
        import onnx

        value = values[name]
        kind = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(self._types[name]))
        if name in self._scales:
            scale, zero = self._parameters(name, values)
            limits = np.iinfo(zero.dtype)
            steps = np.rint(value / scale) + zero
            return np.clip(steps, limits.min, limits.max).astype(zero.dtype)
        return value.astype(kind, copy=False)

    def _session(self, op: TracedOp) -> Any:
        """ONNX Runtime's session for an op with what makes its constants."""
        import onnx
        import onnxruntime

        nodes = self._nodes[op.outputs]
        taken = {name for item in nodes for name in item.input}
        graph = onnx.helper.make_graph(
            nodes,
            "op",
            [
                onnx.helper.make_tensor_value_info(name, self._types[name], None)
                for name in op.inputs
            ],
            [
                onnx.helper.make_tensor_value_info(name, self._types[name], None)
                for name in op.outputs
            ],
            [item for name, item in self._constants.items() if name in taken],
        )
        model = onnx.helper.make_model(
            graph, opset_imports=self._model.opset_import, ir_version=self._model.ir_version
        )
        try:
            with captured_output():
                return onnxruntime.InferenceSession(
                    model.SerializeToString(),
                    session_options(1),
                    providers=["CPUExecutionProvider"],
                )
        except Exception as error:
            raise ArtifactError(
                f"{self._path}: {op.kind} {op.name} cannot be computed by itself"
            ) from error

    def _with_makers(self, node: Any) -> list[Any]:
        """A node behind the nodes that make its constants, in their order."""
        folded = (name for name in node.input if name in self._folded)
        makers = [self._with_makers(self._producers[name]) for name in folded]
        return without_repeats([*itertools.chain(*makers), node])


def without_repeats(nodes: Iterable[Any]) -> list[Any]:
    """Nodes in their order, each once."""
    found: list[Any] = []
    for node in nodes:
        if node not in found:
            found.append(node)
    return found


def _key(node: Any) -> tuple[str, ...]:
    return tuple(name for name in node.output if name)
