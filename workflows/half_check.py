"""Checking files in fp16 where half precision is really that, which this machine's runtimes spare.

On x86 ONNX Runtime and LiteRT compute in float32 what such files say is in half precision, and
ExecuTorch sums in it; phones do not.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING

from ..artifact.accumulation import Accumulation
from ..artifact.manifest import HalfPrecision, Parity
from ..artifact.outputs import Outputs
from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..errors import ArtifactError, CheckError, MissingDependencyError
from ..judging.half_run import HalfRun, open_half_tracer
from ..judging.promise import Promise
from ..judging.verdict import failures_in_half
from ..progress import Progress
from ..runtime.damage import telling_damage
from ..runtime.formats import format_of
from ..runtime.trace import TracedOp, Tracer
from ..tasks.task import Task

if TYPE_CHECKING:
    from ..export.eager import EagerModel

HALF_IMAGES = 4
"""How many images are computed in emulated half precision, which takes seconds for each."""

HALF = "fp16"
"""Of the files that are checked so."""

_BITS = 11
"""Significant ones of half precision."""


@dataclasses.dataclass(frozen=True)
class HalfCheck:
    """Computes files in half precision, and compares them with the eager model.

    Attributes:
        task: What the files are for.
        images: What they are computed for, with the eager model's outputs.
        preprocessing: Normalises the images.
        accumulation: What the sums of products are kept in.
        eager: Names the module of a guilty op; None where it cannot be had.
        progress: Is told about each op.
    """

    task: Task
    images: Samples
    preprocessing: Preprocessing
    accumulation: Accumulation
    eager: EagerModel | None
    progress: Progress

    def check(self, path: Path, promise: Promise) -> HalfPrecision:
        """What becomes of a file.

        Args:
            path: The file.
            promise: What it keeps.
        """
        try:
            tracer = open_half_tracer(path, self.accumulation)
            run = HalfRun(tracer)
            with telling_damage(path):
                outputs = self._outputs(path, run, tracer)
        except (ArtifactError, MissingDependencyError) as error:
            return HalfPrecision(accumulation=self.accumulation, parity=None, not_run=str(error))
        found = HalfPrecision(accumulation=self.accumulation, parity=None)
        if all(math.isfinite(values.sum()) for values in outputs.values()):
            found = found.model_copy(update={"parity": self._parity(outputs)})
        if not failures_in_half(path.name, found, promise):
            return found
        with self.progress.step(f"looking for the guilty op of {path.name}"):
            culprit = self._culprit(path, tracer, run.overflowing)
        return found.model_copy(update={"culprit": culprit})

    def _outputs(self, path: Path, run: HalfRun, tracer: Tracer) -> Outputs:
        images = self.preprocessing.normalise(self.images.pixels[:])
        with self.progress.step(
            f"checking {path.name} in half precision", len(tracer.ops)
        ) as advance:
            return run.outputs(images, advance)

    def _parity(self, outputs: Outputs) -> Parity:
        assert self.images.outputs is not None
        reference = self.task.reference(self.images.outputs, tuple(outputs))
        return self.task.compare(reference, outputs, None, self.images.name)

    def _culprit(self, path: Path, tracer: Tracer, overflowing: TracedOp | None) -> str | None:
        """The first op that overflows or loses, with its module where the model is there."""
        from ..judging.culprit import find_culprit

        first = f"first {overflowing.kind} '{overflowing.name}' overflows" if overflowing else None
        if self.eager is None:
            return first
        image = self.preprocessing.normalise(self.images.pixels[:1]).repeat(tracer.batch, 0)
        try:
            reference = self.eager.trace(format_of(path).facts.name, image)
            culprit = find_culprit(tracer, image, reference, _BITS)
        except (ArtifactError, CheckError) as error:
            return f"the op to blame cannot be found: {error}"
        return f"first guilty op {culprit}" if culprit else first
