"""What each op costs in accuracy when it is quantized, and gains when it is left in float."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..artifact.outputs import Outputs, joined
from ..artifact.preprocessing import Preprocessing
from ..artifact.results.calibrate import LossResult, OpResult, OpsResult
from ..artifact.samples import Samples
from ..models.network import named_outputs
from ..tasks.task import Task
from .ranges import Ranges
from .recipe import quantizable_kinds
from .simulation import simulated

BATCH = 16


@dataclasses.dataclass(frozen=True)
class Loss:
    """How far quantized outputs are from the float model's.

    Attributes:
        noise: Power of the difference over the power of the float outputs, the mean of all
            outputs; 0 where equal.
        agreement: Share of results that are the same, in [0, 1].
    """

    noise: float
    agreement: float

    @property
    def sqnr_db(self) -> float:
        """The noise as a signal-to-quantization-noise ratio in dB; inf without noise."""
        return -10 * math.log10(self.noise) if self.noise > 0 else math.inf

    def record(self) -> LossResult:
        """The same as it is written; an infinite ratio is None."""
        decibels = self.sqnr_db
        return LossResult(
            sqnr_db=decibels if math.isfinite(decibels) else None,
            agreement_percent=100 * self.agreement,
        )


@dataclasses.dataclass(frozen=True)
class OpSensitivity:
    """The sensitivity of one op.

    Attributes:
        path: The module's path in the rewritten model.
        kind: Its kind.
        precision: The precision that the recipe gives it.
        alone: The loss where it alone is quantized.
        left_out: The loss where all others are quantized and it is left in float.
    """

    path: str
    kind: str
    precision: str
    alone: Loss
    left_out: Loss

    def record(self) -> OpResult:
        """The same as it is written."""
        return OpResult(
            name=self.path,
            op=self.kind,
            precision=self.precision,
            alone=self.alone.record(),
            left_out=self.left_out.record(),
        )


@dataclasses.dataclass(frozen=True)
class Sensitivity:
    """The sensitivity of a model under a recipe, simulated in the eager model.

    Attributes:
        together: The loss where all ops are quantized as the recipe says.
        ops: Those that the recipe quantizes, from the most sensitive to the least.
        images: Number of images.
        data: What they are.
    """

    together: Loss
    ops: tuple[OpSensitivity, ...]
    images: int
    data: str

    def record(self) -> OpsResult:
        """The same as it is written."""
        return OpsResult(
            images=self.images,
            data=self.data,
            together=self.together.record(),
            ops=tuple(op.record() for op in self.ops),
        )


def analyse(
    task: Task,
    model: nn.Module,
    ranges: Ranges,
    precisions: Mapping[str, str],
    images: Samples,
    preprocessing: Preprocessing,
    on_op: Callable[[], object] = lambda: None,
) -> Sensitivity:
    """Measures each op's sensitivity by simulation.

    Args:
        task: What the model is for.
        model: The rewritten eager model.
        ranges: Its activation ranges.
        precisions: By module path, see :func:`legal_precisions`.
        images: What the loss is taken on; not those that the ranges were taken from.
        preprocessing: Normalises the images.
        on_op: Called after each op, for progress.
    """
    inputs = list(images.batches(preprocessing, BATCH))
    reference = outputs_on(model, inputs)

    def loss(chosen: Mapping[str, str]) -> Loss:
        with simulated(model, ranges, chosen):
            return loss_between(task, reference, outputs_on(model, inputs))

    kinds = quantizable_kinds(model)
    quantized = {path: value for path, value in precisions.items() if value != "fp32"}
    ops = []
    for path, precision in quantized.items():
        others = {other: value for other, value in quantized.items() if other != path}
        ops.append(
            OpSensitivity(path, kinds[path], precision, loss({path: precision}), loss(others))
        )
        on_op()
    ranked = sorted(ops, key=lambda op: op.alone.noise, reverse=True)
    return Sensitivity(loss(quantized), tuple(ranked), len(images), images.name)


def loss_of_choices(
    task: Task,
    model: nn.Module,
    ranges: Ranges,
    choices: Mapping[str, Sequence[str]],
    images: Samples,
    preprocessing: Preprocessing,
    on_choice: Callable[[], object] = lambda: None,
) -> dict[str, dict[str, Loss]]:
    """The loss of each op alone in each precision that it may have, simulated.

    Args:
        task: What the model is for.
        model: The rewritten eager model.
        ranges: Its activation ranges.
        choices: The precisions to try, by module path.
        images: What the loss is taken on.
        preprocessing: Normalises the images.
        on_choice: Called after each choice, for progress.

    Returns:
        By module path, then by precision.
    """
    inputs = list(images.batches(preprocessing, BATCH))
    reference = outputs_on(model, inputs)
    losses: dict[str, dict[str, Loss]] = {path: {} for path in choices}
    for path, precisions in choices.items():
        for precision in precisions:
            with simulated(model, ranges, {path: precision}):
                losses[path][precision] = loss_between(task, reference, outputs_on(model, inputs))
            on_choice()
    return losses


def outputs_on(model: nn.Module, inputs: Sequence[NDArray[np.float32]]) -> Outputs:
    """What a model gives for batches of inputs, together."""
    with torch.no_grad():
        return joined([named_outputs(model(torch.from_numpy(batch))) for batch in inputs])


def loss_between(task: Task, reference: Outputs, others: Outputs) -> Loss:
    """The loss of outputs against a reference's."""
    noises = [_noise(expected, others[name]) for name, expected in reference.items()]
    agreement = task.agreement(reference, others).value / 100
    return Loss(sum(noises) / len(noises), agreement)


def _noise(reference: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Power of the difference over the power of the reference."""
    signal = np.square(reference, dtype=np.float64).sum()
    noise = np.square(reference.astype(np.float64) - other).sum()
    return float(noise / max(signal, 1e-300))
