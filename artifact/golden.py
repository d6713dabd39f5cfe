"""Golden vectors: inputs with the reference's outputs, by which any runtime can be checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtifactError, DataError
from ..process.limits import LARGEST_ARRAYS
from .arrays import read_arrays

COUNT = 8
"""How many inputs a bundle carries."""

PIXELS = "pixels"


@dataclasses.dataclass(frozen=True)
class GoldenVectors:
    """Inputs and the eager model's outputs.

    Attributes:
        pixels: uint8 [N, H, W, 3], at the network's size, before normalisation.
        outputs: float32 [N, ...] of the eager model in float32, by name.
    """

    pixels: NDArray[np.uint8]
    outputs: Mapping[str, NDArray[np.float32]]

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file: the pixels, and each output by its name."""
        with path.open("wb") as file:
            arrays: dict[str, Any] = {PIXELS: self.pixels, **self.outputs}
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> GoldenVectors:
        """Reads what :meth:`save` wrote.

        Raises:
            ArtifactError: The file is missing, damaged or holds other arrays.
        """
        try:
            outputs = read_arrays(path, LARGEST_ARRAYS)
            pixels = outputs.pop(PIXELS)
        except KeyError as error:
            raise ArtifactError(f"{path}: not a readable file of golden vectors") from error
        except DataError as error:
            raise ArtifactError(f"{error} (golden vectors)") from error
        if not _are_golden(pixels, outputs):
            raise ArtifactError(f"{path}: its golden vectors have unexpected shapes or types")
        return cls(pixels, outputs)


def _are_golden(pixels: NDArray[Any], outputs: Mapping[str, NDArray[Any]]) -> bool:
    """Whether arrays are images, and outputs for as many of them."""
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] != 3 or not outputs:
        return False
    return all(
        values.dtype == np.float32 and values.ndim > 1 and len(values) == len(pixels)
        for values in outputs.values()
    )
