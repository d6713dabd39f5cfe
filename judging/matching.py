"""Which value of the eager model a file's value is, found by the values themselves.

Names say nothing: each converter makes its own, folds, fuses and reorders. What stays is what is
computed, up to the order of axes.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import operator
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..runtime.trace import Array, Trace, TracedOp
from ..tasks.closeness import sqnr
from .op_kind import Family, family

_PROBES = 1024
"""Elements that candidates are compared by before they are compared by all."""

_PROBE_MARGIN_DB = 10.0
"""What the figure of these may be below that of all."""

_FEW, _FEW_DB = 4, 45.0
"""So few elements must agree more closely: a norm's scalars are often near each other's."""

_FARTHEST = 32
"""No op of a file does more than so many of the reference's together."""

_MOST_AXES = 4
"""Beyond this, axes are taken in their own order only."""

_SAME_DB = 0.01
"""Closer than this two candidates are as good as each other, and the earlier one is taken."""


@dataclasses.dataclass(frozen=True)
class Partner:
    """A value of the reference beside a file's value.

    Attributes:
        name: What the reference calls it.
        value: It, in the shape and order of the file's value.
        sqnr_db: How closely the file's value follows it.
    """

    name: str
    value: NDArray[np.float32]
    sqnr_db: float


class ReferenceValues:
    """The values of a reference, to find partners among.

    Args:
        reference: The eager model's trace.
    """

    def __init__(self, reference: Trace) -> None:
        self._trace = reference
        self._producers = {name: op for op in reference.ops for name in op.outputs}
        self._bits: dict[str, int] = {}
        self._ancestry: dict[str, int] = {}
        self._by_size: dict[int, list[str]] = defaultdict(list)
        self._norms: dict[str, float] = {}
        self._closures: dict[int, int] = {}
        inputs = [name for op in reference.ops for name in op.inputs]
        roots = dict.fromkeys(name for name in inputs if name not in self._producers)
        for name in roots:
            self._add(name, ())
        for op in reference.ops:
            for name in op.outputs:
                self._add(name, op.inputs)

    def _add(self, name: str, inputs: tuple[str, ...]) -> None:
        bit = 1 << len(self._bits)
        self._bits[name] = bit
        self._ancestry[name] = bit
        for taken in inputs:
            self._ancestry[name] |= self._ancestry[taken]
        value = self._trace.values.get(name)  # None for what is no tensor, such as a tuple
        if value is not None and value.dtype.kind == "f":
            self._by_size[value.size].append(name)
            self._norms[name] = float(np.linalg.norm(value.astype(np.float64)))

    def bit(self, name: str) -> int:
        """The number that stands for a value in sets of values."""
        return self._bits[name]

    def op(self, name: str) -> TracedOp | None:
        """The op that computes a value; None for the reference's input."""
        return self._producers.get(name)

    def size(self, name: str) -> int:
        """Number of elements of a value."""
        return self._trace.values[name].size

    def module_after(self, required: int) -> str | None:
        """The module of the first op that takes one of a set of values."""
        for op in self._trace.ops:
            if any(self._bits[name] & required for name in op.inputs):
                return op.module
        return None

    def find(self, value: Array, required: int, least_db: float) -> Partner | None:
        """The value that another one follows most closely.

        Args:
            value: Of the file.
            required: Set of values that the partner must depend on, or be.
            least_db: How closely it must be followed.

        Returns:
            None where none is followed so closely.
        """
        if value.dtype.kind != "f" or not np.isfinite(value).all():
            return None
        if value.size <= _FEW:
            least_db = max(least_db, _FEW_DB)
        best: Partner | None = None
        for name in self._candidates(value, required, least_db):
            found = self.compared(name, value, least_db)
            if found is None or found.sqnr_db < least_db:
                continue
            if best is None or found.sqnr_db > best.sqnr_db + _SAME_DB:
                best = found
        return best

    def counterparts(self, kind: Family, size: int, required: int) -> list[str]:
        """What a value could be by its place in the graph, the nearest first.

        Args:
            kind: What the op does that computed it.
            size: Its number of elements.
            required: Set of values that it depends on.

        Returns:
            Names of values that ops of the same family compute; of any, for those of none.
        """
        behind = self._behind(required)
        found: list[tuple[int, int, str]] = []
        for name in self._by_size[size]:
            op = self._producers.get(name)
            fits = op is not None and kind in (Family.OTHER, family(op.kind))
            if fits and not required & ~self._ancestry[name] and not self._bits[name] & behind:
                found.append(((self._ancestry[name] & ~behind).bit_count(), len(found), name))
        return [name for _, _, name in sorted(found)]

    def _behind(self, required: int) -> int:
        """A set of values with all that they were computed from."""
        if required not in self._closures:
            names = (name for name, bit in self._bits.items() if bit & required)
            ancestries = (self._ancestry[name] for name in names)
            self._closures[required] = functools.reduce(operator.or_, ancestries, 0)
        return self._closures[required]

    def _candidates(self, value: Array, required: int, least_db: float) -> Iterator[str]:
        """Those whose length allows that they are followed so closely.

        ``|r - v| >= | |r| - |v| |``, so that a difference of lengths bounds the SQNR.
        """
        norm = float(np.linalg.norm(value.astype(np.float64)))
        share = 10 ** (-least_db / 20)
        behind = self._behind(required)
        for name in self._by_size[value.size]:
            ancestry = self._ancestry[name]
            if required & ~ancestry or (ancestry & ~behind).bit_count() > _FARTHEST:
                continue
            if abs(self._norms[name] - norm) <= share * self._norms[name] + 1e-30:
                yield name

    def compared(self, name: str, value: Array, least_db: float = -math.inf) -> Partner | None:
        """A value of the reference beside a file's, in the order of axes that fits best.

        Returns:
            None where no order can reach ``least_db``.
        """
        reference = self._trace.values[name]
        flat = value.reshape(-1)
        probes = np.linspace(0, flat.size - 1, min(flat.size, _PROBES)).astype(np.int64)
        best: Partner | None = None
        for permuted in _orders(reference):
            probed = permuted[np.unravel_index(probes, permuted.shape)]
            if sqnr(probed, flat[probes]) < least_db - _PROBE_MARGIN_DB:
                continue
            ordered = permuted.reshape(value.shape)
            decibels = sqnr(ordered, value)
            if best is None or decibels > best.sqnr_db + _SAME_DB:
                best = Partner(name, ordered, decibels)
        return best


def _orders(value: Array) -> Iterator[Array]:
    """An array with its axes in every order, those of size 1 left out."""
    squeezed = value.reshape([size for size in value.shape if size > 1] or [1])
    if squeezed.ndim > _MOST_AXES:
        yield squeezed
        return
    for axes in itertools.permutations(range(squeezed.ndim)):
        yield squeezed.transpose(axes)
