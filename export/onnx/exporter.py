"""Exporting to ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...artifact.formats import FORMATS
from ...artifact.interface import INPUT_NAME, METADATA_NAME, OUTPUT_NAME
from ...calibration.ranges import Ranges
from ...calibration.recipe import uniform
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..file_interface import output_names, with_interface
from ..half_precision import HalfPrecision
from ..metadata import metadata
from ..options import OnnxOptions
from ..spec import ExportSpec

OPSET = 20
"""The first with GELU; hard-swish and LayerNorm are older."""


class OnnxExporter(Exporter):
    """Exports ONNX files with input ``image`` [batch, 3, height, width] and output ``logits``.

    Models for dense tasks give their maps [batch, C, height, width], under the network's names.
    """

    format = FORMATS["onnx"]
    seconds = 6.5
    # ONNX Runtime has no int8 transposed convolution, whose weights are stored in int8; half
    # precision is the whole graph's.
    recipes: ClassVar = {
        "fp32": uniform("fp32"),
        "fp16": uniform("fp32"),
        "int8": uniform("int8", [("linear", "int8-dynamic"), ("transposed_conv", "int8-weights")]),
    }

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        with converter_errors("exporting to ONNX", "onnx"):
            return self._export(spec, model, ranges)

    def _export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        import onnx

        from .quantization import OnnxQuantizer

        precisions = self.precisions_of(spec, model)
        source, ranges = self.source(spec, model, ranges)
        core = source
        if spec.precision == "fp16":
            core = HalfPrecision(source, spec.float32_modules)
        proto = convert(
            with_interface(core, spec, self.loaded),
            self.sample(spec),
            outputs=output_names(spec, self.loaded),
            open_batch=spec.options_as(OnnxOptions).dynamic_batch,
            merged=self.loaded.config.dense_head is not None,
        )
        if spec.precision == "int8":
            several = spec.batch > 1 or spec.options_as(OnnxOptions).dynamic_batch
            OnnxQuantizer(proto, source, ranges, by_image=several).quantize(precisions)
        describe(proto, f"LowFormer {self.loaded.config.name}, {spec.label}, by lowformer-edge")
        onnx.helper.set_model_props(proto, {METADATA_NAME: metadata(spec, self.loaded)})
        onnx.checker.check_model(proto, full_check=True)
        return bytes(proto.SerializeToString(deterministic=True))


def convert(
    model: nn.Module,
    sample: Tensor,
    opset: int = OPSET,
    *,
    outputs: Sequence[str] = (OUTPUT_NAME,),
    open_batch: bool = False,
    merged: bool = False,
) -> Any:
    """A model as an ONNX graph.

    Args:
        model: In the precision that it is to have.
        sample: An input of the file's shape and type.
        opset: Version of ONNX's ops.
        outputs: What the graph calls what it gives.
        open_batch: Whether the number of images is left open.
        merged: Whether equal constants are stored once, however large.
    """
    shapes = ({0: torch.export.Dim("batch", min=1)},) if open_batch else None
    if open_batch:
        sample = torch.zeros(2, *sample.shape[1:], dtype=sample.dtype)
    program = torch.onnx.export(
        model,
        (sample,),
        dynamo=True,
        opset_version=opset,
        input_names=[INPUT_NAME],
        output_names=list(outputs),
        dynamic_shapes=shapes,
        verbose=False,
    )
    assert program is not None
    program.optimize()
    if merged:
        from onnx_ir.passes.common import DeduplicateHashedInitializersPass

        DeduplicateHashedInitializersPass()(program.model)
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
