"""What tasks have in common whose models give maps: a value for every place of an image."""

from __future__ import annotations

from collections.abc import Sequence

from ..artifact.manifest import Output
from ..artifact.outputs import Outputs
from ..errors import CheckError
from .task import Task


class DenseTask(Task):
    """Maps [N, C, H, W] by name."""

    def describe(self, outputs: Outputs) -> tuple[Output, ...]:
        """See :class:`Task`."""
        return tuple(
            Output(name=name, shape=values.shape[1:], layout="CHW")
            for name, values in outputs.items()
        )

    def reference(self, outputs: Outputs, names: Sequence[str]) -> Outputs:
        """See :class:`Task`; every map is the model's own."""
        unknown = [name for name in names if name not in outputs]
        if unknown:
            raise CheckError(
                f"the output {unknown[0]!r} is none of the model, which gives {', '.join(outputs)}"
            )
        return {name: outputs[name] for name in names}


def image_of(outputs: Outputs, number: int) -> Outputs:
    """The outputs for one image by its number, [C, H, W]."""
    return {name: values[number] for name, values in outputs.items()}
