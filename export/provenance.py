"""Where the nodes of a graph came from, kept once instead of in each of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from torch.fx import traceback


@contextlib.contextmanager
def shared_provenance() -> Iterator[None]:
    """Lets nodes share the history of those that they were made from, for the block's duration.

    PyTorch copies it, with all that it holds, for every node of every graph that is traced, and a
    conversion traces a graph dozens of times: 18 % of an ExecuTorch export's profile were these
    copies. Nothing changes an entry once it is made, so that one serves all of them.
    """
    source: Any = traceback.NodeSource
    source.__deepcopy__ = lambda self, memo: self
    try:
        yield
    finally:
        del source.__deepcopy__
