"""Exporting to TFLite, for XNNPACK on CPUs and for GPU delegates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from ...artifact.formats import FORMATS
from ...artifact.interface import INPUT_NAME, METADATA_NAME, OUTPUT_NAME
from ...artifact.samples import Samples
from ...artifact.size import Size, sides_of
from ...calibration.ranges import Ranges
from ...calibration.recipe import uniform
from ...models.loading import LoadedModel
from ...process.interrupt import deferred_interrupt
from ...progress import Progress
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..file_interface import output_names, with_interface
from ..metadata import metadata
from ..options import TFLiteOptions
from ..rewrites.doubling import restore_resize
from ..spec import ExportSpec
from .decompositions import decomposed_once
from .task_metadata import BUFFER_NAME, task_metadata, with_labels

_MODULE = re.compile(r"\b(?:[a-z_]\w*\.)+(?=_*[A-Z])")
"""The place of a class in Python, before its name."""


class ChannelsLastInput(nn.Module):
    """Takes images as [N, H, W, 3]."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        return self.model(image.permute(0, 3, 1, 2))


def convert(model: nn.Module, size: Size, batch: int) -> bytes:
    """Converts a rewritten model to a float32 TFLite file.

    Args:
        model: The rewritten eager model.
        size: Of the input in pixels.
        batch: Images per inference.

    Returns:
        A file with one input ``image`` [batch, height, width, 3] and one output ``logits``.

    Raises:
        ExportError: The converter failed.
    """
    return convert_nhwc(model, (batch, *sides_of(size), 3))


def convert_nhwc(
    model: nn.Module,
    shape: tuple[int, int, int, int],
    outputs: Sequence[str] = (OUTPUT_NAME,),
) -> bytes:
    """Converts a module of NCHW tensors to a float32 file with an NHWC input.

    Args:
        model: Takes one tensor [N, C, H, W] and returns one tensor, or several in a tuple.
        shape: Of the file's input, [N, H, W, C].
        outputs: What the file calls its outputs.

    Raises:
        ExportError: The converter failed.
    """
    return convert_module(ChannelsLastInput(model), torch.zeros(shape), outputs)


def convert_module(
    model: nn.Module, sample: Tensor, outputs: Sequence[str] = (OUTPUT_NAME,)
) -> bytes:
    """Converts a module as it is to a file.

    Args:
        model: Takes one tensor and returns one, or several in a tuple.
        sample: What it takes; uint8 are pixels.
        outputs: What the file calls what it returns.

    Raises:
        ExportError: The converter failed.
    """
    with deferred_interrupt(), converter_errors("converting to TFLite", "tflite"):
        import litert_torch

        from ...runtime.tflite.graph import TFLiteGraph

        with decomposed_once():
            converted = litert_torch.convert(model.eval(), (sample,))
        graph = TFLiteGraph(converted.model_content())
    graph.rename_tensors(_without_modules)
    graph.name_inputs_and_outputs((INPUT_NAME,), tuple(outputs))
    return graph.to_bytes()


def _without_modules(name: str) -> str:
    """A tensor's name, in which classes stand without the Python modules that they are in.

    The converter joins the names of all modules around an op, twice where it fused two; written
    out they are a hundredth of an INT8 file, and they change when code is moved.
    """
    return _MODULE.sub("", name)


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
        precisions = TFLiteExporter.precisions_of(spec, rewritten)
        io = spec.options_as(TFLiteOptions).io
        content = quantize_quietly(float_file, precisions, rewritten, ranges, io)
    from ...runtime.tflite.graph import TFLiteGraph

    graph = TFLiteGraph(content)
    if spec.takes_image:
        graph.dequantize_pixels()
    graph.name_inputs_and_outputs((INPUT_NAME,), output_names(spec, loaded))
    graph.describe(f"LowFormer {loaded.config.name}, {spec.label}, by lowformer-edge")
    graph.add_metadata(METADATA_NAME, metadata(spec, loaded).encode())
    if loaded.config.dense_head is not None:
        return graph.to_bytes()
    graph.add_metadata(BUFFER_NAME, task_metadata(spec, loaded))
    return with_labels(graph.to_bytes(), loaded.labels)


def quantize_quietly(
    float_file: bytes,
    precisions: Mapping[str, str],
    rewritten: nn.Module,
    ranges: Ranges | None,
    io: str = "float",
) -> bytes:
    """Quantizes a file with the quantizer's chatter kept back.

    Raises:
        UsageError: A weight does not fit its precision.
        ExportError: The quantizer failed.
    """
    with deferred_interrupt(), converter_errors("quantizing for TFLite", "tflite"):
        from .quantization import quantize

        return quantize(float_file, precisions, rewritten, ranges, io)


class TFLiteExporter(Exporter):
    """Exports TFLite files; the conversion is done once for all precisions.

    Models for dense tasks give their maps [batch, height, width, C], under the network's names.
    """

    format = FORMATS["tflite"]
    seconds = 7.0
    # The head's two linear layers are quantized as their input comes: their activations are the
    # most sensitive to int8, and their share of the time is small. For depthwise convolutions no
    # such kernel exists: their weights are stored in int8.
    recipes: ClassVar = {
        "fp32": uniform("fp32"),
        "fp16": uniform("fp16"),
        "int8": uniform("int8", [("linear", "int8-dynamic")]),
        "int8-dynamic": uniform("int8-dynamic", [("depthwise_conv", "int8-weights")]),
        "int8-weights": uniform("int8-weights"),
    }
    choices: ClassVar = {
        "conv": ("int8", "fp16"),
        "depthwise_conv": ("int8", "fp16"),
        "transposed_conv": ("int8", "fp16"),
        "linear": ("int8", "int8-dynamic", "fp16"),
    }

    def __init__(self, loaded: LoadedModel, batch: int = 1) -> None:
        super().__init__(loaded, batch)
        self._converted: dict[tuple[str, str, str], bytes] = {}

    def prepare(
        self, specs: Sequence[ExportSpec], calibration: Samples, progress: Progress
    ) -> None:
        """See :class:`Exporter`."""
        with progress.step("converting to TFLite"):
            for spec in specs:
                self.converted(spec)

    def source(
        self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None
    ) -> tuple[nn.Module, Ranges | None]:
        """See :class:`Exporter`."""
        if spec.options_as(TFLiteOptions).upsampling == "resize":
            model = restore_resize(model)
        return super().source(spec, model, ranges)

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        source, ranges = self.source(spec, model, ranges)
        content = self.converted(spec) if model is self.model else self._convert(spec, source)
        return export_tflite(content, spec, source, ranges, self.loaded)

    def converted(self, spec: ExportSpec | None = None) -> bytes:
        """The model as it comes from the converter, in float32 and without metadata.

        Args:
            spec: What the file takes and gives; normalised values and logits by default.
        """
        spec = spec or ExportSpec(batch=self.batch)
        asked = spec.input, spec.output, spec.options_as(TFLiteOptions).upsampling
        if asked not in self._converted:
            source, _ = self.source(spec, self.model, None)
            self._converted[asked] = self._convert(spec, source)
        return self._converted[asked]

    def _convert(self, spec: ExportSpec, source: nn.Module) -> bytes:
        names = output_names(spec, self.loaded)
        module = with_interface(source, spec, self.loaded, channels_last=True)
        if spec.takes_image:
            return convert_module(module, self.sample(spec), names)
        return convert_nhwc(module, (self.batch, *self.size, 3), names)

    def float_file(self) -> bytes:
        spec = ExportSpec(batch=self.batch)
        return export_tflite(self.converted(), spec, self.model, None, self.loaded)
