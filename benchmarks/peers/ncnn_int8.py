"""ncnn's INT8 file from its float32 file, as its tools ncnn2table and ncnn2int8 would write it.

A file is a text of layers, and a binary of their weights in the same order: those of convolutions
and inner products behind a tag that tells their type, all others bare float32. These layers are
quantized, symmetric, by the largest magnitude: weights for each output channel, inputs as a whole.
Transposed convolutions have no INT8 form in ncnn.

The tools give 3x3 weights of stride 1 only 6 bits, by which Winograd's form does not overflow. Here
all have 8, and convolutions say for themselves that they do without Winograd.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

INT8_TAG = 0x000D4B38
FLOAT_TAG = 0

INT8_SCALE_TERM = "8"
"""The parameter that says that scales follow the weights."""

NO_WINOGRAD = "31=64"
"""A layer's own option."""

LARGEST = 127


@dataclasses.dataclass(frozen=True)
class Layer:
    """A line of the text.

    Attributes:
        kind: Such as ``Convolution``.
        name: Of this layer.
        inputs: Names of what it takes.
        line: All of it.
        parameters: By their numbers.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    line: str
    parameters: Mapping[int, str]

    @property
    def quantizable(self) -> bool:
        """Whether ncnn has an INT8 form of it."""
        return self.kind in ("Convolution", "ConvolutionDepthWise", "InnerProduct")

    def number(self, key: int, default: int = 0) -> int:
        """A parameter that is an integer."""
        return int(self.parameters.get(key, default))


def read_layers(text: str) -> list[Layer]:
    """The layers of a file's text, in order."""
    return [_layer(line) for line in text.splitlines()[2:]]


def _layer(line: str) -> Layer:
    kind, name, taken, given, *rest = line.split()
    names = int(taken) + int(given)
    pairs = (part.split("=", 1) for part in rest[names:])
    parameters = {int(key): value for key, value in pairs}
    return Layer(kind, name, tuple(rest[: int(taken)]), line, parameters)


def quantized(text: str, weights: bytes, largest: Mapping[str, float]) -> tuple[str, bytes]:
    """The text and the weights of the INT8 file.

    Args:
        text: Of the float32 file.
        weights: Likewise, all in float32.
        largest: The largest magnitude of each quantized layer's input, by the layer's name.

    Raises:
        ValueError: The weights are not those of the text.
    """
    lines, parts, rest = text.splitlines()[:2], [], memoryview(weights)
    for layer in read_layers(text):
        arrays = []
        for size, tagged in _arrays_of(layer):
            array, rest = _taken(rest, size, tagged)
            arrays.append(array)
        if layer.name in largest:
            winograd = [NO_WINOGRAD] if layer.kind == "Convolution" else []
            scale_term = f"{INT8_SCALE_TERM}={_scale_term(layer)}"
            lines.append(" ".join([layer.line, scale_term, *winograd]))
            parts += _quantized_arrays(layer, arrays, largest[layer.name])
        else:
            lines.append(layer.line)
            sizes = _arrays_of(layer)
            for array, (_, tagged) in zip(arrays, sizes, strict=True):
                parts += [_tag(FLOAT_TAG)] if tagged else []
                parts.append(array.tobytes())
    if len(rest):
        raise ValueError(f"{len(rest)} bytes of ncnn's weights belong to no layer")
    return "\n".join([*lines, ""]), b"".join(parts)


def _arrays_of(layer: Layer) -> Iterator[tuple[int, bool]]:
    """Sizes of a layer's arrays in the binary, and whether a tag stands before each."""
    match layer.kind:
        case "Convolution" | "ConvolutionDepthWise" | "Deconvolution":
            yield layer.number(6), True
            if layer.number(5):
                yield layer.number(0), False
        case "InnerProduct":
            yield layer.number(2), True
            if layer.number(1):
                yield layer.number(0), False
        case "GroupNorm" if layer.number(3, 1):
            yield from ((layer.number(1), False),) * 2
        case "LayerNorm" if layer.number(2, 1):
            yield from ((layer.number(0), False),) * 2


def _taken(rest: memoryview, size: int, tagged: bool) -> tuple[NDArray[np.float32], memoryview]:
    if tagged:
        (tag,) = np.frombuffer(rest[:4], np.uint32)
        if tag != FLOAT_TAG:
            raise ValueError(f"ncnn's weights have the tag {tag:#x} where float32 was expected")
        rest = rest[4:]
    return np.frombuffer(rest[: 4 * size], np.float32), rest[4 * size :]


def _scale_term(layer: Layer) -> int:
    """As ncnn2int8 writes it."""
    return 1 if layer.kind == "ConvolutionDepthWise" else 2


def _quantized_arrays(
    layer: Layer, arrays: list[NDArray[np.float32]], largest: float
) -> list[bytes]:
    """A layer's weights, what is added, and the scales: of each channel, and of the input."""
    weights, *bias = arrays
    rows = weights.reshape(layer.number(0), -1)
    scales = LARGEST / np.abs(rows).max(axis=1)
    values = np.rint(rows * scales[:, None]).astype(np.int8).tobytes()
    padding = bytes(-len(values) % 4)
    tail = [*bias, scales, np.array([LARGEST / largest])]
    floats = [array.astype(np.float32).tobytes() for array in tail]
    return [_tag(INT8_TAG), values + padding, *floats]


def _tag(value: int) -> bytes:
    return np.uint32(value).tobytes()
