"""How much a file may lose, and what one does."""

from __future__ import annotations

import dataclasses
import math

from ...artifact.manifest import Interval, Parity
from ...artifact.outputs import Outputs
from ...artifact.results.export import ProofResult
from ...artifact.samples import Samples
from ...errors import UsageError
from ...tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Bound:
    """How much may be lost.

    Attributes:
        max_drop: Points of what the task measures on annotated images, such as top-1, AP or mIoU,
            or of agreement on others.
        min_sqnr: SQNR in dB, of the output that is farthest off.
        max_high: Points that the upper end of the drop's 95 % interval may reach; any, if None.
    """

    max_drop: float | None = None
    min_sqnr: float | None = None
    max_high: float | None = None

    def __post_init__(self) -> None:
        values = [value for value in (self.max_drop, self.min_sqnr) if value is not None]
        if len(values) != 1 or not math.isfinite(values[0]) or values[0] < 0:
            raise UsageError("give one bound, `max_drop` or `min_sqnr`, of at least 0")

    def kept(self, loss: MeasuredLoss) -> bool:
        """Whether a loss is within the bound."""
        if self.min_sqnr is not None:
            return loss.sqnr_db >= self.min_sqnr
        assert self.max_drop is not None
        if self.max_high is not None and loss.high > self.max_high + 1e-9:
            return False
        return loss.drop <= self.max_drop + 1e-9

    def asks_for_interval(self, drop: float) -> bool:
        """Whether it takes the interval of a drop to tell that a loss is within the bound."""
        return self.max_high is not None and self.max_drop is not None and drop <= self.max_drop

    def images_to_tell(self, loss: MeasuredLoss) -> int | None:
        """How many images would tell that a loss is within the bound; None if none would.

        An interval is narrower by the root of the number of images.
        """
        if self.max_high is None or self.max_drop is None or loss.drop > self.max_drop:
            return None
        room = self.max_high - loss.drop
        if room <= 0:
            return None
        return math.ceil(loss.images * ((loss.high - loss.drop) / room) ** 2 - 1e-6)


@dataclasses.dataclass(frozen=True)
class MeasuredLoss:
    """What a file loses against the eager model.

    Attributes:
        drop: Points of what the task measures on annotated images, or of agreement on others.
        sqnr_db: SQNR in dB, of the output that is farthest off.
        images: Number of images.
        high: Upper end of the drop's 95 % interval.
    """

    drop: float
    sqnr_db: float
    images: int
    high: float = math.inf

    def record(self) -> ProofResult:
        """The same as it is written; an infinite ratio is None."""
        return ProofResult(
            drop_points=self.drop,
            sqnr_db=self.sqnr_db if math.isfinite(self.sqnr_db) else None,
            images=self.images,
            **({"drop_high_points": self.high} if math.isfinite(self.high) else {}),
        )


GUIDE, PROOF = slice(0, None, 2), slice(1, None, 2)
"""Of evaluation images: those that guide a search, and those on which nothing is chosen."""


def halves(samples: Samples) -> tuple[Samples, Samples]:
    """The images that guide a search, and those that prove its outcome.

    Raises:
        UsageError: There are too few images to split.
    """
    if len(samples) < 2:
        raise UsageError("a search needs at least two evaluation images; give more")
    return samples.part(GUIDE), samples.part(PROOF)


def loss_on(
    task: Task, samples: Samples, outputs: Outputs, bound: Bound | None = None
) -> MeasuredLoss:
    """What outputs lose against the eager model's.

    Args:
        task: What the model is for.
        samples: Images with the eager model's outputs.
        outputs: Of a file for them.
        bound: What the loss is held to; the drop's interval is then only taken where it decides.

    Raises:
        CheckError: They cannot be compared.
    """
    assert samples.outputs is not None
    meter = task.meter(samples.name)
    meter.add(samples.outputs, outputs, samples.truths)
    parity = meter.parity()
    assert parity.drop is not None
    is_asked = bound is None or bound.asks_for_interval(parity.drop)
    return loss_of(parity, meter.drop() if is_asked else None)


def loss_of(parity: Parity, drop: Interval | None) -> MeasuredLoss:
    """A loss by what was compared, and by the drop with its interval, where that is known."""
    assert parity.drop is not None
    return MeasuredLoss(
        parity.drop,
        math.inf if parity.sqnr_db == "exact" else parity.sqnr_db,
        parity.images,
        math.inf if drop is None else drop.high,
    )
