"""Exporting to TFLite, for XNNPACK on CPUs and for GPU delegates."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...artifact.interface import INPUT_NAME, METADATA_NAME, OUTPUT_NAME
from ...calibration.ranges import Ranges
from ...models.loading import LoadedModel
from ...process.interrupt import deferred_interrupt
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..metadata import metadata
from ..spec import ExportSpec


class ChannelsLastInput(nn.Module):
    """Takes images as [N, H, W, 3]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image.permute(0, 3, 1, 2))


def convert(model: nn.Module, input_size: int, batch: int) -> bytes:
    """Converts a rewritten model to a float32 TFLite file.

    Args:
        model: The rewritten eager model.
        input_size: Side of the square input in pixels.
        batch: Images per inference.

    Returns:
        A file with one input ``image`` [batch, size, size, 3] and one output ``logits``.

    Raises:
        ExportError: The converter failed.
    """
    return convert_nhwc(model, (batch, input_size, input_size, 3))


def convert_nhwc(model: nn.Module, shape: tuple[int, int, int, int]) -> bytes:
    """Converts a module of NCHW tensors to a float32 file with an NHWC input.

    Args:
        model: Takes one tensor [N, C, H, W] and returns one tensor.
        shape: Of the file's input, [N, H, W, C].

    Raises:
        ExportError: The converter failed.
    """
    sample = torch.zeros(shape)
    with deferred_interrupt(), converter_errors("converting to TFLite", "tflite"):
        import litert_torch

        from ...runtime.tflite.graph import TFLiteGraph

        converted = litert_torch.convert(ChannelsLastInput(model).eval(), (sample,))
        graph = TFLiteGraph(converted.model_content())
    graph.name_inputs_and_outputs((INPUT_NAME,), (OUTPUT_NAME,))
    return graph.to_bytes()


def export_tflite(
    float_file: bytes,
    spec: ExportSpec,
    rewritten: nn.Module,
    ranges: Ranges | None,
    loaded: LoadedModel,
) -> bytes:
    """The file of one precision, with metadata.

    Args:
        float_file: What :func:`convert` made.
        spec: The precision and its options.
        rewritten: The model that ``float_file`` was made from.
        ranges: Its activation ranges, where the spec needs them.
        loaded: The model with what the metadata tell of it.

    Raises:
        ExportError: The quantizer failed.
    """
    content = float_file
    if spec.precision != "fp32":
        content = quantize_quietly(float_file, spec, rewritten, ranges)
    from ...runtime.tflite.graph import TFLiteGraph

    graph = TFLiteGraph(content)
    graph.name_inputs_and_outputs((INPUT_NAME,), (OUTPUT_NAME,))
    graph.describe(f"LowFormer {loaded.config.name}, {spec.label}, by lowformer-edge")
    graph.add_metadata(METADATA_NAME, metadata(spec, loaded).encode())
    return graph.to_bytes()


def quantize_quietly(
    float_file: bytes, spec: ExportSpec, rewritten: nn.Module, ranges: Ranges | None
) -> bytes:
    """Quantizes a file with the quantizer's chatter kept back.

    Raises:
        UsageError: The spec asks for what does not exist or does not fit.
        ExportError: The quantizer failed.
    """
    with deferred_interrupt(), converter_errors("quantizing for TFLite", "tflite"):
        from .quantization import quantize

        return quantize(float_file, spec, rewritten, ranges)


class TFLiteExporter(Exporter):
    """Exports TFLite files; the conversion is done once for all precisions."""

    target = "tflite"
    suffix = ".tflite"
    _converted: bytes | None = None

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        content = self.converted()
        if model is not self.model:
            content = convert(model, self.loaded.config.input_size, self.batch)
        return export_tflite(content, spec, model, ranges, self.loaded)

    def converted(self) -> bytes:
        """The model as it comes from the converter, without metadata."""
        if self._converted is None:
            self._converted = convert(self.model, self.loaded.config.input_size, self.batch)
        return self._converted

    def float_file(self) -> bytes:
        return export_tflite(
            self.converted(), ExportSpec(batch=self.batch), self.model, None, self.loaded
        )
