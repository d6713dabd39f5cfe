"""Taking activation ranges, and asking which ops INT8 hurts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..artifact.results.calibrate import CalibrateResult
from ..artifact.samples import Samples
from ..calibration import ranges as activation_ranges
from ..calibration.observer import observer_factory
from ..calibration.ranges import Ranges
from ..calibration.recipe import Recipe
from ..calibration.sensitivity import Sensitivity, analyse
from ..export.formats import EXPORTERS
from ..export.rewrites.table import CALIBRATED, rewrite
from ..export.spec import ExportSpec
from ..models.loading import LoadedModel
from ..progress import QUIET, Progress
from .arguments import check_measurable, check_model, check_samples


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What a calibration gave.

    Attributes:
        ranges: The activation ranges.
        sensitivity: What INT8 costs in each op, if that was asked for.
    """

    ranges: Ranges
    sensitivity: Sensitivity | None

    def record(self, output: Path) -> CalibrateResult:
        """The same as it is written.

        Args:
            output: Where the ranges are.
        """
        return CalibrateResult(
            ranges=str(output),
            digest=self.ranges.digest,
            observer=self.ranges.observer,
            images=self.ranges.images,
            sensitivity=self.sensitivity.record() if self.sensitivity else None,
        )


def calibrate(
    model: LoadedModel,
    images: Samples,
    *,
    observer: str = "minmax",
    progress: Progress = QUIET,
) -> Ranges:
    """Takes activation ranges of a model, for all formats alike.

    Args:
        model: The model.
        images: Images like those that it will see, see :func:`open_images`.
        observer: How ranges are taken: ``minmax``, ``mse``, ``entropy``, ``percentile:99.99`` or
            ``moving-average``.
        progress: Is told about each step.

    Raises:
        UsageError: The images are of another size, or the observer is unknown.
        DataError: An activation has no finite range.
    """
    check_model(model)
    check_samples("images", images, model.preprocessing)
    observer_factory(observer)
    rewritten = rewrite(model.network, CALIBRATED)
    with progress.step("calibrating", len(images)) as advance:
        return activation_ranges.calibrate(
            rewritten, images, model.preprocessing, observer, advance
        )


def check_recipe(model: LoadedModel, recipe: Recipe) -> None:
    """Refuses a recipe that cannot be followed.

    Raises:
        UsageError: It asks for a kernel that does not exist.
    """
    spec = ExportSpec(CALIBRATED, "int8", recipe=recipe)
    EXPORTERS[CALIBRATED].precisions_of(spec, rewrite(model.network, CALIBRATED))


def measure_sensitivity(
    model: LoadedModel,
    ranges: Ranges,
    images: Samples,
    *,
    recipe: Recipe | None = None,
    progress: Progress = QUIET,
) -> Sensitivity:
    """Measures what INT8 costs in each op, simulated in the eager model.

    Args:
        model: The model.
        ranges: Its activation ranges.
        images: What the cost is taken on.
        recipe: Whose choice of precisions is measured; our own if None.
        progress: Is told about each step.

    Raises:
        UsageError: The images are of another size, or the recipe asks for a kernel that does not
            exist.
        DataError: The ranges are another model's.
    """
    check_model(model)
    check_samples("images", images, model.preprocessing)
    check_measurable(images)
    rewritten = rewrite(model.network, CALIBRATED)
    spec = ExportSpec(CALIBRATED, "int8", recipe=recipe)
    precisions = EXPORTERS[CALIBRATED].precisions_of(spec, rewritten)
    quantized = sum(precision != "fp32" for precision in precisions.values())
    with progress.step("trying each op", quantized) as advance:
        return analyse(
            model.task,
            rewritten,
            ranges,
            precisions,
            images,
            model.preprocessing,
            lambda: advance(1),
        )
