"""What single formats can be asked for, besides what all have; each checks itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

from ..artifact.chips import chip_of
from ..errors import UsageError

IO_TYPES = ("float", "int8")

UPSAMPLINGS = ("concatenation", "resize")

BACKENDS = {
    "xnnpack": ("fp32", "fp16", "int8", "int8-dynamic"),
    "vulkan": ("fp32", "fp16"),
    "coreml": ("fp32", "fp16"),
}
"""ExecuTorch's backends, and what each can be exported in."""

DEPLOYMENT_TARGETS = ("iOS16", "iOS17", "iOS18")
"""Least systems of Core ML files, by their names in coremltools."""

DEFAULT_DEPLOYMENT_TARGET = "iOS17"
"""The first with int8 activations."""


class Asked(Protocol):
    """What is asked of a file besides a format's own options; see :class:`.spec.ExportSpec`."""

    @property
    def precision(self) -> str:
        """Of the file, one that the format has."""
        ...

    @property
    def batch(self) -> int:
        """Images per inference."""
        ...

    @property
    def takes_image(self) -> bool:
        """Whether the input is pixels."""
        ...

    @property
    def output(self) -> str:
        """``logits`` and the like."""
        ...


@dataclasses.dataclass(frozen=True)
class FormatOptions:
    """Nothing, for formats that can be asked for nothing of their own."""

    def check(self, spec: Asked) -> None:
        """Refuses what the format cannot do.

        Args:
            spec: What is to be exported, with these options.

        Raises:
            UsageError: It cannot do that.
        """

    def offers(self, precision: str) -> bool:
        """Whether a precision of the format is there with these options."""
        return True

    @property
    def label(self) -> str:
        """What the file's name says of them, after the precision."""
        return ""

    @property
    def stated(self) -> dict[str, object]:
        """What a spec's JSON says of them."""
        return vars(self)

    @property
    def not_run(self) -> str | None:
        """Why this package cannot run the file, or None where it can."""
        return None


@dataclasses.dataclass(frozen=True)
class TFLiteOptions(FormatOptions):
    """TFLite's.

    Attributes:
        io: Type of the input and output tensors; ``int8`` only where the precision is.
        upsampling: How a pyramid doubles its levels: by ``concatenation``, which XNNPACK takes, or
            by the format's own ``resize``, which is one op for GPUs.
    """

    io: str = IO_TYPES[0]
    upsampling: str = UPSAMPLINGS[0]

    def check(self, spec: Asked) -> None:
        """See :class:`FormatOptions`."""
        check_choice("io", self.io, IO_TYPES)
        check_choice("upsampling", self.upsampling, UPSAMPLINGS)
        if not self.offers(spec.precision):
            raise UsageError(
                f"`upsampling` resize is for GPUs, which take fp32 and fp16, not {spec.precision};"
                " leave it out or choose one of these"
            )
        if self.io == "int8" and spec.precision != "int8":
            raise UsageError(
                f"int8 inputs and outputs need precision int8, not {spec.precision};"
                " leave out `io` or export in int8"
            )
        if self.io == "int8" and spec.takes_image:
            raise UsageError("`io` int8 and `input` image are two types of input; give one")
        if self.io == "int8" and spec.output == "boxes":
            raise UsageError(
                "`output` boxes are in pixels, for which `io` int8 has no room; leave one out"
            )

    def offers(self, precision: str) -> bool:
        """See :class:`FormatOptions`."""
        return self.upsampling != "resize" or precision in ("fp32", "fp16")

    @property
    def label(self) -> str:
        """See :class:`FormatOptions`."""
        resize = "-resize" if self.upsampling == "resize" else ""
        return resize + ("-io" if self.io == "int8" else "")

    @property
    def stated(self) -> dict[str, object]:
        """See :class:`FormatOptions`; of files as they have always been, what they state."""
        values = dict(vars(self))
        if self.upsampling == UPSAMPLINGS[0]:
            del values["upsampling"]
        return values


@dataclasses.dataclass(frozen=True)
class ExecuTorchOptions(FormatOptions):
    """ExecuTorch's.

    Attributes:
        backend: What runs the model: one of :data:`BACKENDS`.
    """

    backend: str = "xnnpack"

    def check(self, spec: Asked) -> None:
        """See :class:`FormatOptions`."""
        check_choice("backend", self.backend, BACKENDS)
        if not self.offers(spec.precision):
            raise UsageError(
                f"ExecuTorch's {self.backend} backend has no {spec.precision}; choose one of"
                f" {', '.join(BACKENDS[self.backend])}"
            )

    def offers(self, precision: str) -> bool:
        """See :class:`FormatOptions`."""
        return precision in BACKENDS[self.backend]

    @property
    def label(self) -> str:
        """See :class:`FormatOptions`."""
        return f"-{self.backend}" if self.not_run else ""

    @property
    def not_run(self) -> str | None:
        """See :class:`FormatOptions`."""
        return None if self.backend == "xnnpack" else f"there is no {self.backend} device here"


@dataclasses.dataclass(frozen=True)
class OnnxOptions(FormatOptions):
    """ONNX's.

    Attributes:
        dynamic_batch: Whether the number of images is left open.
    """

    dynamic_batch: bool = False


@dataclasses.dataclass(frozen=True)
class CoreMLOptions(FormatOptions):
    """Core ML's.

    Attributes:
        deployment_target: The least system: one of :data:`DEPLOYMENT_TARGETS`.
    """

    deployment_target: str = DEFAULT_DEPLOYMENT_TARGET

    def check(self, spec: Asked) -> None:
        """See :class:`FormatOptions`."""
        check_choice("deployment_target", self.deployment_target, DEPLOYMENT_TARGETS)
        if spec.takes_image and spec.batch != 1:
            raise UsageError("Core ML's image input takes one image; leave out `batch` or `input`")
        if spec.precision == "int8" and self.deployment_target == "iOS16":
            raise UsageError(
                "Core ML has int8 activations (W8A8) from iOS17 on; choose that"
                " `deployment_target`, or int8-weights"
            )


@dataclasses.dataclass(frozen=True)
class QnnOptions(FormatOptions):
    """QNN's.

    Attributes:
        chip: Which chip of :data:`CHIPS` the graph is compiled for; by default it is left as a
            graph, for any of them.
    """

    chip: str = ""

    def check(self, spec: Asked) -> None:
        """See :class:`FormatOptions`."""
        if spec.takes_image or spec.output != "logits":
            raise UsageError(
                "QNN's graphs take normalised values and give logits; export pixels, probabilities"
                " and boxes for other formats"
            )
        if self.chip:
            chip_of(self.chip).check(spec.precision)

    @property
    def label(self) -> str:
        """See :class:`FormatOptions`."""
        return f"-{self.chip or 'npu'}"


OPTIONS: Mapping[str, type[FormatOptions]] = {
    "tflite": TFLiteOptions,
    "executorch": ExecuTorchOptions,
    "onnx": OnnxOptions,
    "coreml": CoreMLOptions,
    "qnn": QnnOptions,
}
"""By format; one that is not here has none."""


def options_of(format_name: str) -> type[FormatOptions]:
    """The class of a format's options."""
    return OPTIONS.get(format_name, FormatOptions)


def owner_of(field: str) -> str | None:
    """The format that a field is an option of, or None where it is none's."""
    for format_name, options in OPTIONS.items():
        if field in {item.name for item in dataclasses.fields(options)}:
            return format_name
    return None


def default_of(field: str) -> object:
    """What an option is where nothing is asked for.

    Raises:
        KeyError: It is no option.
    """
    defaults = {
        item.name: item.default for row in OPTIONS.values() for item in dataclasses.fields(row)
    }
    return defaults[field]


def check_choice(name: str, value: str, known: Mapping[str, object] | tuple[str, ...]) -> None:
    """Refuses a value that is not among those known.

    Raises:
        UsageError: It is not.
    """
    if value not in known:
        raise UsageError(f"{name} {value!r} is unknown; choose one of {', '.join(known)}")
