"""Which ops of a file the instructions go to, on emulated processors."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ..artifact.results.bench import AllCountedOpsResult, CountedOpsResult, OpGroupResult
from ..progress import Progress
from ..runtime.formats import format_of
from ..runtime.products import Product, products_by_op
from ..runtime.profile import Profile
from ..targets.op_counts import OpCounts
from ..targets.registry import open_target
from ..targets.target import Target
from .count import count_instructions
from .profile import profile_files

THREADS = 1
"""That instructions are counted with, and milliseconds beside them taken."""


@dataclasses.dataclass(frozen=True)
class OpGroup:
    """All ops of a kind and a shape.

    Attributes:
        kind: What they do, in the words of what ran them.
        shape: What they multiply, where that is known.
        ops: How many they are.
        instructions: All together.
        macs: Multiply-accumulate operations of all together, where they are known.
        milliseconds: Of the same ops on this machine, where they were timed there.
    """

    kind: str
    shape: str | None
    ops: int
    instructions: int
    macs: int | None
    milliseconds: float | None


@dataclasses.dataclass(frozen=True)
class CountedOps:
    """The instructions of a file's ops on one processor.

    Attributes:
        path: The file.
        target: The processor's name as a target.
        runtime: What ran it.
        instructions: Of one inference, counted without a profiler.
        groups: Its ops, those with the most instructions first.
        missing: Why there are none, or None where there are.
    """

    path: Path
    target: str
    runtime: str
    instructions: int
    groups: tuple[OpGroup, ...]
    missing: str | None = None

    @property
    def of_ops(self) -> int:
        """Instructions of all ops together, as the runtime's profiler bounds them."""
        return sum(group.instructions for group in self.groups)

    def share(self, group: OpGroup) -> float:
        """A group's part of all ops' instructions, between 0 and 1."""
        return group.instructions / self.of_ops if self.of_ops else 0.0

    def record(self) -> CountedOpsResult:
        """The same as it is written."""
        return CountedOpsResult(
            path=str(self.path),
            target=self.target,
            runtime=self.runtime,
            missing=self.missing,
            instructions=self.instructions,
            of_ops=self.of_ops,
            groups=tuple(
                OpGroupResult(
                    kind=group.kind,
                    shape=group.shape,
                    ops=group.ops,
                    instructions=group.instructions,
                    share=self.share(group),
                    macs=group.macs,
                    ms=group.milliseconds,
                )
                for group in self.groups
            ),
        )


@dataclasses.dataclass(frozen=True)
class AllCountedOps:
    """Files' ops on processors.

    Attributes:
        machine: What milliseconds were taken on; None where none were.
        files: One for each file and processor.
    """

    machine: dict[str, str] | None
    files: tuple[CountedOps, ...]

    def record(self) -> AllCountedOpsResult:
        """The same as it is written."""
        return AllCountedOpsResult(
            machine=self.machine, op_instructions=tuple(file.record() for file in self.files)
        )


def count_ops(
    paths: Sequence[Path],
    *,
    on: Sequence[str],
    timed_on: Target | None,
    runs: int,
    progress: Progress,
) -> AllCountedOps:
    """Counts the instructions of each op of files.

    Args:
        paths: Files of any formats that run on ARM.
        on: The processors, such as ``arm:cortex-a76``.
        timed_on: Where the ops are timed too, if they are to be.
        runs: How often each file is timed.
        progress: Is told about each step.

    Raises:
        ArtifactError: A file cannot be run there.
        LabError: The laboratory is missing.
        TargetError: A processor cannot be counted.
    """
    whole = count_instructions(paths, on=on, progress=progress)
    timed = profile_files(paths, [THREADS], runs, timed_on, progress) if timed_on else None
    times = {file.path: file.profile for file in timed.files} if timed else {}
    found = []
    for one in whole:
        counts = open_target(one.target).count_ops(one.path, progress=progress)
        groups = _groups(_products(one.path), counts, times.get(one.path))
        found.append(
            CountedOps(one.path, one.target, counts.runtime, one.count.all, groups, counts.missing)
        )
    return AllCountedOps(timed.machine if timed else None, tuple(found))


def _products(path: Path) -> list[Product]:
    read = format_of(path).products
    return read(path) if read else []


def _groups(
    products: Sequence[Product], counts: OpCounts, times: Profile | None
) -> tuple[OpGroup, ...]:
    """Ops of a kind and a shape together; the most instructions first."""
    found: dict[tuple[str, str | None], list[tuple[int, Product | None]]] = defaultdict(list)
    here = products_by_op([op.kind for op in counts.ops], products)
    for op, product in zip(counts.ops, here, strict=True):
        found[op.kind, product.shape if product else None].append((op.instructions, product))
    milliseconds = _milliseconds(products, times)
    groups = [
        OpGroup(
            kind=kind,
            shape=shape,
            ops=len(ops),
            instructions=sum(count for count, _ in ops),
            macs=sum(product.macs for _, product in ops if product) if shape else None,
            milliseconds=milliseconds.get(shape or kind),
        )
        for (kind, shape), ops in found.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.instructions))


def _milliseconds(products: Sequence[Product], times: Profile | None) -> dict[str, float]:
    """Times by shape, and by kind of what has none.

    For a shape XNNPACK may take a kernel of another kind on another processor.
    """
    found: dict[str, float] = defaultdict(float)
    if times:
        there = products_by_op([op.kind for op in times.ops], products)
        for op, product in zip(times.ops, there, strict=True):
            found[product.shape if product else op.kind] += op.milliseconds
    return dict(found)
