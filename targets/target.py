"""Where files can be run: here, on a GPU, on emulated processors, on other machines."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..artifact.formats import BY_SUFFIX
from ..artifact.preprocessing import Preprocessing
from ..errors import TargetError
from ..progress import Progress
from ..runtime.work.job import Ran


@dataclasses.dataclass(frozen=True)
class Work:
    """Files that a target is to run.

    Attributes:
        files: The files.
        pixels: uint8 [N, H, W, 3], resized and cropped.
        preprocessing: Normalises them.
        threads: Of each runtime.
    """

    files: Sequence[Path]
    pixels: NDArray[np.uint8]
    preprocessing: Preprocessing
    threads: int = 1

    @property
    def inferences(self) -> int:
        """Images of all files together."""
        return len(self.files) * len(self.pixels)


@dataclasses.dataclass(frozen=True)
class TargetRun:
    """Files that a target ran.

    Attributes:
        machine: What it is.
        ran: What became of each file, in the order asked for.
    """

    machine: dict[str, str]
    ran: tuple[Ran, ...]


class Target(abc.ABC):
    """A place that runs files.

    Attributes:
        scheme: What its name begins with, such as ``arm``.
        name: As it is written on a command line, such as ``arm:cortex-a76``.
        half: Whether it may round float32 files to half precision.
    """

    scheme: ClassVar[str]
    name: str
    half: bool = False

    def refusal(self, path: Path) -> str | None:
        """Why it does not take a file, or None where it does."""
        row = BY_SUFFIX.get(path.suffix)
        return row.refusals.get(self.scheme) if row else None

    @abc.abstractmethod
    def run(self, work: Work, progress: Progress) -> TargetRun:
        """Runs files, none of which it refuses.

        Raises:
            LabError: The laboratory that it needs is missing.
            TargetError: It cannot be reached, or failed as a whole.
        """

    def values(self, path: Path, images: NDArray[np.float32]) -> list[NDArray[Any]]:
        """Every value of a file as the target computes it, in the order of its ops' outputs.

        Args:
            path: The file.
            images: Normalised float32 [batch, 3, H, W].

        Raises:
            TargetError: The target, or the file's format, does not show them.
        """
        raise TargetError(f"{self.name} shows no values")
