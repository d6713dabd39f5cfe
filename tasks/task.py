"""What a model is for: what it gives, what that means, and how it is compared."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

from PIL import Image

from ..artifact.manifest import Interval, Output, Parity
from ..artifact.outputs import Outputs
from ..artifact.placement import Placement
from ..artifact.truth import Truths
from .parity_meter import ParityMeter


class Task(abc.ABC):
    """What outputs are called, hold and mean. Nothing else knows any of that.

    Golden vectors hold all outputs of :meth:`describe`, and parity compares all of a file's.

    Attributes:
        name: As manifests call it.
        measure: What it measures first where images say what is right, as tables call it.
        unit: Of that; empty where the figure has none.
        same: What two files that agree have in common, as tables call it.
        agreement_is: What the agreement is a share of, in words.
    """

    name: ClassVar[str]
    measure: ClassVar[str]
    unit: ClassVar[str] = ""
    same: ClassVar[str]
    agreement_is: ClassVar[str]

    @property
    def heading(self) -> str:
        """The measure with its unit, above a column."""
        return f"{self.measure} {self.unit}".rstrip()

    def measured(self, points: float) -> str:
        """A figure of the measure as people read it, such as ``top-1 93.40 %``."""
        return f"{self.measure} {points:.2f} {self.unit}".rstrip()

    @abc.abstractmethod
    def describe(self, outputs: Outputs) -> tuple[Output, ...]:
        """What a model gives for one image.

        Args:
            outputs: A model's.
        """

    @abc.abstractmethod
    def reference(self, outputs: Outputs, names: Sequence[str]) -> Outputs:
        """What a file is held to.

        Args:
            outputs: The model's.
            names: What the file's outputs are called, which may be computed from the model's.

        Raises:
            CheckError: An output of such a name is not known.
        """

    @abc.abstractmethod
    def meter(self, data: str = "images") -> ParityMeter:
        """What compares a file's outputs with a reference's, part by part.

        Args:
            data: What the images are.
        """

    def agreement(self, reference: Outputs, outputs: Outputs) -> Interval:
        """The share of results that are the same as a reference's, in percent.

        Args:
            reference: What they are held to, by the same names.
            outputs: For the same images.
        """
        meter = self.meter()
        meter.count(reference, outputs)
        return meter.agreement()

    def compare(
        self,
        reference: Outputs,
        outputs: Outputs,
        truths: Truths | None = None,
        data: str = "images",
    ) -> Parity:
        """Compares a file's outputs with a reference's, and measures what the task measures.

        Args:
            reference: What they are held to, by the same names.
            outputs: The file's, for the same images.
            truths: What is right for each image, if known.
            data: What the images are.

        Raises:
            CheckError: Shapes differ, there is no image, a value is not finite, or a reference is
                zero throughout.
        """
        meter = self.meter(data)
        meter.add(reference, outputs, truths)
        return meter.parity()

    @abc.abstractmethod
    def decode(
        self, outputs: Outputs, placement: Placement, labels: Sequence[str] | None, top: int | None
    ) -> Any:
        """What outputs for one image mean.

        Args:
            outputs: By name, float32 [1, ...].
            placement: Where the image lies in the input.
            labels: Names of the classes in order, if known.
            top: How many results at most; as many as is usual if None.

        Returns:
            The results, the best first.
        """

    @abc.abstractmethod
    def tell(self, results: Any) -> str:
        """What :meth:`draw` shows of results, in words."""

    @abc.abstractmethod
    def draw(self, image: Image.Image, results: Any) -> Image.Image:
        """A copy of an RGB image that shows what :meth:`decode` gave for it."""
