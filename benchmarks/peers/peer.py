"""What every peer can do: make its files of the same weights, and run one on one thread.

Each peer is a module of this package, which imports that peer's own package only where it uses it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

SIZE = 224

GIVEN = "project-given"
"""The folder of what all files are made of: see :func:`.project.convert`."""


class Loaded(Protocol):
    """A file that is ready to run; one inference is :meth:`invoke`, as in our own runners."""

    def set_input(self, images: NDArray[np.float32]) -> None:
        """Sets the next inference's image, float32 [1, 3, H, W], normalised."""
        ...

    def invoke(self) -> None:
        """Runs one inference, to its end."""
        ...

    def output(self) -> NDArray[np.float32]:
        """The last inference's logits, float32 [1, K] or [K]."""
        ...


class Peer(Protocol):
    """A module of this package that is a peer."""

    def convert(self, what: str, files: Path, into: Path) -> None:
        """Makes files.

        Args:
            what: Which, such as ``int8``.
            files: The folder of all files, with those that were made before.
            into: An empty folder for these.
        """
        ...

    def load(self, path: Path, arithmetic: str) -> Loaded:
        """Opens a file for one thread.

        Args:
            path: The file.
            arithmetic: What is computed in where the file leaves that open: ``fp32``, ``bf16`` or
                ``fp16``.
        """
        ...


def peer_of(name: str) -> Peer:
    """The peer of a name: of this package's module."""
    module: Any = importlib.import_module(f".{name}", __package__)
    return cast(Peer, module)
