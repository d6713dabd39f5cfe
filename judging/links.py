"""The chain from the eager model to every place that runs a file, with a verdict on each link.

eager -> rewritten for its target -> the file here -> the file on each other target, and the eager
model straight to the file on each target. Links between targets hold what the same file may differ
by on other kernels; links from the model hold what its precision promises.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Parity
from ..artifact.results.verify import EdgeResult, LinkResult
from ..artifact.samples import Samples
from .culprit import Culprit
from .parity import compare
from .promise import REWRITTEN_DB, promise_of, same_file_db

EAGER = "eager"
"""The name of the eager model among the files."""

HOST = "host"
"""The name of this machine's processor among the targets."""


@dataclasses.dataclass(frozen=True)
class Edge:
    """Two sets of logits for the same images, compared; the first is the reference."""

    first: str
    second: str
    parity: Parity

    def record(self) -> EdgeResult:
        """The same as it is written."""
        return EdgeResult(first=self.first, second=self.second, **dict(self.parity))


def edges(
    logits: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int64] | None, data: str
) -> list[Edge]:
    """Every pair of a mapping's logits [N, K], in its order.

    Raises:
        CheckError: Logits have other shapes, or are not finite.
    """
    return [
        Edge(first, second, compare(logits[first], logits[second], labels, data))
        for first, second in itertools.combinations(logits, 2)
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
    """One file's logits from one target, float32 [N, K].

    Attributes:
        file: The file's name.
        precision: Of the file.
        target: The target's name.
        half: Whether the target itself may round to half precision.
        logits: The logits.
    """

    file: str
    precision: str
    target: str
    half: bool
    logits: NDArray[np.float32]

    @property
    def place(self) -> str:
        """What a link calls it."""
        return place_of(self.file, self.target)


def place_of(file: str, target: str) -> str:
    """What a link calls a file on a target."""
    return f"{file} on {target}"


def rewritten_links(
    eager: NDArray[np.float32], rewritten: Mapping[str, NDArray[np.float32]], data: str
) -> list[Link]:
    """The links from the eager model to what it was rewritten to.

    Args:
        eager: Logits [N, K].
        rewritten: Logits by export target.
        data: What the images are.
    """
    return [
        _link(EAGER, f"rewritten for {target}", compare(eager, logits, None, data), REWRITTEN_DB)
        for target, logits in rewritten.items()
    ]


def file_links(
    computed: Sequence[Computed], images: Samples, few: Samples, *, trained: bool
) -> list[Link]:
    """The links to one file on all targets.

    Args:
        computed: The file's logits from each target: from the host, which is the first if it
            takes the file, for all images, and from the others for a few.
        images: All images.
        few: The first of them.
        trained: Whether the weights are trained.

    Raises:
        CheckError: Logits have other shapes, or are not finite.
    """
    links = []
    host = computed[0] if computed and computed[0].target == HOST else None
    for item in computed:
        shown = images if item is host else few
        if shown.logits is not None:
            parity = compare(shown.logits, item.logits, shown.labels, shown.name)
            promise = promise_of(item.precision, half=item.half, trained=trained)
            links.append(Link(EAGER, item.place, parity, promise.least_db, promise.breach(parity)))
        if host and item is not host:
            links.append(_same_file(host, item, few, trained=trained))
    emulated = [item for item in computed if item.target.startswith("arm:")]
    links += [
        _same_file(one, other, few, trained=trained) for one, other in itertools.pairwise(emulated)
    ]
    return links


def _same_file(one: Computed, other: Computed, few: Samples, *, trained: bool) -> Link:
    """The link between two targets that ran the same file."""
    logits = one.logits[: len(other.logits)]
    parity = compare(logits, other.logits, few.labels, few.name)
    least = same_file_db(other.precision, half=other.half, trained=trained)
    return _link(one.place, other.place, parity, least)


def _link(first: str, second: str, parity: Parity, least: float | None) -> Link:
    failure = None
    if least is not None and parity.sqnr_db != "exact" and parity.sqnr_db < least:
        failure = f"{parity.sqnr_db:.1f} dB SQNR to {first}, below {least:g}"
    return Link(first, second, parity, least, failure)
