"""Running files of a search for the best recipe, which are still in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..artifact.outputs import Outputs
from ..artifact.pixel_file import Pixels

Choices = Mapping[str, Sequence[str]]
"""Precisions by kind of op."""


class Trials(Protocol):
    """Runs files of the target's format.

    Attributes:
        unit: What costs are counted in, such as ``ms``.
    """

    unit: str

    def costs(self, files: Mapping[str, bytes]) -> Mapping[str, float]:
        """What an inference of each file takes."""
        ...

    def outputs(self, file: bytes, pixels: Pixels) -> Outputs:
        """Outputs of a file for images, uint8 [N, H, W, 3]."""
        ...
