"""The chain from the eager model to every place that runs a file, with a verdict on each link.

eager -> rewritten for its target -> the file here -> the file on each other target, and the eager
model straight to the file on each target. Links between targets hold what the same file may differ
by on other kernels; links from the model hold what its precision promises.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from ..artifact.manifest import HalfPrecision, Parity
from ..artifact.outputs import Outputs, count_of, part_of
from ..artifact.results.verify import EdgeResult, LinkResult
from ..artifact.samples import Samples
from ..artifact.truth import Truths
from ..tasks.task import Task
from .culprit import Culprit
from .promise import REWRITTEN_DB, Promise, promise_of, same_file_db
from .verdict import half_place

EAGER = "eager"
"""The name of the eager model among the files."""

HOST = "host"
"""The name of this machine's processor among the targets."""


@dataclasses.dataclass(frozen=True)
class Edge:
    """Outputs of two for the same images, compared; the first is the reference."""

    first: str
    second: str
    parity: Parity

    def record(self) -> EdgeResult:
        """The same as it is written."""
        return EdgeResult(first=self.first, second=self.second, **dict(self.parity))


def edges(
    task: Task, outputs: Mapping[str, Outputs], truths: Truths | None, data: str
) -> list[Edge]:
    """Every pair of a mapping's outputs, in its order; pairs with other names are left out.

    Raises:
        CheckError: Outputs have other shapes, or are not finite.
    """
    return [
        Edge(first, second, task.compare(outputs[first], outputs[second], truths, data))
        for first, second in itertools.combinations(outputs, 2)
        if outputs[first].keys() == outputs[second].keys()
    ]


@dataclasses.dataclass(frozen=True)
class Link:
    """Two places where the same function is computed, compared.

    Attributes:
        first: The reference, such as ``eager`` or ``demo-int8.tflite on host``.
        second: What is held to it.
        parity: How closely it follows.
        least_db: The SQNR asked for; None where it is only reported.
        failure: Why it does not hold, or None.
        cause: What is known of why it does not, or None.
        culprit: The op to blame, where it was found.
    """

    first: str
    second: str
    parity: Parity
    least_db: float | None
    failure: str | None
    cause: str | None = None
    culprit: Culprit | None = None

    @property
    def complaint(self) -> str | None:
        """What does not hold and why, in a line; None if it holds."""
        if self.failure is None:
            return None
        return f"{self.second}: {self.failure}" + (f"; {self.cause}" if self.cause else "")

    def record(self) -> LinkResult:
        """The same as it is written."""
        return LinkResult(
            first=self.first,
            second=self.second,
            least_db=self.least_db,
            failure=self.failure,
            cause=self.cause,
            culprit=self.culprit.record() if self.culprit else None,
            **dict(self.parity),
        )


@dataclasses.dataclass(frozen=True)
class Computed:
    """One file's outputs from one target.

    Attributes:
        file: The file's name.
        precision: Of the file.
        target: The target's name.
        half: Whether the target itself may round to half precision.
        outputs: The outputs.
    """

    file: str
    precision: str
    target: str
    half: bool
    outputs: Outputs

    @property
    def place(self) -> str:
        """What a link calls it."""
        return place_of(self.file, self.target)


def place_of(file: str, target: str) -> str:
    """What a link calls a file on a target."""
    return f"{file} on {target}"


def rewritten_links(
    task: Task, eager: Outputs, rewritten: Mapping[str, Outputs], data: str
) -> list[Link]:
    """The links from the eager model to what it was rewritten to.

    Args:
        task: What the outputs mean.
        eager: The eager model's outputs.
        rewritten: Those of its rewrites, by format.
        data: What the images are.
    """
    return [
        _link(
            EAGER, f"rewritten for {name}", task.compare(eager, outputs, None, data), REWRITTEN_DB
        )
        for name, outputs in rewritten.items()
    ]


def half_links(halves: Mapping[str, HalfPrecision], promise: Promise) -> list[Link]:
    """The links from the eager model to files as they are in half precision.

    Args:
        halves: What was found out, by the files' names.
        promise: What such files keep.
    """
    return [
        Link(
            EAGER,
            half_place(file, half),
            half.parity,
            promise.least_db,
            promise.breach(half.parity),
            cause=half.culprit,
        )
        for file, half in halves.items()
        if half.parity
    ]


def file_links(
    task: Task, computed: Sequence[Computed], images: Samples, few: Samples, *, trained: bool
) -> list[Link]:
    """The links to one file on all targets.

    Args:
        task: What the outputs mean.
        computed: The file's outputs from each target: from the host, which is the first if it
            takes the file, for all images, and from the others for a few.
        images: All images.
        few: The first of them.
        trained: Whether the weights are trained.

    Raises:
        CheckError: Outputs have other shapes, or are not finite.
    """
    links = []
    host = computed[0] if computed and computed[0].target == HOST else None
    for item in computed:
        shown = images if item is host else few
        if shown.outputs is not None:
            reference = task.reference(shown.outputs, tuple(item.outputs))
            parity = task.compare(reference, item.outputs, shown.truths, shown.name)
            promise = promise_of(item.precision, half=item.half, trained=trained)
            links.append(Link(EAGER, item.place, parity, promise.least_db, promise.breach(parity)))
        if host and item is not host:
            links.append(_same_file(task, host, item, few, trained=trained))
    emulated = [item for item in computed if item.target.startswith("arm:")]
    links += [
        _same_file(task, one, other, few, trained=trained)
        for one, other in itertools.pairwise(emulated)
    ]
    return links


def _same_file(task: Task, one: Computed, other: Computed, few: Samples, *, trained: bool) -> Link:
    """The link between two targets that ran the same file."""
    outputs = part_of(one.outputs, slice(count_of(other.outputs)))
    parity = task.compare(outputs, other.outputs, few.truths, few.name)
    least = same_file_db(other.precision, half=other.half, trained=trained)
    return _link(one.place, other.place, parity, least)


def _link(first: str, second: str, parity: Parity, least: float | None) -> Link:
    failure = None
    if least is not None and parity.sqnr_db != "exact" and parity.sqnr_db < least:
        failure = f"{parity.sqnr_db:.1f} dB SQNR to {first}, below {least:g}"
    return Link(first, second, parity, least, failure)
