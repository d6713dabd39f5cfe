"""Running files on images part by part, and comparing what they give with the eager model.

Outputs of a part are dropped before the next one: a detector's for 5,000 images of 640 x 640 would
be 129 GB.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Loss, Parity
from ..artifact.outputs import Outputs, count_of, part_of
from ..artifact.pixel_file import part_of_pixels
from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..errors import CheckError
from ..progress import PartOfStep, Progress
from ..runtime.work.job import Ran
from ..targets.host import HostTarget
from ..targets.side_by_side import TOGETHER
from ..targets.target import Work
from ..tasks.parity_meter import ParityMeter
from ..tasks.task import Task
from .defaults import OUTPUT_BYTES

if TYPE_CHECKING:
    from ..export.eager import EagerModel

Reference = Callable[[slice], Outputs]
"""Gives the eager model's outputs for some of the images."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A file to be verified.

    Attributes:
        path: The file.
        reference: The float32 file that its latency is compared with, if there is one.
        not_run: Why it cannot be run here; None where it can.
        is_timed: Whether its time here says anything.
        images: How many of the samples it is run on; None for all.
    """

    path: Path
    reference: Path | None = None
    not_run: str | None = None
    is_timed: bool = True
    images: int | None = None


@dataclasses.dataclass(frozen=True)
class Unpruned:
    """What a pruned model's files are held to besides: the model as it was.

    Attributes:
        outputs: The eager model's, for all images.
        proof: Those of the images on which nothing was chosen.
    """

    outputs: Outputs
    proof: slice


@dataclasses.dataclass(frozen=True)
class Followed:
    """How a file follows the eager model.

    Attributes:
        runtime: What ran it.
        parity: How closely; None where it cannot be compared.
        loss: What it loses against the model as it was, of one that was pruned.
        failure: Why it cannot be compared, or None.
    """

    runtime: str | None
    parity: Parity | None = None
    loss: Loss | None = None
    failure: str | None = None


def eager_reference(eager: EagerModel, images: Samples, first: Outputs | None = None) -> Reference:
    """What gives the eager model's outputs for some of the images.

    Args:
        eager: The model, which runs when it is asked.
        images: The images.
        first: Its outputs for the first of them, where these are known.
    """
    known = count_of(first) if first else 0

    def outputs(part: slice) -> Outputs:
        if first and part.stop <= known:
            return part_of(first, part)
        return eager.outputs(part_of_pixels(images.pixels, part), lambda count: None)

    return outputs


def part_size(output_bytes: int, files: int) -> int:
    """How many images' outputs are compared at a time, of the eager model and of every file.

    Args:
        output_bytes: Of the model's outputs for one image.
        files: How many there are.
    """
    fitting = OUTPUT_BYTES // (output_bytes * (1 + files))
    return max(fitting // TOGETHER * TOGETHER, TOGETHER)


class ParityCheck:
    """Compares files with the eager model.

    Args:
        task: What the files are for.
        files: The files by name, of any format.
        images: What they are compared on.
        reference: Gives the eager model's outputs.
        preprocessing: Normalises the images.
        threads: Threads for each runtime.
        workers: How many processes share the images.
        size: Images whose outputs are compared at a time, see :func:`part_size`; all if None.
        unpruned: What a pruned model's files are held to besides.

    Attributes:
        files: The files by name.
        images: What they are compared on.
        preprocessing: Normalises the images.
        threads: Threads for each runtime.
    """

    def __init__(
        self,
        task: Task,
        files: Mapping[str, Candidate],
        images: Samples,
        reference: Reference,
        preprocessing: Preprocessing,
        *,
        threads: int = 1,
        workers: int = 1,
        size: int | None = None,
        unpruned: Unpruned | None = None,
    ) -> None:
        self.files, self.images = files, images
        self.preprocessing, self.threads = preprocessing, threads
        self._task, self._reference, self._workers = task, reference, workers
        self._size = size or len(images)
        self._unpruned = unpruned
        self._proof = np.arange(len(images))[unpruned.proof] if unpruned else np.arange(0)
        self._files = {name: item for name, item in files.items() if item.not_run is None}
        self._runtimes: dict[str, str | None] = {}
        self._failures: dict[str, str] = {}
        self._meters = {name: task.meter(images.name) for name in self._files}
        self._losses = {
            name: task.meter(images.name)
            for name, item in self._files.items()
            if unpruned and item.images is None
        }

    def run(self, progress: Progress) -> dict[str, Followed]:
        """How each file that can be run here follows the eager model, by name; told as one step."""
        if self._files:
            count = len(self.images)
            total = sum(min(item.images or count, count) for item in self._files.values())
            with progress.step("running on host", total) as advance:
                for start in range(0, count, self._size):
                    self._run_part(
                        start, min(start + self._size, count), PartOfStep(progress, advance)
                    )
        return {name: self._followed(name) for name in self._files}

    def arrays(self, name: str) -> dict[str, NDArray[Any]]:
        """What was counted of a file, see :meth:`.ParityMeter.arrays`."""
        return self._meters[name].arrays()

    def _run_part(self, start: int, end: int, progress: Progress) -> None:
        """Runs files on a part of the images; one that cannot be compared is run no further."""
        stops: dict[int, list[str]] = {}
        for name, item in self._files.items():
            stop = min(end, item.images or end)
            if stop > start and name not in self._failures:
                stops.setdefault(stop, []).append(name)
        if not stops:
            return
        expected = self._reference(slice(start, end))
        for stop, names in stops.items():
            paths = [self._files[name].path for name in names]
            pixels = part_of_pixels(self.images.pixels, slice(start, stop))
            work = Work(paths, pixels, self.preprocessing, self.threads)
            run = HostTarget(self._workers).run(work, progress)
            given = part_of(expected, slice(stop - start))
            for name, ran in zip(names, run.ran, strict=True):
                self._compare(name, ran, given, start, stop)

    def _compare(self, name: str, ran: Ran, expected: Outputs, start: int, stop: int) -> None:
        """Takes in what a file gave for a part of the images."""
        self._runtimes[name] = ran.answer.runtime
        if ran.outputs is None:
            self._failures[name] = f"{self._files[name].path.name}: {ran.answer.failure}"
            return
        try:
            self._add(self._meters[name], expected, ran.outputs, np.arange(start, stop), start)
            if name in self._losses and self._unpruned:
                proof = self._proof[(start <= self._proof) & (self._proof < stop)]
                expected = part_of(self._unpruned.outputs, proof)
                self._add(self._losses[name], expected, ran.outputs, proof, start)
        except CheckError as error:
            self._failures[name] = f"{self._files[name].path.name}: {error}"

    def _add(
        self,
        meter: ParityMeter,
        expected: Outputs,
        outputs: Outputs,
        numbers: NDArray[np.intp],
        start: int,
    ) -> None:
        """Compares a file's outputs for some of the images, whose numbers are given.

        Args:
            meter: Takes them in.
            expected: The model's outputs for these images.
            outputs: The file's, for all images from one on.
            numbers: Of the images.
            start: The number of the first that there are outputs of.

        Raises:
            CheckError: They cannot be compared.
        """
        if len(numbers):
            ours = part_of(outputs, numbers - start)
            reference = self._task.reference(expected, tuple(ours))
            meter.add(reference, ours, self.images.part(numbers).truths)

    def _followed(self, name: str) -> Followed:
        runtime, failure = self._runtimes.get(name), self._failures.get(name)
        if failure is None:
            try:
                parity = self._meters[name].parity()
                return Followed(runtime, parity, self._loss(name))
            except CheckError as error:
                failure = f"{self._files[name].path.name}: {error}"
        return Followed(runtime, failure=failure)

    def _loss(self, name: str) -> Loss | None:
        """What a pruned model's file loses against the model as it was."""
        meter = self._losses.get(name)
        return Loss(parity=meter.parity(), drop=meter.drop()) if meter else None
