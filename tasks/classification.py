"""Classification: one value for each class."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..artifact.interface import CLASSIFICATION as NAME
from ..artifact.interface import OUTPUT_NAME, PROBABILITIES_NAME
from ..artifact.manifest import Output
from ..artifact.outputs import Outputs, output_of
from ..artifact.placement import Placement
from ..errors import CheckError
from .task import Task
from .top1_meter import Top1Meter, class_values

TOP = 5
"""How many classes are told of an image."""


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A class that a model sees in an image.

    Attributes:
        label: The class's name, or its number where nobody gave it one.
        index: The class's number.
        probability: By softmax over all classes, in [0, 1].
    """

    label: str
    index: int
    probability: float


class Classification(Task):
    """Logits [N, K], or their softmax where a file has it in its graph."""

    name = NAME
    measure = "top-1"
    unit = "%"
    same = "top-1"
    agreement_is = "the share of images with the same best class"

    def describe(self, outputs: Outputs) -> tuple[Output, ...]:
        """See :class:`Task`."""
        return tuple(
            Output(name=name, shape=values.shape[1:], layout="K")
            for name, values in outputs.items()
        )

    def reference(self, outputs: Outputs, names: Sequence[str]) -> Outputs:
        """See :class:`Task`; probabilities are the softmax of the model's logits."""
        if tuple(names) == (PROBABILITIES_NAME,):
            probabilities = softmax(output_of(outputs, OUTPUT_NAME)).astype(np.float32)
            return {PROBABILITIES_NAME: probabilities}
        unknown = [name for name in names if name not in outputs]
        if unknown:
            raise CheckError(
                f"the output {unknown[0]!r} is none of a classifier, which gives {OUTPUT_NAME} or"
                f" {PROBABILITIES_NAME}"
            )
        return {name: outputs[name] for name in names}

    def meter(self, data: str = "images") -> Top1Meter:
        """See :class:`Task`: of the best classes."""
        return Top1Meter(data)

    def decode(
        self, outputs: Outputs, placement: Placement, labels: Sequence[str] | None, top: int | None
    ) -> Sequence[Prediction]:
        """See :class:`Task`: the most probable classes, of the image as a whole."""
        (values,) = class_values(outputs)
        probabilities = values if PROBABILITIES_NAME in outputs else softmax(values)
        order = np.argsort(-probabilities, kind="stable")[: TOP if top is None else top]
        return [
            Prediction(
                label=labels[index] if labels else str(index),
                index=int(index),
                probability=float(probabilities[index]),
            )
            for index in order
        ]

    def tell(self, results: Sequence[Prediction]) -> str:
        """See :class:`Task`: classes with their probabilities."""
        return ", ".join(map(_shown, results))

    def draw(self, image: Image.Image, results: Sequence[Prediction]) -> Image.Image:
        """See :class:`Task`: the classes in a corner, one below the other."""
        drawn = image.copy()
        pen = ImageDraw.Draw(drawn)
        text = "\n".join(map(_shown, results))
        pen.rectangle(pen.multiline_textbbox((4, 4), text), fill=(0, 0, 0))
        pen.multiline_text((4, 4), text, fill=(255, 255, 255))
        return drawn


CLASSIFICATION = Classification()


def _shown(one: Prediction) -> str:
    return f"{one.label} {100 * one.probability:.1f} %"


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities [..., K] of logits [..., K]."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
