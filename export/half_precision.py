"""A model that computes in half precision."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from ..errors import UsageError


class HalfPrecision(nn.Module):
    """Computes in float16 between a float32 input and a float32 output.

    Args:
        model: Rewritten for a format; a copy of it is taken.
        float32_modules: Paths of modules that compute in float32 all the same.

    Raises:
        UsageError: The model has no such module.
    """

    def __init__(self, model: nn.Module, float32_modules: Sequence[str] = ()) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).half().eval()
        for path in float32_modules:
            parent, _, name = path.rpartition(".")
            try:
                single = self.model.get_submodule(path)
            except AttributeError as error:
                raise UsageError(f"float32_modules: the model has no module {path!r}") from error
            setattr(self.model.get_submodule(parent), name, _SinglePrecision(single.float()))

    def forward(self, image: Tensor) -> Tensor | dict[str, Tensor]:
        given = self.model(image.half())
        if isinstance(given, Tensor):
            return self.to_single(given)
        return {name: self.to_single(values) for name, values in given.items()}

    def to_single(self, values: Tensor) -> Tensor:
        """An output in float32."""
        return values.float()


class _SinglePrecision(nn.Module):
    """Computes in float32 between a float16 input and a float16 output."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x.float()).half()
