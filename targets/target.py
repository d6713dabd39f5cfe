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
from ..artifact.manifest import ArtifactRecord
from ..artifact.pixel_file import Pixels
from ..artifact.preprocessing import Preprocessing
from ..errors import TargetError, UsageError
from ..progress import Progress
from ..runtime.measure.instructions import InstructionCount
from ..runtime.trace import ExposedTracer
from ..runtime.work.fresh_process import Measured
from ..runtime.work.job import Ran
from ..runtime.work.request import Request
from .op_counts import OpCounts


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
    pixels: Pixels
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
        threads: Of each runtime, where its name says so; None where whoever asks does.
    """

    scheme: ClassVar[str]
    name: str
    half: bool = False
    threads: int | None = None

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

    def run_everywhere(self, work: Work, progress: Progress) -> dict[str, TargetRun]:
        """The same on all machines that a target stands for, by the names that they have."""
        return {self.name: self.run(work, progress)}

    def times(self, artifact: ArtifactRecord) -> bool:
        """Whether a bundle's file, where it is not refused, has a time here that says something."""
        return artifact.not_run is None and artifact.latency is not None

    def measure(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> Measured:
        """Has requests done by fresh processes, one after the other; told as one step.

        Raises:
            UsageError: No times can be taken here.
            TargetError: The target cannot be reached, or failed.
        """
        raise UsageError(
            f"{self.name}: times can be taken on host, on one ssh:HOST, on one phone as"
            " adb[:SERIAL] or in browsers as web, and instructions counted on arm:CPU; for parity"
            " on others there is lowformer-verify --on"
        )

    def measure_everywhere(
        self, requests: Sequence[Request], description: str, progress: Progress
    ) -> list[Measured]:
        """The same on all machines that a target stands for."""
        return [self.measure(requests, description, progress)]

    def check_counting(self) -> None:
        """Refuses to count instructions where that cannot be done, before anything is begun.

        Raises:
            UsageError: Instructions are not counted here.
            TargetError: The processor cannot be counted.
        """
        raise UsageError(f"{self.name}: instructions are counted on arm:CPU alone")

    def count(
        self,
        files: Sequence[Path],
        pixels: NDArray[np.uint8],
        preprocessing: Preprocessing,
        *,
        progress: Progress,
    ) -> list[InstructionCount | str]:
        """Instructions of one inference of each file on one thread, or why it could not be run.

        Args:
            files: The files.
            pixels: An image, uint8 [1, H, W, 3].
            preprocessing: Normalises it.
            progress: Is told about each step.

        Raises:
            UsageError: Instructions are not counted here.
            LabError: The laboratory is missing.
            TargetError: The processor cannot be counted.
        """
        self.check_counting()
        raise NotImplementedError

    def count_ops(self, path: Path, *, progress: Progress) -> OpCounts:
        """Instructions of each op of a file in one inference on one thread.

        Args:
            path: The file.
            progress: Is told about it as one step.

        Raises:
            ArtifactError: It cannot be run.
            UsageError: Instructions are not counted here.
            LabError: The laboratory is missing.
            TargetError: The processor cannot be counted.
        """
        self.check_counting()
        raise NotImplementedError

    def tracer(self, path: Path) -> ExposedTracer:
        """What reads the values of a file that this target shows, see :meth:`values`.

        Raises:
            ArtifactError: The file cannot be read.
            TargetError: The target shows no values.
        """
        raise TargetError(f"{self.name} shows no values")

    def values(self, path: Path, images: NDArray[np.float32]) -> list[NDArray[Any]]:
        """Every value of a file as the target computes it, in the order of its ops' outputs.

        Args:
            path: The file.
            images: Normalised float32 [batch, 3, H, W].

        Raises:
            TargetError: The target, or the file's format, does not show them.
        """
        raise TargetError(f"{self.name} shows no values")
