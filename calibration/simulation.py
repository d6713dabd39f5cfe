"""Quantization simulated in the eager model, to judge a recipe without converting it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .affine import AffineParameters, affine_parameters, rounded_weights
from .ranges import Ranges

STATIC_BITS = {"int8": 8, "w8a16": 16}
"""Bits of activations that are rounded with scales known before."""


@contextlib.contextmanager
def simulated(
    model: nn.Module, ranges: Ranges | None, precisions: Mapping[str, str]
) -> Iterator[None]:
    """Lets a model compute as if it were quantized, for as long as the context lasts.

    Weights, and the inputs and outputs of the ops, are rounded as the kernels round them; what
    is between them is computed in float, as it is in the exported files.

    Args:
        model: The rewritten eager model; it is changed in place and restored at the end.
        ranges: Activation ranges; needed where an op is static.
        precisions: By module path; ops that are not named stay in float32.
    """
    modules = dict(model.named_modules())
    weights: list[tuple[nn.Module, Tensor]] = []
    hooks: list[RemovableHandle] = []
    try:
        for path, precision in precisions.items():
            module = modules[path]
            if precision == "fp32":
                continue
            weight = module.weight
            assert isinstance(weight, Tensor)
            weights.append((module, weight.detach().clone()))
            weight.data = _stored(module, weight.data, precision)
            if precision in STATIC_BITS:
                assert ranges is not None
                bits = STATIC_BITS[precision]
                before = affine_parameters(*ranges.modules[path].input, bits=bits)
                after = affine_parameters(*ranges.modules[path].output, bits=bits)
                hooks.append(module.register_forward_pre_hook(_rounds_input(before.rounded)))
                hooks.append(module.register_forward_hook(_rounds_output(after)))
            elif precision == "int8-dynamic":
                hooks.append(module.register_forward_pre_hook(_rounds_input(rounded_by_image)))
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for module, original in weights:
            assert isinstance(module.weight, Tensor)
            module.weight.data = original


def _stored(module: nn.Module, weight: Tensor, precision: str) -> Tensor:
    """Weights as a file of that precision stores them."""
    if precision == "fp16":
        return weight.half().to(weight.dtype)
    return rounded_weights(weight, axis=1 if isinstance(module, nn.ConvTranspose2d) else 0)


def _rounds_input(
    rounded: Callable[[Tensor], Tensor],
) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    return lambda _, inputs: (rounded(inputs[0]), *inputs[1:])


def _rounds_output(
    parameters: AffineParameters,
) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]:
    return lambda _, inputs, output: parameters.rounded(output)


def rounded_by_image(values: Tensor) -> Tensor:
    """Values [N, ...] in 8 bits, with a scale and zero point for each image."""
    images = [
        affine_parameters(image.min().item(), image.max().item()).rounded(image) for image in values
    ]
    return torch.stack(images)
