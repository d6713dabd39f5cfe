"""What the TFLite quantizer gets wrong, repaired.

All of it leans on the quantizer's private parts. In ai-edge-quantizer 0.10.0 a constant that
several ops take, each in its own precision, is copied under a name that is text, where all other
names are bytes; casting the copy back fails on that. A head that runs on every level of a pyramid
has such constants as soon as two levels differ.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterator
from typing import Any

from ...errors import MissingDependencyError

VERSION = "0.10.0"
"""The version of ai-edge-quantizer that this module was written for."""


@contextlib.contextmanager
def repaired() -> Iterator[None]:
    """Names copies as other tensors are named, for the block's duration.

    Raises:
        MissingDependencyError: The quantizer is of another version.
    """
    version = importlib.metadata.version("ai-edge-quantizer")
    if version != VERSION:
        raise MissingDependencyError(
            f"quantizing for TFLite needs ai-edge-quantizer {VERSION}, and {version} is installed;"
            " install the extra tflite"
        )
    from ai_edge_quantizer.transformations import duplicate_tensor

    copies = duplicate_tensor.duplicate_tensor

    def named_copy(given: Any) -> Any:
        made = copies(given)
        tensor = given.subgraph.tensors[made.output_tensor_id]
        if isinstance(tensor.name, str):
            tensor.name = tensor.name.encode()
        return made

    duplicate_tensor.duplicate_tensor = named_copy
    try:
        yield
    finally:
        duplicate_tensor.duplicate_tensor = copies
