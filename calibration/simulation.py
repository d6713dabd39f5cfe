"""Quantization simulated in the eager model, to judge a recipe without converting it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .affine import AffineParameters, affine_parameters, rounded_bias, rounded_weights
from .dead_channels import lifted_weights
from .ranges import Ranges

STATIC_BITS = {"int8": 8, "w8a16": 16}
"""Bits of activations that are rounded with scales known before."""


@contextlib.contextmanager
def simulated(
    model: nn.Module,
    ranges: Ranges | None,
    precisions: Mapping[str, str],
    *,
    integer_biases: bool = True,
) -> Iterator[None]:
    """Lets a model compute as if it were quantized, for as long as the context lasts.

    Weights, biases, and the inputs and outputs of the ops are rounded as the kernels round them;
    what is between them is computed in float, as it is in the exported files.

    Args:
        model: The rewritten eager model; it is changed in place and restored at the end.
        ranges: Activation ranges; needed where an op is static.
        precisions: By module path; ops that are not named stay in float32.
        integer_biases: Whether static ops hold their biases in int32. A rounded bias moves an
            output by a fraction of a step, which now and then is the next step.
    """
    modules = dict(model.named_modules())
    originals: list[tuple[Tensor, Tensor]] = []
    hooks: list[RemovableHandle] = []
    try:
        for path, precision in precisions.items():
            module = modules[path]
            if precision == "fp32":
                continue
            originals += [(item, item.detach().clone()) for item in module.parameters()]
            if precision in STATIC_BITS:
                assert ranges is not None
                bits = STATIC_BITS[precision]
                before = affine_parameters(*ranges.modules[path].input, bits=bits)
                after = affine_parameters(*ranges.modules[path].output, bits=bits)
                if integer_biases:
                    _round_bias(module, before.scale)
                hooks.append(module.register_forward_pre_hook(_rounds_input(before.rounded)))
                hooks.append(module.register_forward_hook(_rounds_output(after)))
            elif precision == "int8-dynamic":
                hooks.append(module.register_forward_pre_hook(_rounds_input(rounded_by_image)))
            _round_weights(module, precision)
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for parameter, original in originals:
            parameter.data = original


def _round_bias(module: nn.Module, input_scale: float) -> None:
    """Rounds a bias, where there is one, after making room for it beside the weights."""
    if not isinstance(module.bias, Tensor):
        return
    assert isinstance(module.weight, Tensor)
    axis = _channel_axis(module)
    bias = module.bias.detach()
    lifted = lifted_weights(module.weight.detach().numpy(), bias.numpy(), input_scale, axis)
    module.weight.data = torch.from_numpy(lifted)
    module.bias.data = rounded_bias(bias, module.weight.detach(), input_scale, axis)


def _round_weights(module: nn.Module, precision: str) -> None:
    """Rounds weights as a file of that precision stores them."""
    weight = module.weight
    assert isinstance(weight, Tensor)
    if precision == "fp16":
        weight.data = weight.data.half().to(weight.dtype)
    else:
        weight.data = rounded_weights(weight.data, _channel_axis(module))


def _channel_axis(module: nn.Module) -> int:
    """The axis of a module's weights that its output channels lie along."""
    return 1 if isinstance(module, nn.ConvTranspose2d) else 0


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
