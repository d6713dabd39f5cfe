"""Instructions of any files on emulated processors."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..artifact.preprocessing import Preprocessing
from ..artifact.results.bench import CountResult, CountsResult
from ..errors import ArtifactError
from ..progress import QUIET, Progress
from ..runtime.formats import format_of
from ..runtime.images import image_input
from ..runtime.measure.instructions import InstructionCount
from ..targets.registry import open_target, target_names
from ..targets.target import Target


@dataclasses.dataclass(frozen=True)
class Counted:
    """A file's instructions on one processor.

    Attributes:
        path: The file.
        target: The processor's name as a target.
        count: Of one inference of its batch, on one thread.
        ratio: To the first file's on the same processor.
    """

    path: Path
    target: str
    count: InstructionCount
    ratio: float

    def record(self) -> CountResult:
        """The same as it is written."""
        return CountResult(
            path=str(self.path),
            target=self.target,
            instructions=self.count.all,
            classes=self.count.classes,
            ratio=self.ratio,
        )


def counts_record(counted: Sequence[Counted]) -> CountsResult:
    """Files' instructions as they are written."""
    return CountsResult(instructions=tuple(one.record() for one in counted))


def count_instructions(
    files: Sequence[str | Path],
    *,
    on: str | Sequence[str],
    progress: Progress = QUIET,
) -> list[Counted]:
    """Counts the instructions of files with an image of noise.

    Kernels take the same path whatever the values, so that the image does not matter.

    Args:
        files: Files of any formats that run on ARM.
        on: The processors, such as ``arm:cortex-a76``; several, or a text of several with commas.
        progress: Is told about each step.

    Raises:
        ArtifactError: A file cannot be run there.
        LabError: The laboratory is missing.
        TargetError: A processor cannot be counted.
    """
    paths, targets = (
        [Path(file) for file in files],
        [open_target(name) for name in target_names(on)],
    )
    for target in targets:
        target.check_counting()
        for path in paths:
            if reason := target.refusal(path):
                raise ArtifactError(f"{path}: cannot be counted on {target.name}: {reason}")
    found = []
    for target in targets:
        first = None
        for path in paths:
            count = _count(path, target, progress)
            first = first or count.all
            found.append(Counted(path, target.name, count, count.all / first))
    return found


def _count(path: Path, target: Target, progress: Progress) -> InstructionCount:
    inputs, _ = format_of(path).tensors(path)
    image = image_input(inputs)
    # Files that take no image are run by noise, whatever pixels they are sent.
    height, width = (image.height, image.width) if image else (1, 1)
    pixels = np.random.default_rng(0).integers(0, 256, (1, height, width, 3), np.uint8)
    preprocessing = Preprocessing(size=(height, width))
    (count,) = target.count([path], pixels, preprocessing, progress=progress)
    if isinstance(count, str):
        raise ArtifactError(count)
    return count
