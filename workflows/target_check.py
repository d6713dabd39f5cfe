"""Running a bundle's files on targets, and judging what comes back."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ..artifact.outputs import Outputs
from ..artifact.preprocessing import Preprocessing
from ..artifact.results.verify import PlacedResult
from ..artifact.samples import Samples
from ..judging.links import HOST, Computed, Link, file_links, place_of
from ..judging.requirement import Requirement
from ..judging.verdict import failures_of
from ..progress import Progress
from ..runtime.work.job import FileAnswer, Ran
from ..targets.target import Target, Work
from ..tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Checked:
    """A file to be checked.

    Attributes:
        path: The file.
        precision: Of the file.
        undelegated_ops: Kinds of ops in it of which nobody expects a delegate to take one.
    """

    path: Path
    precision: str
    undelegated_ops: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Placed:
    """What became of one file on one target.

    Attributes:
        file: The file's name.
        target: The target's name.
        answer: What was said there; None where the target takes no such files.
        not_run: Why it was not run, or None.
        outputs: Its outputs for the target's images; None where it was not run.
    """

    file: str
    target: str
    answer: FileAnswer | None
    not_run: str | None
    outputs: Outputs | None

    @property
    def place(self) -> str:
        """What a link calls it."""
        return place_of(self.file, self.target)

    def record(self) -> PlacedResult:
        """The same as it is written."""
        # The answer's failure is why it was not run.
        answer = self.answer.model_dump(exclude={"failure"}) if self.answer else {}
        return PlacedResult(file=self.file, target=self.target, not_run=self.not_run, **answer)


@dataclasses.dataclass(frozen=True)
class TargetCheck:
    """What was found out on all targets.

    Attributes:
        machines: What each target is, by its name.
        placed: Every file on every target.
        links: Every comparison.
        failures: What does not hold besides links, a line each.
    """

    machines: dict[str, dict[str, str]]
    placed: tuple[Placed, ...]
    links: tuple[Link, ...]
    failures: tuple[str, ...]


def check_on_targets(
    task: Task,
    files: Sequence[Checked],
    targets: Sequence[Target],
    images: Samples,
    preprocessing: Preprocessing,
    requirements: Sequence[Requirement],
    *,
    elsewhere: int,
    trained: bool,
    threads: int,
    progress: Progress,
) -> TargetCheck:
    """Runs files on targets, compares what comes back, and holds it to what is required.

    Args:
        task: What the files are for.
        files: The files.
        targets: The host first.
        images: What they are compared on.
        preprocessing: Normalises the images.
        requirements: What each file's residency must be on each target that tells it.
        elsewhere: How many of the images are run on targets other than the host.
        trained: Whether the weights are trained.
        threads: Of each runtime.
        progress: Is told about each step.

    Raises:
        ArtifactError: A file cannot be run on the host.
        CheckError: Outputs cannot be compared.
        LabError: A target's laboratory is missing.
        TargetError: A target failed as a whole.
    """
    few = images.first(elsewhere)
    machines, placed = {}, []
    halves: set[str] = set()
    for target in targets:
        shown = images if target.name == HOST else few
        taken = [item.path for item in files if target.refusal(item.path) is None]
        work = Work(taken, shown.pixels, preprocessing, threads)
        for name, run in target.run_everywhere(work, progress).items():
            machines[name] = run.machine
            halves |= {name} if target.half else set()
            answers = dict(zip(taken, run.ran, strict=True))
            refused = {item.path: target.refusal(item.path) for item in files}
            placed += [
                _placed(item.path, name, answers.get(item.path), refused[item.path])
                for item in files
            ]
    links = []
    for item in files:
        computed = [
            Computed(item.path.name, item.precision, one.target, one.target in halves, one.outputs)
            for one in placed
            if one.file == item.path.name and one.outputs is not None
        ]
        links += file_links(task, computed, images, few, trained=trained)
    left = {item.path.name: item.undelegated_ops for item in files}
    failures = [line for one in placed for line in _failures(one, requirements, left[one.file])]
    return TargetCheck(machines, tuple(placed), tuple(links), tuple(failures))


def _placed(path: Path, target: str, ran: Ran | None, refusal: str | None) -> Placed:
    """What became of a file on a target, which did not run it where it takes no such files."""
    if ran is None:
        return Placed(path.name, target, None, refusal, None)
    return Placed(path.name, target, ran.answer, ran.answer.failure, ran.outputs)


def _failures(
    placed: Placed, requirements: Sequence[Requirement], undelegated: tuple[str, ...]
) -> list[str]:
    """What does not hold of a file on a target, besides its outputs."""
    answer = placed.answer
    if answer is None:
        return []
    where = f"{placed.file} on {placed.target}"
    lines = [f"{where}: {answer.failure}"] if answer.failure else []
    residency = answer.residency and answer.residency.without(undelegated)
    return lines + failures_of(where, None, None, residency, requirements)
