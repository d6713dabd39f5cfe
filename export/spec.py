"""What to export: a format, a precision and their options."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..artifact.formats import FORMATS
from ..errors import UsageError
from .options import FormatOptions, check_choice, default_of, options_of, owner_of

if TYPE_CHECKING:
    from ..calibration.recipe import Recipe

VERSION = 2
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

INPUTS = ("tensor", "image")
OUTPUTS = ("logits", "probabilities", "boxes")

_HALVES = ("fp16", "palettized-6bit", "palettized-4bit")


def float32_ends(format_name: str) -> tuple[str, ...]:
    """The precisions of a format whose files end in float32: of Core ML's, one."""
    if format_name == "coreml":
        return ("fp32",)
    return tuple(name for name in FORMATS[format_name].precisions if name not in _HALVES)


Options = TypeVar("Options", bound=FormatOptions)


@dataclasses.dataclass(frozen=True)
class ExportSpec:
    """Describes one artifact; the same spec and model give the same artifact.

    Attributes:
        format: One of :data:`FORMATS`.
        precision: ``fp32``; ``fp16``, weights stored in half precision; ``int8``, weights and
            activations with calibrated ranges; ``int8-dynamic``, activations quantized as they
            come; ``int8-weights``, weights stored in int8 and computed in float; ``w8a16``,
            weights in int8 and activations in 16 bits, with calibrated ranges;
            ``palettized-6bit`` and ``palettized-4bit``, weights stored as indices into tables.
        batch: Images per inference, fixed in the file.
        input: ``tensor`` for normalised values, or ``image`` for pixels as they are read: scale,
            mean and deviation are in the file then.
        output: ``logits``, which of a detector or segmenter are its maps; ``probabilities`` after
            the softmax; or ``boxes``, a detector's, decoded, with their scores.
        observer: How activation ranges are taken, see :func:`observer_factory`.
        recipe: For ``int8``, which op gets which precision, in place of our own choice.
        bias_correction: For ``int8``, whether biases take back the shift of each channel's mean.
        author: Who made the model, where the format can say so.
        license: Under which licence, likewise.
        model_version: Which version of the model it is, likewise.
        float32_modules: For ``onnx/fp16``, paths of modules that compute in float32 all the same,
            as half precision has no room for their values.
        options: What the format alone can be asked for; its defaults if None.
    """

    format: str = "tflite"
    precision: str = "fp32"
    batch: int = 1
    input: str = INPUTS[0]
    output: str = OUTPUTS[0]
    observer: str = "minmax"
    recipe: Recipe | None = None
    bias_correction: bool = False
    author: str = ""
    license: str = ""
    model_version: str = ""
    float32_modules: tuple[str, ...] = ()
    options: FormatOptions | None = None

    def __post_init__(self) -> None:
        check_choice("format", self.format, FORMATS)
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("input", self.input, INPUTS)
        check_choice("output", self.output, OUTPUTS)
        precisions = FORMATS[self.format].precisions
        if self.precision not in precisions:
            raise UsageError(
                f"{self.format} has no {self.precision}; choose one of {', '.join(precisions)}"
            )
        if type(self.batch) is not int or not 1 <= self.batch <= 1024:
            raise UsageError(f"batch must be between 1 and 1024, got {self.batch}")
        if self.recipe is not None and self.precision != "int8":
            raise UsageError(f"a recipe needs precision int8, not {self.precision}")
        if self.gives_boxes and self.precision not in float32_ends(self.format):
            raise UsageError(
                f"`output` boxes are in pixels, for which half precision has no room: choose one of"
                f" {', '.join(float32_ends(self.format))} of {self.format}, or leave it at logits"
            )
        if type(self.bias_correction) is not bool:
            raise UsageError(f"bias_correction is true or false, not {self.bias_correction!r}")
        if self.bias_correction and self.precision != "int8":
            raise UsageError(f"bias correction needs precision int8, not {self.precision}")
        if self.float32_modules and (self.format, self.precision) != ("onnx", "fp16"):
            raise UsageError("`float32_modules` are for onnx/fp16")
        if self.options is None:
            object.__setattr__(self, "options", options_of(self.format)())
        if type(self.options) is not options_of(self.format):
            raise UsageError(f"{type(self.options).__name__} are no options of {self.format}")
        self.options.check(self)

    @classmethod
    def of(
        cls, format_name: str = "tflite", /, precision: str = "fp32", **fields: Any
    ) -> ExportSpec:
        """A spec from fields of its own and of its format's options alike.

        Args:
            format_name: See :class:`ExportSpec`.
            precision: Likewise.
            **fields: Such as ``batch``, or ``chip`` for QNN. Options of other formats may be given
                with their defaults.

        Raises:
            UsageError: A field is unknown, of another format, or impossible.
        """
        own = {field.name for field in dataclasses.fields(cls)} - {"format", "precision"}
        given: dict[str, Any] = {}
        for name in fields.keys() - own:
            owner = owner_of(name)
            if owner is None:
                raise UsageError(f"export spec: unknown field {name}")
            if owner == format_name:
                given[name] = fields[name]
            elif fields[name] != default_of(name):
                value = "" if fields[name] is True else f" {fields[name]}"
                raise UsageError(f"`{name}`{value} is for {owner}, not {format_name}")
        common = {name: value for name, value in fields.items() if name in own}
        if given:
            common["options"] = options_of(format_name)(**given)
        return cls(format_name, precision, **common)

    @classmethod
    def parse(cls, text: str) -> ExportSpec:
        """The spec of a format and a precision, such as ``tflite/int8`` or ``onnx``.

        Raises:
            UsageError: There is none of that name.
        """
        name, _, precision = text.partition("/")
        check_choice("format", name, FORMATS)
        return cls(name, precision or FORMATS[name].default_precision)

    def options_as(self, kind: type[Options]) -> Options:
        """The options, of the class that the format's exporter knows."""
        assert isinstance(self.options, kind)
        return self.options

    @property
    def takes_image(self) -> bool:
        """Whether the input is pixels."""
        return self.input == "image"

    @property
    def gives_probabilities(self) -> bool:
        """Whether the softmax is in the file."""
        return self.output == "probabilities"

    @property
    def gives_boxes(self) -> bool:
        """Whether a detector's maps are decoded in the file."""
        return self.output == "boxes"

    @property
    def needs_ranges(self) -> bool:
        """Whether activation ranges must be calibrated first."""
        return self.precision in ("int8", "w8a16")

    @property
    def needs_images(self) -> bool:
        """Whether calibration images are seen even where ranges are given."""
        return self.bias_correction or (self.needs_ranges and FORMATS[self.format].observes_ops)

    @property
    def palette_bits(self) -> int:
        """Bits of an index into a palette; 0 without palettes."""
        return {"palettized-6bit": 6, "palettized-4bit": 4}.get(self.precision, 0)

    @property
    def label(self) -> str:
        """A short name for files and tables, such as ``int8``, ``int8-io`` or ``fp16-image``."""
        assert self.options is not None
        image = "-image" if self.takes_image else ""
        output = "" if self.output == OUTPUTS[0] else f"-{self.output}"
        return self.precision + self.options.label + image + output

    @property
    def not_run(self) -> str | None:
        """Why this package cannot run the file, or None where it can."""
        assert self.options is not None
        return self.options.not_run

    @property
    def is_timed(self) -> bool:
        """Whether its time on this machine's processor says anything."""
        return self.not_run is None and FORMATS[self.format].is_timed

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the version; what the format alone has is under ``options``."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        values["recipe"] = None if self.recipe is None else self.recipe.to_dict()
        assert self.options is not None
        values["options"] = self.options.stated
        # Of files without any, the spec is what it has always been.
        modules = values.pop("float32_modules")
        if modules:
            values["float32_modules"] = list(modules)
        return {"version": VERSION, **values}

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
        unknown = values.keys() - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise UsageError(f"export spec: unknown field {', '.join(sorted(unknown))}")
        if values.get("recipe") is not None:
            from ..calibration.recipe import Recipe

            values["recipe"] = Recipe.from_dict(values["recipe"])
        if "float32_modules" in values:
            values["float32_modules"] = tuple(values["float32_modules"])
        options = options_of(str(values.get("format", cls.format)))
        stated = values.pop("options", None) or {}
        try:
            return cls(**values, options=options(**stated))
        except TypeError as error:
            raise UsageError(f"export spec: unknown option ({error})") from error
