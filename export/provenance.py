"""Where the nodes of a graph came from, kept once instead of in each of them.

It leans on how PyTorch keeps that; with another version nodes keep their copies.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterator
from typing import Any

from torch.fx import traceback

VERSION = "2.13.0"
"""The version of PyTorch that this module was written for."""


@contextlib.contextmanager
def shared_provenance() -> Iterator[None]:
    """Lets nodes share the history of those that they were made from, for the block's duration.

    PyTorch copies it, with all that it holds, for every node of every graph that is traced, and a
    conversion traces a graph dozens of times: 18 % of an ExecuTorch export's profile were these
    copies. Nothing changes an entry once it is made, so that one serves all of them.
    """
    if importlib.metadata.version("torch").partition("+")[0] != VERSION:
        yield
        return
    source: Any = traceback.NodeSource
    source.__deepcopy__ = lambda self, memo: self
    try:
        yield
    finally:
        del source.__deepcopy__
