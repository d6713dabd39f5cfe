"""What a file's ops multiply: their shapes, beside the names that XNNPACK's profilers have."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

Family = Literal["convolution", "transposed", "batched"]


@dataclasses.dataclass(frozen=True)
class Product:
    """An op that multiplies.

    Attributes:
        family: A convolution or a fully connected layer, for which XNNPACK takes the same kernels;
            a transposed convolution; or a product of matrices in batches.
        shape: Its kernel, stride, channels and positions, in words.
        macs: Multiply-accumulate operations.
    """

    family: Family
    shape: str
    macs: int


_FAMILIES: dict[str, Family] = {
    "Convolution": "convolution",
    "Fully Connected": "convolution",
    "Deconvolution": "transposed",
    "Batch Matrix Multiply": "batched",
}
"""By what XNNPACK's names for kinds of ops begin with."""


def products_by_op(kinds: Sequence[str], products: Sequence[Product]) -> list[Product | None]:
    """Which product each op of a profile is.

    XNNPACK may fuse and add ops, but computes what multiplies one by one and in the file's order.

    Args:
        kinds: What a profiler calls the ops, in the order in which they ran.
        products: The file's, likewise.

    Returns:
        One for each op, None where it multiplies nothing. All are None where the two lists do not
        fit each other, as where an op runs outside of XNNPACK.
    """
    families = [_family(kind) for kind in kinds]
    if [family for family in families if family] != [product.family for product in products]:
        return [None] * len(kinds)
    rest = iter(products)
    return [next(rest) if family else None for family in families]


def _family(kind: str) -> Family | None:
    return next((family for name, family in _FAMILIES.items() if kind.startswith(name)), None)


def convolution_shape(
    kernel: Sequence[int], strides: Sequence[int], channels: tuple[int, int], output: Sequence[int]
) -> str:
    """A convolution in words, such as ``3x3 s2, 16 to 64, 56x56``.

    Args:
        kernel: Its height and width.
        strides: Down and across.
        channels: Of its input and its output.
        output: Height and width of its output.
    """
    taken, given = channels
    stride = strides[0] if strides[0] == strides[1] else "x".join(map(str, strides))
    return f"{kernel[0]}x{kernel[1]} s{stride}, {taken} to {given}, {output[0]}x{output[1]}"


def matrix_shape(rows: int, depth: int, columns: int) -> str:
    """A product of matrices in words, such as ``49x16 by 16x49``."""
    return f"{rows}x{depth} by {depth}x{columns}"
