"""What a file says of an image does not depend on the images beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.tasks.closeness import sqnr

from .conversion import FOLLOWS_DB, Conversion

SPECS = {
    "tflite": ExportSpec.of("tflite", "int8", batch=2),
    "executorch": ExportSpec.of("executorch", "int8", batch=2),
    "onnx": ExportSpec.of("onnx", "int8", batch=2),
    "onnx, open": ExportSpec.of("onnx", "int8", dynamic_batch=True),
    "coreml": ExportSpec.of("coreml", "int8", batch=2),
}


@pytest.fixture(params=list(SPECS.values()), ids=list(SPECS))
def spec(request: pytest.FixtureRequest) -> ExportSpec:
    return request.param


@pytest.mark.heavy
def test_1_10_an_images_logits_do_not_depend_on_the_others(
    spec: ExportSpec,
    slight_config: LowFormerConfig,
    noise_images: Samples,
    inputs: np.ndarray,
    tmp_path: Path,
) -> None:
    conversion = Conversion(EXPORTERS[spec.format], slight_config, noise_images, spec.batch)
    path = conversion.write(spec, tmp_path)
    alike = inputs[:2]
    beside_another = np.stack([inputs[0], np.full_like(inputs[1], 50)])
    with format_of(path).runner(path, 1) as runner:
        first, other = (runner.run(pair)["logits"][0] for pair in (alike, beside_another))
        found = runner.run(inputs)["logits"]
    assert np.abs(first - other).max() <= 1e-5 * np.abs(first).max()
    model = conversion.exporter.model
    precisions = conversion.exporter.precisions_of(spec, model)
    # Core ML has its biases, and all between the ops, in half precision.
    integer = spec.format != "coreml"
    with (
        torch.no_grad(),
        simulated(model, conversion.ranges, precisions, integer_biases=integer),
    ):
        predicted = model(torch.from_numpy(inputs)).numpy()
    assert sqnr(predicted, found) > (FOLLOWS_DB if integer else 25)
