"""What to export: a target, a precision and their options."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..artifact.chips import chip_of
from ..artifact.formats import FORMATS
from ..errors import UsageError

if TYPE_CHECKING:
    from ..calibration.recipe import Recipe

VERSION = 1
"""Of the spec's fields and their meaning."""

PRECISIONS = (
    "fp32",
    "fp16",
    "int8",
    "int8-dynamic",
    "int8-weights",
    "w8a16",
    "palettized-6bit",
    "palettized-4bit",
)
TARGETS = {row.name: row.precisions for row in FORMATS.values()}
"""The formats, and what each can be exported in."""

EVERY_FORMAT = tuple(row.name for row in FORMATS.values() if row.in_all)
"""What ``--to all`` stands for: one file each."""

DEFAULT_PRECISION = {row.name: row.default_precision for row in FORMATS.values()}
"""What a target is exported in if nothing is asked for."""

BACKENDS = {
    "xnnpack": ("fp32", "int8", "int8-dynamic"),
    "vulkan": ("fp32", "fp16"),
    "coreml": ("fp32", "fp16"),
}
"""ExecuTorch's backends, and what each can be exported in."""
IO_TYPES = ("float", "int8")
INPUTS = ("tensor", "image")
DEPLOYMENT_TARGETS = ("iOS16", "iOS17", "iOS18")
"""Least systems of Core ML files, by their names in coremltools."""
DEFAULT_DEPLOYMENT_TARGET = "iOS17"
"""The first with int8 activations."""


def available(target: str, backend: str, precision: str) -> bool:
    """Whether a target, with its backend, can be exported in a precision."""
    if target == "executorch":
        return precision in BACKENDS[backend]
    return precision in TARGETS[target]


@dataclasses.dataclass(frozen=True)
class ExportSpec:
    """Describes one artifact; the same spec and model give the same artifact.

    Attributes:
        target: The format.
        precision: ``fp32``; ``fp16``, weights stored in half precision; ``int8``, weights and
            activations with calibrated ranges; ``int8-dynamic``, activations quantized as they
            come; ``int8-weights``, weights stored in int8 and computed in float; ``w8a16``,
            weights in int8 and activations in 16 bits, with calibrated ranges;
            ``palettized-6bit`` and ``palettized-4bit``, weights stored as indices into tables.
        io: Type of the input and output tensors; ``int8`` only where ``precision`` is.
        batch: Images per inference, fixed in the file.
        observer: How activation ranges are taken, see :func:`observer_factory`.
        recipe: For ``int8``, which op gets which precision, in place of our own choice.
        backend: For ExecuTorch, what runs the model: one of :data:`BACKENDS`.
        dynamic_batch: For ONNX, whether the number of images is left open.
        bias_correction: For ``int8``, whether biases take back the shift of each channel's mean.
        deployment_target: For Core ML, the least system: one of :data:`DEPLOYMENT_TARGETS`.
        input: For Core ML, ``tensor`` for normalised values or ``image`` for an image.
        author: Who made the model, where the format can say so.
        license: Under which licence, likewise.
        model_version: Which version of the model it is, likewise.
        chip: For QNN, which chip of :data:`CHIPS` the graph is compiled for; by default it is
            left as a graph, for any of them.
    """

    target: str = "tflite"
    precision: str = "fp32"
    io: str = "float"
    batch: int = 1
    observer: str = "minmax"
    recipe: Recipe | None = None
    bias_correction: bool = False
    backend: str = "xnnpack"
    dynamic_batch: bool = False
    deployment_target: str = DEFAULT_DEPLOYMENT_TARGET
    input: str = "tensor"
    author: str = ""
    license: str = ""
    model_version: str = ""
    chip: str = ""

    def __post_init__(self) -> None:
        for name, known in (
            ("target", TARGETS),
            ("precision", PRECISIONS),
            ("io", IO_TYPES),
            ("deployment_target", DEPLOYMENT_TARGETS),
            ("input", INPUTS),
        ):
            if getattr(self, name) not in known:
                raise UsageError(
                    f"{name} {getattr(self, name)!r} is unknown; choose one of {', '.join(known)}"
                )
        self._check_target()
        if type(self.batch) is not int or not 1 <= self.batch <= 1024:
            raise UsageError(f"batch must be between 1 and 1024, got {self.batch}")
        if self.io == "int8" and self.target != "tflite":
            raise UsageError("int8 inputs and outputs are for tflite; leave out --io int8")
        if self.io == "int8" and self.precision != "int8":
            raise UsageError(
                f"int8 inputs and outputs need precision int8, not {self.precision};"
                " leave out --io int8 or export --int8"
            )
        if self.chip:
            if self.target != "qnn":
                raise UsageError(f"--chip {self.chip} is for qnn, not {self.target}")
            chip_of(self.chip).check(self.precision)
        if self.recipe is not None and self.precision != "int8":
            raise UsageError(f"a recipe needs precision int8, not {self.precision}")
        if type(self.bias_correction) is not bool:
            raise UsageError(f"bias_correction is true or false, not {self.bias_correction!r}")
        if self.bias_correction and self.precision != "int8":
            raise UsageError(f"bias correction needs precision int8, not {self.precision}")

    def _check_target(self) -> None:
        """Refuses what the target or its backend cannot do."""
        if self.precision not in TARGETS[self.target]:
            raise UsageError(
                f"{self.target} has no {self.precision}; choose one of"
                f" {', '.join(TARGETS[self.target])}"
            )
        if self.backend not in BACKENDS:
            raise UsageError(
                f"backend {self.backend!r} is unknown; choose one of {', '.join(BACKENDS)}"
            )
        if self.target != "executorch" and self.backend != "xnnpack":
            raise UsageError(f"--backend {self.backend} is for executorch, not {self.target}")
        if self.target == "executorch" and self.precision not in BACKENDS[self.backend]:
            raise UsageError(
                f"ExecuTorch's {self.backend} backend has no {self.precision}; choose one of"
                f" {', '.join(BACKENDS[self.backend])}"
            )
        if self.dynamic_batch and self.target != "onnx":
            raise UsageError(f"--dynamic-batch is for onnx, not {self.target}")
        if self.input != "tensor" and self.target != "coreml":
            raise UsageError(f"--input {self.input} is for coreml, not {self.target}")
        if self.input == "image" and self.batch != 1:
            raise UsageError("an image input takes one image; leave out --batch or --input image")
        static = self.target == "coreml" and self.precision == "int8"
        if static and self.deployment_target == "iOS16":
            raise UsageError(
                "Core ML has int8 activations (W8A8) from iOS17 on; choose that"
                " --minimum-deployment-target, or --int8-weights"
            )

    def quantization_recipe(self) -> Recipe:
        """The precision of each op.

        ``int8``: convolutions are static. The head's two linear layers are quantized as their
        input comes: their activations are the most sensitive to int8, and their share of the
        time is small. ONNX Runtime has no int8 transposed convolution, so these stay in float.
        Core ML quantizes neither activations as they come nor those of transposed
        convolutions: of both, the weights are stored in int8.
        QNN's ops with weights are static ``int8`` throughout, or ``w8a16``; those without are in
        16 bits beside them.
        ``int8-dynamic``: depthwise convolutions, for which no such kernel exists, compute in
        float; TFLite stores their weights in int8. In ExecuTorch transposed ones do so too.
        ``fp16``: TFLite stores weights in half precision; elsewhere it is the type of the whole
        graph, and no op's own. Palettes are likewise the whole model's.
        """
        from ..calibration.recipe import uniform

        if self.recipe is not None:
            return self.recipe
        if self.precision == "int8":
            if self.target == "coreml":
                stored = ("linear", "transposed_conv")
                return uniform("int8", [(kind, "int8-weights") for kind in stored])
            if self.target == "qnn":
                return uniform("int8")
            exceptions = [("linear", "int8-dynamic")]
            if self.target == "onnx":
                exceptions.append(("transposed_conv", "fp32"))
            return uniform("int8", exceptions)
        if self.precision == "int8-dynamic":
            if self.target == "executorch":
                in_float = ("depthwise_conv", "transposed_conv")
                return uniform("int8-dynamic", [(kind, "fp32") for kind in in_float])
            return uniform("int8-dynamic", [("depthwise_conv", "int8-weights")])
        if self.palette_bits or (self.precision == "fp16" and self.target != "tflite"):
            return uniform("fp32")
        return uniform(self.precision)

    @property
    def needs_ranges(self) -> bool:
        """Whether activation ranges must be calibrated first."""
        return self.precision in ("int8", "w8a16")

    @property
    def needs_images(self) -> bool:
        """Whether calibration images are seen even where ranges are given."""
        return self.bias_correction or (self.target == "qnn" and self.needs_ranges)

    @property
    def palette_bits(self) -> int:
        """Bits of an index into a palette; 0 without palettes."""
        return {"palettized-6bit": 6, "palettized-4bit": 4}.get(self.precision, 0)

    @property
    def label(self) -> str:
        """A short name for files and tables, such as ``int8``, ``int8-io`` or ``fp16-8gen2``."""
        if self.target == "qnn":
            return f"{self.precision}-{self.chip or 'npu'}"
        backend = "" if self.backend == "xnnpack" else f"-{self.backend}"
        image = "-image" if self.input == "image" else ""
        return self.precision + ("-io" if self.io == "int8" else "") + backend + image

    @property
    def runs_here(self) -> bool:
        """Whether this package has a runtime for the file."""
        return self.backend == "xnnpack"

    @property
    def is_for_processors(self) -> bool:
        """Whether its time on this machine's processor says anything."""
        return self.runs_here and self.target != "qnn"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the version."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        recipe = None if self.recipe is None else self.recipe.to_dict()
        return {"version": VERSION, **fields, "recipe": recipe}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> ExportSpec:
        """Builds a spec from plain values.

        Raises:
            UsageError: The version or a field is unknown or impossible.
        """
        values = dict(fields)
        version = values.pop("version", None)
        if version != VERSION:
            raise UsageError(f"export spec: version {version} is not readable, only {VERSION} is")
        unknown = set(values) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise UsageError(f"export spec: unknown field {', '.join(sorted(unknown))}")
        if values.get("recipe") is not None:
            from ..calibration.recipe import Recipe

            values["recipe"] = Recipe.from_dict(values["recipe"])
        return cls(**values)
