"""Writing FlatBuffers whose equal vectors are stored once."""

from __future__ import annotations

import hashlib
from typing import Any

import flatbuffers
from numpy.typing import NDArray


class SharingBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Writes a vector of numbers where it comes first, and later ones like it as references.

    A quantized TFLite file states a zero point of 64 bits for each channel of weights and biases,
    all of them 0: two bytes for each three of what it needs beside weights. The format asks for
    them, and takes one vector for many tensors.
    """

    def __init__(self, size: int = 1024) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: NDArray[Any]) -> int:  # noqa: N802 - the generated code's name
        """The offset of a vector that holds an array."""
        key = x.dtype.str, hashlib.sha256(x.tobytes()).digest()
        if key not in self._written:
            self._written[key] = int(super().CreateNumpyVector(x))
        return self._written[key]
