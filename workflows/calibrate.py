"""Taking activation ranges, and asking which ops INT8 hurts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ..artifact.results.calibrate import CalibrateResult
from ..calibration.ranges import Ranges, calibrate
from ..calibration.recipe import Recipe
from ..calibration.sensitivity import Sensitivity, analyse
from ..export.formats import EXPORTERS
from ..export.rewrites.table import CALIBRATED, rewrite
from ..export.spec import ExportSpec
from ..models.loading import LoadedModel
from ..progress import Progress
from .data import ImageChoice, calibration_images, evaluation_images


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


def calibrate_model(
    loaded: LoadedModel,
    calibration: ImageChoice,
    *,
    observer: str,
    recipe: Recipe | None = None,
    evaluation: ImageChoice | None = None,
    progress: Progress,
) -> Calibration:
    """Takes activation ranges of a model.

    Args:
        loaded: The model.
        calibration: Images like those that it will see.
        observer: How ranges are taken, see :func:`observer_factory`.
        recipe: Whose choice of precisions the sensitivity is of; our own if None.
        evaluation: Images that the sensitivity is taken on; None where none is asked for.
        progress: Is told about each step.

    Raises:
        UsageError: The images are not like the model's own, or the recipe asks for a kernel that
            does not exist.
        DataError: The images cannot be read, or an activation has no finite range.
    """
    rewritten = rewrite(loaded.network, CALIBRATED)
    spec = ExportSpec(CALIBRATED, "int8", recipe=recipe)
    precisions = EXPORTERS[CALIBRATED].precisions_of(spec, rewritten)
    images = calibration_images(calibration, loaded, progress, needed=True)
    with progress.step("calibrating", len(images)) as advance:
        ranges = calibrate(rewritten, images, loaded.preprocessing, observer, advance)
    if evaluation is None:
        return Calibration(ranges, None)
    judged = evaluation_images(evaluation, loaded, images, progress)
    if len(judged) > evaluation.count:
        judged = dataclasses.replace(judged, pixels=judged.pixels[: evaluation.count], labels=None)
    quantized = sum(precision != "fp32" for precision in precisions.values())
    with progress.step("trying each op", quantized) as advance:
        sensitivity = analyse(
            rewritten, ranges, precisions, judged, loaded.preprocessing, lambda: advance(1)
        )
    return Calibration(ranges, sensitivity)
