"""What ops of different formats have in common, told from what they are called."""

from __future__ import annotations

import enum
import re


class Family(enum.Enum):
    """What an op does, whatever its format calls it."""

    KEEP = enum.auto()
    """Leaves values as they are, up to their type and order."""
    PRODUCT = enum.auto()
    """Multiplies with weights, or two matrices."""
    MULTIPLY = enum.auto()
    ADD = enum.auto()
    SUBTRACT = enum.auto()
    MEAN = enum.auto()
    SOFTMAX = enum.auto()
    GELU = enum.auto()
    RSQRT = enum.auto()
    SLICE = enum.auto()
    PAD = enum.auto()
    OTHER = enum.auto()


_PATTERNS = (
    (
        "quantize|convert|cast|transpose|permute|reshape|view|squeeze|flatten|clone|identity",
        Family.KEEP,
    ),
    ("conv|gemm|linear|fullyconnected|matmul|matrixmultiply|mm$", Family.PRODUCT),
    ("softmax", Family.SOFTMAX),
    ("pad", Family.PAD),
    ("gelu", Family.GELU),
    ("rsqrt|reciprocalsquareroot", Family.RSQRT),
    ("mean|avgpool|averagepool", Family.MEAN),
    ("slice|narrow|split|chunk", Family.SLICE),
    ("squareddifference", Family.OTHER),
    ("sub", Family.SUBTRACT),
    ("^mul|^square$", Family.MULTIPLY),
    ("^add$", Family.ADD),
)
"""Of names in lower case with nothing but letters; the first that is found counts."""

_PRODUCTS_THAT_LOOK_LIKE_OTHERS = ("transposeconv", "convtranspose")


def family(kind: str) -> Family:
    """The family of a kind of op, such as ``CONV_2D`` or ``aten.convolution.default``."""
    name = kind.removeprefix("aten.").split(".")[0] if kind.startswith("aten.") else kind
    letters = re.sub("[^a-z]", "", name.lower())
    if letters.startswith(_PRODUCTS_THAT_LOOK_LIKE_OTHERS):
        return Family.PRODUCT
    for pattern, found in _PATTERNS:
        if re.search(pattern, letters):
            return found
    return Family.OTHER
