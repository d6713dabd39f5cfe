"""Activation ranges by module, from one pass over the rewritten eager model."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ..artifact.preprocessing import Preprocessing
from ..errors import DataError
from .images import DecodedImages
from .observer import Observer, observer_factory

QUANTIZABLE = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
"""Modules whose inputs and outputs are observed."""

BATCH = 8


@dataclasses.dataclass(frozen=True)
class ModuleRange:
    """Ranges (low, high) of what goes into a module and of what comes out."""

    input: tuple[float, float]
    output: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Ranges:
    """The ranges of all quantizable modules.

    Attributes:
        modules: By module path in the rewritten model, in the order in which they ran.
        digest: SHA-256 over model, data, preprocessing and observer, in hex.
        observer: How ranges were taken from values.
        images: How many images were seen.
    """

    modules: Mapping[str, ModuleRange]
    digest: str
    observer: str
    images: int


def calibrate(
    model: nn.Module,
    images: DecodedImages,
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
    """
    new_observer = observer_factory(observer)
    watched: dict[str, tuple[Observer, Observer]] = {}

    def watch(path: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if path not in watched:
                watched[path] = (new_observer(), new_observer())
            for seen, values in zip(watched[path], (inputs[0], output), strict=True):
                if not bool(values.isfinite().all()):
                    raise DataError(
                        f"{path}: an activation is NaN or infinite on {images.name}, so it has"
                        " no range; check the checkpoint"
                    )
                seen.update(values)

        return hook

    hooks = [
        module.register_forward_hook(watch(path))
        for path, module in model.named_modules()
        if isinstance(module, QUANTIZABLE)
    ]
    try:
        with torch.no_grad():
            for batch in images.batches(preprocessing, BATCH):
                model(torch.from_numpy(batch))
                on_images(len(batch))
    finally:
        for hook in hooks:
            hook.remove()
    return Ranges(
        {
            path: ModuleRange(seen_in.range(), seen_out.range())
            for path, (seen_in, seen_out) in watched.items()
        },
        digest=calibration_digest(model, images, preprocessing, observer),
        observer=observer,
        images=len(images),
    )


def calibration_digest(
    model: nn.Module, images: DecodedImages, preprocessing: Preprocessing, observer: str
) -> str:
    """SHA-256 of all that ranges depend on, in hex."""
    digest = hashlib.sha256()
    for key, value in model.state_dict().items():
        digest.update(f"{key} {tuple(value.shape)} {value.dtype}\n".encode())
        digest.update(value.contiguous().numpy().tobytes())
    digest.update(images.digest.encode())
    digest.update(json.dumps(preprocessing.to_dict(), sort_keys=True).encode())
    digest.update(observer.encode())
    return digest.hexdigest()
