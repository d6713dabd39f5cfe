"""Golden vectors: inputs with the reference's logits, by which any runtime can be checked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtifactError, DataError
from .arrays import read_arrays

COUNT = 8
"""How many inputs a bundle carries."""


@dataclasses.dataclass(frozen=True)
class GoldenVectors:
    """Inputs and the eager model's outputs.

    Attributes:
        pixels: uint8 [N, H, W, 3], resized and cropped, before normalisation.
        logits: float32 [N, K] of the eager model in float32.
    """

    pixels: NDArray[np.uint8]
    logits: NDArray[np.float32]

    def save(self, path: Path) -> None:
        """Writes an ``.npz`` file."""
        with path.open("wb") as file:
            np.savez_compressed(file, pixels=self.pixels, logits=self.logits)

    @classmethod
    def load(cls, path: Path) -> GoldenVectors:
        """Reads what :meth:`save` wrote.

        Raises:
            ArtifactError: The file is missing, damaged or holds other arrays.
        """
        try:
            arrays = read_arrays(path)
            vectors = cls(arrays["pixels"], arrays["logits"])
        except (DataError, KeyError) as error:
            raise ArtifactError(f"{path}: not a readable file of golden vectors") from error
        pixels, logits = vectors.pixels, vectors.logits
        if (
            pixels.dtype != np.uint8
            or pixels.ndim != 4
            or pixels.shape[3] != 3
            or logits.dtype != np.float32
            or logits.ndim != 2
            or len(pixels) != len(logits)
        ):
            raise ArtifactError(f"{path}: its golden vectors have unexpected shapes or types")
        return vectors
