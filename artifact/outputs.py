"""What a model or a file gives for images, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckError

Outputs = Mapping[str, NDArray[np.float32]]
"""float32 [N, ...] by output's name, for N images."""


def output_of(outputs: Outputs, name: str) -> NDArray[np.float32]:
    """One of the outputs.

    Raises:
        CheckError: There is none of that name.
    """
    if name not in outputs:
        raise CheckError(f"output {name!r} is missing among {', '.join(outputs) or 'none'}")
    return outputs[name]


def part_of(outputs: Outputs, chosen: slice | NDArray[np.integer[Any]]) -> Outputs:
    """The outputs for some of the images, by a slice or by their numbers."""
    return {name: values[chosen] for name, values in outputs.items()}


def joined(parts: Sequence[Outputs]) -> Outputs:
    """Outputs for the images of several, of which there is at least one, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def count_of(outputs: Outputs) -> int:
    """For how many images outputs are."""
    return len(next(iter(outputs.values())))
