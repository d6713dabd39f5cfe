"""Exporting to ONNX."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ...artifact.interface import INPUT_NAME, METADATA_NAME, OUTPUT_NAME
from ...calibration.ranges import Ranges
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..legality import legal_precisions
from ..metadata import metadata
from ..spec import ExportSpec

OPSET = 20
"""The first with GELU; hard-swish and LayerNorm are older."""


class HalfPrecision(nn.Module):
    """Computes in float16 between a float32 input and a float32 output."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.half()

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image.half()).float()


class OnnxExporter(Exporter):
    """Exports ONNX files with input ``image`` [batch, 3, size, size] and output ``logits``."""

    target = "onnx"
    suffix = ".onnx"

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        with converter_errors("exporting to ONNX", "onnx"):
            return self._export(spec, model, ranges)

    def _export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        import onnx

        from .quantization import OnnxQuantizer

        precisions = legal_precisions(spec.target, spec.quantization_recipe(), model)
        size = self.loaded.config.input_size
        if spec.precision == "fp16":
            model = HalfPrecision(copy.deepcopy(model)).eval()
        proto = convert(model, spec, size)
        if spec.precision == "int8":
            OnnxQuantizer(proto, model, ranges).quantize(precisions)
        describe(proto, f"LowFormer {self.loaded.config.name}, {spec.label}, by lowformer-edge")
        onnx.helper.set_model_props(proto, {METADATA_NAME: metadata(spec, self.loaded)})
        onnx.checker.check_model(proto, full_check=True)
        return bytes(proto.SerializeToString(deterministic=True))


def convert(model: nn.Module, spec: ExportSpec, size: int, opset: int = OPSET) -> Any:
    """A model as an ONNX graph.

    Args:
        model: In the precision that it is to have.
        spec: Tells the batch, and whether it is left open.
        size: Side of the input in pixels.
        opset: Version of ONNX's ops.
    """
    open_batch = {0: torch.export.Dim("batch", min=1)} if spec.dynamic_batch else None
    sample = torch.zeros(2 if spec.dynamic_batch else spec.batch, 3, size, size)
    program = torch.onnx.export(
        model,
        (sample,),
        dynamo=True,
        opset_version=opset,
        input_names=[INPUT_NAME],
        output_names=[OUTPUT_NAME],
        dynamic_shapes=(open_batch,) if open_batch else None,
        verbose=False,
    )
    assert program is not None
    program.optimize()
    return program.model_proto


def describe(proto: Any, description: str) -> None:
    """Sets the description, and drops what the exporter noted about this machine's files."""
    proto.doc_string = description
    proto.producer_name = "lowformer-edge"
    proto.graph.name = "lowformer"
    for part in (
        proto.graph,
        *proto.graph.node,
        *proto.graph.input,
        *proto.graph.output,
        *proto.graph.value_info,
        *proto.graph.initializer,
    ):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
