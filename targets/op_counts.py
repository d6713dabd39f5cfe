"""The instructions of a file's ops, by a profiler whose clock tells instructions."""

from __future__ import annotations

import dataclasses

from ..runtime.profile import Profile

_EACH_MILLISECOND = 1000
"""Instructions for which the clock goes on by a millisecond; see ``instruction_counter.c``."""


@dataclasses.dataclass(frozen=True)
class OpCount:
    """An op's instructions.

    Attributes:
        kind: What it does, in the words of what ran it.
        name: Which one it is.
        instructions: Of one inference.
    """

    kind: str
    name: str
    instructions: int


@dataclasses.dataclass(frozen=True)
class OpCounts:
    """The instructions of a file's ops.

    Attributes:
        runtime: What ran it.
        ops: In the order in which they ran.
        missing: Why there are none, or None where there are.
    """

    runtime: str
    ops: tuple[OpCount, ...]
    missing: str | None = None


def counts_of(profile: Profile) -> OpCounts:
    """What a profile counts that was taken by a clock that tells instructions."""
    ops = tuple(
        OpCount(op.kind, op.name, round(op.milliseconds * _EACH_MILLISECOND)) for op in profile.ops
    )
    return OpCounts(profile.runtime, ops, profile.missing)
