"""What the sums of products are kept in where half precision is computed."""

from __future__ import annotations

from typing import Literal, get_args

Accumulation = Literal["float16", "float32"]

ACCUMULATIONS: tuple[Accumulation, ...] = get_args(Accumulation)

DEFAULT_ACCUMULATION: Accumulation = "float16"
"""As GPUs and ARM's multiply-adds may have it."""
