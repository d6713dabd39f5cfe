"""The first op of a file that does not do what it should.

Every op is computed by itself from the *reference's* values, so that no error is inherited from
the ops before it. What it gives is looked for among the reference's values; where it is found, the
next ops take the reference's again. Values without a partner are no fault as long as what is
computed from them has one: a converter may take an op apart, or fuse several.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..artifact.results.verify import CulpritResult
from ..runtime.trace import FLOAT16_BITS, FLOAT32_BITS, Array, Trace, TracedOp, Tracer, Values
from ..tasks.closeness import cosine, sqnr
from .matching import Partner, ReferenceValues
from .op_kind import Family, family

LEAST_DB = {FLOAT32_BITS: 60.0, FLOAT16_BITS: 35.0}
"""How closely an op of so many bits follows the reference from equal inputs, if it is sound."""

_DB_PER_BIT, _LOST_DB = 3.0, 6.0
"""The same for fewer bits: half of what rounding to so many bits leaves, less a bit.

Sound ops of 8 bits reach 26 dB and more in the demo model, where 18 are asked for.
"""

_LOOSEST_DB = 6.0
"""Below this nothing counts as agreement, however coarse the quantization."""

_STEP_ALLOWANCE = 4.0
"""How much more noise a quantized value may bring than step^2 / 12, the noise of rounding."""

_LONGEST_NAME = 48
"""Characters."""

_LONGEST_REGION = 16
"""How many ops are named together at most."""

_NEAREST, _LEAST_LIKENESS = 8, 0.5
"""An op of no known family is compared with this many values that follow it in the reference; one
must point in the same direction, by its cosine."""

FLOATS_DB, HALF_DB = 60.0, 35.0
"""How closely two runtimes compute the same float value, in single and in half precision."""

_EQUAL_INPUTS_DB = 40.0
"""Inputs of two runtimes count as equal if they agree so much more closely than is asked for."""

STEPS = 2.0
"""Two computations of the same quantized value are this many steps apart at most."""


@dataclasses.dataclass(frozen=True)
class Culprit:
    """An op that does not do what the reference does.

    Attributes:
        kind: What it is called in its format, such as ``CONV_2D``.
        name: What the file calls it.
        module: Path of the eager module that it came from, where that is known.
        sqnr_db: How closely it follows the reference; None where nothing is there to compare.
        max_difference: Its largest difference from the reference, likewise.
        equal_inputs: Whether that is its own error, from the reference's inputs.
        among: Names of the ops that the fault lies among, where values between them have no
            counterpart; the first of them is this op.
        is_finite: Whether it gives numbers only, no infinity and no NaN.
    """

    kind: str
    name: str
    module: str | None
    sqnr_db: float | None
    max_difference: float | None
    equal_inputs: bool = True
    among: tuple[str, ...] = ()
    is_finite: bool = True

    def __str__(self) -> str:
        text = f"{self.kind} '{_short(self.name)}'"
        if len(self.among) > 1:
            count = len(self.among) - 1
            text += f" or one of the next {count} up to '{_short(self.among[-1])}'"
        if self.module:
            text += f" from {self.module}"
        if not self.is_finite:
            return f"{text}: gives NaN or infinity"
        if self.sqnr_db is not None:
            whence = "from equal inputs" if self.equal_inputs else "with its inputs' errors"
            text += f": {self.sqnr_db:.1f} dB {whence}"
        return text

    def record(self) -> CulpritResult:
        """The same as it is written."""
        return CulpritResult(**dataclasses.asdict(self))


def _short(name: str) -> str:
    """A name that fits into a line: converters join the names of all modules around an op."""
    return name if len(name) <= _LONGEST_NAME else f"...{name[-_LONGEST_NAME:]}"


@dataclasses.dataclass(frozen=True)
class _Judged:
    """An op that was computed from the reference's values.

    Attributes:
        op: The op.
        partners: The names that the reference has for its inputs, where it has any.
        required: Set of reference values that its outputs depend on.
        outputs: What it gave.
        is_sound: Whether an output of it is a value of the reference.
    """

    op: TracedOp
    partners: tuple[str | None, ...]
    required: int
    outputs: Values
    is_sound: bool


def find_culprit(
    tracer: Tracer, images: NDArray[np.float32], reference: Trace, promised_bits: int = 1
) -> Culprit | None:
    """The first op of a file that does not follow the eager model.

    Args:
        tracer: Computes the file's ops.
        images: Normalised float32 [batch, 3, H, W].
        reference: The eager model's trace for these images.
        promised_bits: An op of fewer bits is judged as one of so many, see
            :attr:`TracedOp.bits`.

    Returns:
        None where every op follows.

    Raises:
        ArtifactError: An op cannot be computed.
    """
    values = ReferenceValues(reference)
    suspects = _suspects(_judge(tracer, images, values, promised_bits), values)
    return _named(suspects, values) if suspects else None


def find_difference(
    found: Trace, expected: Tracer | Trace, *, steps: float = STEPS, least_db: float = FLOATS_DB
) -> Culprit | None:
    """The first op of a file that one runtime computes otherwise than another.

    Args:
        found: What one runtime, on this machine or another, computed of the file.
        expected: The same file's tracer, which computes each op from the inputs that ``found``
            has; or another trace, where only ops of equal inputs can be judged.
        steps: How many steps quantized values may be apart.
        least_db: How closely floats must agree; 35 for a runtime of half precision.

    Returns:
        None where every op agrees.

    Raises:
        ArtifactError: An op cannot be computed.
    """
    for op in expected.ops:
        values = _expected_values(op, found, expected, least_db)
        for name in op.outputs if values else ():
            own, other = found.values[name], values[name]
            step = found.steps.get(name)
            if _agree(own, other, step and steps * step, least_db):
                continue
            finite = bool(np.isfinite(own).all())
            decibels = sqnr(other, own) if finite else -math.inf
            return Culprit(
                kind=op.kind,
                name=op.name,
                module=op.module,
                sqnr_db=decibels if math.isfinite(decibels) else None,
                max_difference=float(np.abs(other - own).max()) if finite else None,
                among=(op.name,),
                is_finite=finite,
            )
    return None


def _expected_values(
    op: TracedOp, found: Trace, expected: Tracer | Trace, least_db: float
) -> Values:
    """What an op should give for the inputs that it had; nothing where nobody knows."""
    if isinstance(expected, Tracer):
        return expected.compute(op, found.values)
    closer = least_db + _EQUAL_INPUTS_DB
    equal = all(
        _agree(found.values[name], expected.values[name], found.steps.get(name) and 0.0, closer)
        for name in op.inputs
    )
    return expected.values if equal else {}


def _agree(own: Array, other: Array, apart: float | None, least_db: float) -> bool:
    """Whether two arrays are the same, up to a distance if one is given, or else a ratio."""
    if own.dtype.kind != "f":
        return np.array_equal(own, other)
    if not np.isfinite(own).all():
        return np.array_equal(own, other, equal_nan=True)
    if apart is None:
        return sqnr(other, own) >= least_db
    return bool(np.abs(other - own).max() <= apart + 1e-6 * np.abs(other).max())


def _judge(
    tracer: Tracer, images: NDArray[np.float32], reference: ReferenceValues, promised_bits: int
) -> list[_Judged]:
    """Computes each op from the values of the reference, as far as these are known."""
    values = tracer.inputs(images)
    found: dict[str, Partner] = {}
    required = dict.fromkeys(values, 0)
    steps = tracer.steps()
    bits: dict[str, int] = {}  # of values that are not the reference's, and so carry noise on
    judged = []
    for op in tracer.ops:
        partners = tuple(found[name].name if name in found else None for name in op.inputs)
        outputs = tracer.compute(op, values)
        needs = functools.reduce(operator.or_, (required[name] for name in op.inputs))
        coarsest = min(op.bits, *(bits.get(name, op.bits) for name in op.inputs))
        coarsest = max(coarsest, promised_bits)
        least = _least_db(op, coarsest, {**values, **outputs}, steps)
        for name, value in outputs.items():
            partner = reference.find(value, needs, least)
            values[name] = partner.value if partner else value
            required[name] = reference.bit(partner.name) if partner else needs
            if partner:
                found[name] = partner
            else:
                bits[name] = coarsest
        is_sound = not found.keys().isdisjoint(outputs)
        judged.append(_Judged(op, partners, needs, outputs, is_sound))
    return judged


def _least_db(op: TracedOp, bits: int, values: Values, steps: Mapping[str, float]) -> float:
    """How closely an op must follow the reference from equal inputs.

    What its bits ask for, or less where a value's steps are coarse beside the value.
    """
    decibels = LEAST_DB.get(bits, _DB_PER_BIT * bits - _LOST_DB)
    noise = 10 ** (-decibels / 10)
    for name in (*op.inputs, *op.outputs):
        if name in steps and bits <= op.bits:
            power = float(np.square(values[name], dtype=np.float64).mean())
            noise += _STEP_ALLOWANCE * steps[name] ** 2 / 12 / max(power, 1e-30)
    return max(_LOOSEST_DB, -10 * math.log10(noise))


def _suspects(judged: list[_Judged], reference: ReferenceValues) -> list[_Judged]:
    """The ops without partner after which the file does not agree with the reference again.

    An op that multiplies with weights is not excused by later agreement where the reference has
    such an op at its place: of a wrong product some part may well be right.
    """
    agreeing: set[str] = set()
    suspects = []
    for item in reversed(judged):
        excused = not agreeing.isdisjoint(item.op.outputs)
        if family(item.op.kind) is Family.PRODUCT and _counterpart(item, reference):
            excused = False
        if item.is_sound or excused:
            agreeing.update(item.op.inputs)
        else:
            suspects.append(item)
    return suspects[::-1]


def _named(suspects: list[_Judged], reference: ReferenceValues) -> Culprit:
    """The first of some suspects, with its error if the reference has the like of it.

    Otherwise it is taken together with the ops after it up to one that can be compared.
    """
    first = suspects[0]
    region: list[str] = []
    following: set[str] = set()
    for item in suspects[:_LONGEST_REGION]:
        region.append(item.op.name)
        if item is not first and following.isdisjoint(item.op.inputs):
            continue
        following.update(item.op.outputs)
        partner = _counterpart(item, reference)
        if partner is None and family(item.op.kind) is not Family.KEEP:
            # Of a product in bare integers, what brings these to scale has the counterpart.
            partner = _of_family(family(first.op.kind), item, reference)
        if partner:
            return _culprit(first.op, item, partner, reference.op(partner.name), tuple(region))
    module = reference.module_after(first.required)
    return Culprit(first.op.kind, first.op.name, module, None, None)


def _counterpart(item: _Judged, reference: ReferenceValues) -> Partner | None:
    """The value that an op's output should have been."""
    value = _output(item)
    kind = family(item.op.kind)
    if kind is not Family.KEEP:
        return _of_family(kind, item, reference)
    kept = [name for name in item.partners if name and reference.size(name) == value.size]
    return reference.compared(kept[0], value) if kept and value.dtype.kind == "f" else None


def _of_family(kind: Family, item: _Judged, reference: ReferenceValues) -> Partner | None:
    """The nearest value behind an op's inputs that the reference computes by such an op."""
    value = _output(item)
    if value.dtype.kind != "f":
        return None
    names = reference.counterparts(kind, value.size, item.required)
    if kind is not Family.OTHER:
        return reference.compared(names[0], value) if names else None
    near = [reference.compared(name, value) for name in names[:_NEAREST]]
    alike = [(cosine(found.value, value), found) for found in near if found]
    likeness, partner = max(alike, key=lambda pair: pair[0], default=(0.0, None))
    return partner if likeness >= _LEAST_LIKENESS else None


def _output(item: _Judged) -> Array:
    return next(iter(item.outputs.values()))


def _culprit(
    op: TracedOp,
    compared: _Judged,
    partner: Partner,
    source: TracedOp | None,
    among: tuple[str, ...],
) -> Culprit:
    value = _output(compared)
    finite = bool(np.isfinite(value).all())
    return Culprit(
        kind=op.kind,
        name=op.name,
        module=source.module if source else None,
        sqnr_db=partner.sqnr_db if finite and math.isfinite(partner.sqnr_db) else None,
        max_difference=float(np.abs(partner.value - value).max()) if finite else None,
        among=among,
        is_finite=finite,
    )
