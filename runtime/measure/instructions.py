"""Marks in a program's run, for the laboratory's instruction counter."""

from __future__ import annotations

import ctypes
import dataclasses

_MARK = 5000
"""A system call that does not exist; see ``lab/native/instruction_counter.c``."""

BEFORE = 0
"""The label of a mark before an inference; the one after it has the inference's number, from 1."""


_system_call = ctypes.CDLL(None).syscall
_system_call.argtypes = [ctypes.c_long, ctypes.c_long]


def mark(label: int) -> None:
    """Has the counter write down what was executed since the last mark; nothing without one."""
    _system_call(_MARK, label)


@dataclasses.dataclass(frozen=True)
class InstructionCount:
    """Instructions of one inference.

    Attributes:
        all: All of them.
        classes: Of each class, such as ``dot-product`` and ``load-store``.
    """

    all: int
    classes: dict[str, int]


def read_counts(text: str) -> list[InstructionCount]:
    """Counts of each inference, in the order in which they were marked.

    Args:
        text: What the counter wrote: lines such as ``1 all=86000000 fp32-fma=0``.

    Raises:
        ValueError: It was not written by the counter.
    """
    counts = []
    for line in text.splitlines():
        label, *pairs = line.split()
        values = {name: int(value) for name, value in (pair.split("=") for pair in pairs)}
        if int(label) != BEFORE:
            counts.append(InstructionCount(values.pop("all"), values))
    return counts
