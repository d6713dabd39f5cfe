"""Activation ranges by module, from one pass over the rewritten eager model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..errors import ConfigError, DataError, ExportError
from ..models.values_file import read_values
from ..process.replacing import replaced_file
from .fused_relu import fused_relus
from .observer import Observer, observer_factory
from .watching import Hook, run_images, watched

QUANTIZABLE = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
"""Modules whose inputs and outputs are observed."""

BATCH = 8

VERSION = 2
"""Of the ranges file."""

_UNFIT = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    ConfigError,
)
"""What reading a file raises that holds something else."""

DEAD_BELOW = 1e-6
"""An activation whose range is narrower counts as dead."""


@dataclasses.dataclass(frozen=True)
class ModuleRange:
    """Ranges (low, high) of what goes into a module and of what comes out.

    What comes out of a convolution before a ReLU is what comes out of that, see
    :func:`fused_relus`.
    """

    input: tuple[float, float]
    output: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Ranges:
    """The ranges of all quantizable modules, and what they were taken from.

    Attributes:
        modules: By module path in the rewritten model, in the order in which they ran.
        model: Digest of the rewritten model's weights.
        data: Digest of the images.
        preprocessing: How the images became inputs.
        observer: How ranges were taken from values.
        images: How many images were seen.
        distinct: How many of them differ from each other.
    """

    modules: Mapping[str, ModuleRange]
    model: str
    data: str
    preprocessing: Preprocessing
    observer: str
    images: int
    distinct: int

    @property
    def digest(self) -> str:
        """SHA-256 over the ranges and all that they depend on, in hex."""
        parts = {
            "model": self.model,
            "data": self.data,
            "preprocessing": self.preprocessing.to_dict(),
            "observer": self.observer,
            "modules": self._modules(),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, with the version."""
        return {
            "version": VERSION,
            "digest": self.digest,
            "model": self.model,
            "data": self.data,
            "preprocessing": self.preprocessing.to_dict(),
            "observer": self.observer,
            "images": self.images,
            "distinct": self.distinct,
            "modules": self._modules(),
        }

    def _modules(self) -> dict[str, dict[str, list[float]]]:
        """Each module's bounds as plain values."""
        return {
            path: {"input": list(bounds.input), "output": list(bounds.output)}
            for path, bounds in self.modules.items()
        }

    def save(self, path: Path) -> None:
        """Writes a JSON file, whole or not at all."""
        with replaced_file(path) as temporary:
            temporary.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Ranges:
        """Reads what :meth:`save` wrote.

        Raises:
            DataError: The file cannot be read, is of another version, or was changed by hand.
        """
        try:
            fields = read_values(path)
            if fields["version"] != VERSION:
                raise DataError(
                    f"{path}: has version {fields['version']}, not {VERSION}; calibrate again"
                )
            ranges = cls(
                {
                    str(name): ModuleRange(_bounds(found["input"]), _bounds(found["output"]))
                    for name, found in fields["modules"].items()
                },
                model=str(fields["model"]),
                data=str(fields["data"]),
                preprocessing=Preprocessing.from_dict(fields["preprocessing"]),
                observer=str(fields["observer"]),
                images=int(fields["images"]),
                distinct=int(fields["distinct"]),
            )
        except _UNFIT as error:
            raise DataError(f"{path}: not a readable ranges file ({error})") from error
        if ranges.digest != fields["digest"]:
            raise DataError(f"{path}: does not fit its own digest; calibrate again")
        return ranges

    def within(self, prefix: str) -> Ranges:
        """The same of a model that is part of another, where its paths begin with a prefix."""
        modules = {f"{prefix}{path}": bounds for path, bounds in self.modules.items()}
        return dataclasses.replace(self, modules=modules)

    def check_model(self, model: nn.Module, preprocessing: Preprocessing) -> None:
        """Checks that the ranges are this rewritten model's.

        Raises:
            DataError: They are another model's, or were taken with other preprocessing.
        """
        if self.model != model_digest(model):
            raise DataError(
                "the ranges file was taken from another model (other weights, or another input"
                " graph); calibrate again"
            )
        if self.preprocessing != preprocessing:
            raise DataError(
                "the ranges file was taken with other preprocessing (input size, crop, mean or"
                " std); calibrate again"
            )


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = map(float, values)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"{values} is no range")
    return low, high


def reusable(
    candidate: Ranges | None,
    model: nn.Module,
    images: Samples,
    preprocessing: Preprocessing,
    observer: str,
) -> Ranges | None:
    """The candidate, if a calibration now would give the same; otherwise None."""
    if candidate is None:
        return None
    wanted = dataclasses.replace(
        candidate,
        model=model_digest(model),
        data=images.digest,
        preprocessing=preprocessing,
        observer=observer,
    )
    return candidate if wanted.digest == candidate.digest else None


def calibrate(
    model: nn.Module,
    images: Samples,
    preprocessing: Preprocessing,
    observer: str = "minmax",
    on_images: Callable[[int], object] = lambda count: None,
) -> Ranges:
    """Runs the images through the model and observes every quantizable module.

    Args:
        model: The rewritten eager model, in evaluation mode.
        images: What to calibrate on.
        preprocessing: Its normalisation makes inputs of the images' pixels.
        observer: See :func:`observer_factory`.
        on_images: Called after each batch with its size, for progress.

    Raises:
        DataError: An activation is NaN or infinite.
        ExportError: A module runs more than once for an image, so that no one range is its.
    """
    observing = _Observing(model, observer, images.name)

    def finish(count: int) -> None:
        observing.finish_batch()
        on_images(count)

    with watched(model, observing.hooks()):
        run_images(model, images, preprocessing, BATCH, finish)
    return Ranges(
        observing.ranges(),
        model=model_digest(model),
        data=images.digest,
        preprocessing=preprocessing,
        observer=observer,
        images=len(images),
        distinct=images.distinct,
    )


class _Observing:
    """Observes every quantizable module of a model.

    Args:
        model: The model.
        observer: See :func:`observer_factory`.
        images: What runs through it.
    """

    def __init__(self, model: nn.Module, observer: str, images: str) -> None:
        self._model = model
        self._new_observer = observer_factory(observer)
        self._images = images
        self._fused = fused_relus(model)
        self._observers: dict[str, tuple[Observer, Observer]] = {}
        self._ran: set[str] = set()

    def hooks(self) -> dict[str, Hook]:
        """What is to be called after each module, by its path."""
        return {
            path: self._hook(path)
            for path, module in self._model.named_modules()
            if isinstance(module, QUANTIZABLE)
        }

    def finish_batch(self) -> None:
        """Lets each module run once more."""
        self._ran.clear()

    def ranges(self) -> dict[str, ModuleRange]:
        """What was observed, by path, in the order in which the modules ran."""
        return {
            path: ModuleRange(alive(seen_in.range()), alive(seen_out.range()))
            for path, (seen_in, seen_out) in self._observers.items()
        }

    def _hook(self, path: str) -> Hook:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            self._check(path, inputs[0], output)
            if path not in self._observers:
                self._observers[path] = (self._new_observer(), self._new_observer())
            seen_in, seen_out = self._observers[path]
            seen_in.update(inputs[0])
            seen_out.update(output.relu() if path in self._fused else output)

        return hook

    def _check(self, path: str, *activations: Tensor) -> None:
        """Refuses what has no range."""
        if path in self._ran:
            raise ExportError(
                f"{path}: runs more than once for an image, and one range would be wrong for each"
                " run; give each run a module of its own"
            )
        self._ran.add(path)
        if not all(map(_is_finite, activations)):
            raise DataError(
                f"{path}: an activation is NaN or infinite on {self._images}, so it has"
                " no range; check the checkpoint"
            )


def _is_finite(values: Tensor) -> bool:
    """Whether all values are finite; NaN, too, is the least and the greatest where there is one."""
    return all(math.isfinite(end.item()) for end in values.aminmax())


def alive(bounds: tuple[float, float]) -> tuple[float, float]:
    """A range as it is, or 0 to 1 for an activation that is always 0.

    Any range represents a dead activation exactly; one without extent would give it a scale so
    small that the biases, which share it, overflow.
    """
    low, high = bounds
    return bounds if max(high, 0.0) - min(low, 0.0) > DEAD_BELOW else (0.0, 1.0)


def model_digest(model: nn.Module) -> str:
    """SHA-256 of a model's weights with their names, in hex."""
    digest = hashlib.sha256()
    for key, value in model.state_dict().items():
        digest.update(f"{key} {tuple(value.shape)} {value.dtype}\n".encode())
        # Zeros of either sign are the same value.
        values = value + 0 if value.is_floating_point() else value
        digest.update(values.contiguous().numpy().tobytes())
    return digest.hexdigest()
