"""Exporting to Core ML: ML Programs in ``.mlpackage`` folders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import nn

from ...artifact.content import Content
from ...artifact.formats import FORMATS
from ...artifact.interface import (
    BOXES_NAME,
    CLASSIFICATION,
    INPUT_NAME,
    METADATA_NAME,
    SCORES_NAME,
)
from ...artifact.interface import PROBABILITIES_NAME as PROBABILITIES_OUTPUT
from ...artifact.labels import repeated, unique_names
from ...calibration.ranges import Ranges
from ...calibration.recipe import uniform
from ...models.detector import BOXES, CLASSES
from ...models.loading import LoadedModel
from ...process.interrupt import deferred_interrupt
from ...tasks.names import DETECTION, SEGMENTATION
from ..converter_errors import converter_errors
from ..exporter import Exporter
from ..file_interface import Probabilities, output_names, with_dense_outputs
from ..metadata import metadata
from ..options import CoreMLOptions
from ..spec import ExportSpec
from .internals import check_version, repaired
from .pixel_input import ScaledPixelInput

CLASS_NAME = "classLabel"
PROBABILITIES_NAME = "classLabel_probs"
"""What coremltools calls a classifier's probabilities."""

_PURPOSES = {
    CLASSIFICATION: "image classification",
    DETECTION: "object detection",
    SEGMENTATION: "semantic segmentation",
}
"""By task."""


class CoreMLExporter(Exporter):
    """Exports packages with input ``image`` and output ``logits`` or ``probabilities`` [batch, K].

    The input is a normalised tensor [batch, 3, height, width], or an RGB image of as many
    pixels. With an image and known class names the model is a classifier, which also gives the
    best class and each class's probability. Models for dense tasks give their maps
    [batch, C, height, width], under the network's names.
    """

    format = FORMATS["coreml"]
    seconds = 11.0
    # Core ML quantizes neither activations as they come nor those of transposed convolutions: of
    # both, the weights are stored in int8. Half precision and palettes are the whole model's.
    recipes: ClassVar = {
        **dict.fromkeys(("fp32", "fp16", "palettized-6bit", "palettized-4bit"), uniform("fp32")),
        "int8": uniform("int8", [("linear", "int8-weights"), ("transposed_conv", "int8-weights")]),
        "int8-weights": uniform("int8-weights"),
    }

    def __init__(self, loaded: LoadedModel, batch: int = 1) -> None:
        super().__init__(loaded, batch)
        self._kept: dict[tuple[Any, ...], Any] = {}

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> Content:
        check_version()
        with deferred_interrupt(), converter_errors("exporting to Core ML", "coreml"), repaired():
            return self._export(spec, model, ranges)

    def _export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> Content:
        from .compression import CoreMLCompressor
        from .package import package_content

        precisions, names = self.precisions_of(spec, model), output_names(spec, self.loaded)
        converted = self._converted(spec, model)
        if spec.precision not in ("fp16", "fp32"):
            compressor = CoreMLCompressor(converted, model)
            if spec.palette_bits:
                grouped = spec.options_as(CoreMLOptions).deployment_target == "iOS18"
                converted = compressor.palettized(spec.palette_bits, grouped=grouped)
            else:
                converted = compressor.quantized(precisions, ranges)
        named = _with_named_outputs(converted, names)
        self._describe(named, spec)
        return package_content(named)

    def _converted(self, spec: ExportSpec, model: nn.Module) -> Any:
        """The model in float, which is converted once for all precisions made from it."""
        if model is not self.model:
            return self._convert(spec, model)
        target = spec.options_as(CoreMLOptions).deployment_target
        key = spec.precision == "fp32", spec.batch, spec.input, spec.output, target
        if key not in self._kept:
            self._kept[key] = self._convert(spec, model)
        return self._kept[key]

    def _convert(self, spec: ExportSpec, model: nn.Module) -> Any:
        """The model in float, in coremltools' hands."""
        import coremltools

        options = spec.options_as(CoreMLOptions)
        shape = (spec.batch, 3, *self.size)
        image = coremltools.TensorType(INPUT_NAME, shape)
        labels = self._classifier_labels(spec)
        if spec.takes_image:
            model = ScaledPixelInput(
                model, self.loaded.preprocessing, probabilities=bool(labels)
            ).eval()
            image = coremltools.ImageType(
                INPUT_NAME, shape, scale=1 / 255, color_layout=coremltools.colorlayout.RGB
            )
        if spec.gives_probabilities:
            model = Probabilities(model).eval()
        model = with_dense_outputs(model, spec, self.loaded).eval()
        program = torch.export.export(model, (torch.zeros(shape),)).run_decompositions({})
        classifier = None
        if labels:
            classifier = coremltools.ClassifierConfig(
                list(unique_names(labels)),
                CLASS_NAME,
                predicted_probabilities_output=program.graph_signature.user_outputs[1],
            )
        kinds = coremltools.precision
        return coremltools.convert(
            program,
            inputs=[image],
            classifier_config=classifier,
            minimum_deployment_target=getattr(coremltools.target, options.deployment_target),
            compute_precision=kinds.FLOAT32 if spec.precision == "fp32" else kinds.FLOAT16,
            skip_model_load=True,
        )

    def _classifier_labels(self, spec: ExportSpec) -> tuple[str, ...] | None:
        """The classes of a model that Core ML calls a classifier, or None where it is none."""
        if not spec.takes_image or spec.gives_probabilities or self.loaded.config.dense_head:
            return None
        return self.loaded.labels

    def _describe(self, model: Any, spec: ExportSpec) -> None:
        """States what the model is, for Xcode and for our own tools."""
        name, task = self.loaded.config.name, self.loaded.config.task
        height, width = self.size
        model.short_description = f"LowFormer {name}, {spec.label}: {_PURPOSES[task]}"
        if spec.author:
            model.author = spec.author
        if spec.license:
            model.license = spec.license
        if spec.model_version:
            model.version = spec.model_version
        if spec.takes_image:
            model.input_description[INPUT_NAME] = f"An RGB image of {width} x {height} pixels"
        else:
            mean, std = self.loaded.preprocessing.mean, self.loaded.preprocessing.std
            model.input_description[INPUT_NAME] = (
                f"RGB in [0, 1], minus {mean}, divided by {std}, as {spec.batch} x 3 x {height} x"
                f" {width}"
            )
        for output in output_names(spec, self.loaded):
            model.output_description[output] = _meaning(output, task)
        if labels := self._classifier_labels(spec):
            named = "Name of the most probable class"
            if repeated(labels):
                named += ", with its number where several classes have that name"
            model.output_description[CLASS_NAME] = named
            model.output_description[PROBABILITIES_NAME] = "Probability of each class"
        model.user_defined_metadata[METADATA_NAME] = metadata(spec, self.loaded)


def _meaning(output: str, task: str) -> str:
    """What an output of that name holds."""
    if output == PROBABILITIES_OUTPUT:
        return "Probability of each class"
    if output == BOXES_NAME:
        return "Corners x1, y1, x2, y2 of the box of each anchor, in pixels of the input"
    if output == SCORES_NAME:
        return "Score of each class for each anchor, after the sigmoid"
    if task == CLASSIFICATION:
        return "One value per class, before the softmax"
    if output.startswith(BOXES):
        return "Four numbers for the box of each anchor at each place, anchor by anchor"
    if output.startswith(CLASSES):
        return "One value per class for each anchor at each place, before the sigmoid"
    return "One value per class at each place, before the softmax"


def _with_named_outputs(model: Any, names: Sequence[str]) -> Any:
    """The model with its outputs called so; coremltools cannot name outputs beside a classifier."""
    import coremltools

    spec = model.get_spec()
    given = [output.name for output in spec.description.output]
    own = [name for name in given if name not in (CLASS_NAME, PROBABILITIES_NAME)]
    for found, name in zip(own, names, strict=True):
        coremltools.utils.rename_feature(spec, found, name)
    return coremltools.models.MLModel(spec, weights_dir=model.weights_dir, skip_model_load=True)
