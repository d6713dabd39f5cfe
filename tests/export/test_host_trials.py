"""Files in memory that a search runs and times; its own tests have those of TFLite."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.export.exporter import Exporter
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.rewrites.table import CALIBRATED, rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.network import named_outputs
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.progress import QUIET
from lowformer_edge.tasks.closeness import sqnr

from .conversion import SPEC


@pytest.fixture(scope="module", params=["executorch", "onnx"])
def trial(
    request: pytest.FixtureRequest, slight_config: LowFormerConfig, noise_images: Samples
) -> tuple[Exporter, bytes]:
    """What exports a small model to a format, and its INT8 file."""
    loaded = LoadedModel(random_model(slight_config), SPEC, None, "random weights", None)
    exporter = EXPORTERS[request.param](loaded)
    exporter.prepare([ExportSpec(request.param, "int8")], noise_images, QUIET)
    ranges = calibrate(rewrite(loaded.network, CALIBRATED), noise_images, SPEC)
    return exporter, exporter.quantized(None, ranges)


@pytest.mark.heavy
def test_a_file_gives_what_the_model_gives(
    trial: tuple[Exporter, bytes], noise_images: Samples
) -> None:
    exporter, file = trial
    trials = exporter.trials(1, [])
    (given,) = trials.outputs(file, noise_images.pixels).values()
    network = exporter.loaded.network
    with torch.no_grad():
        outputs = named_outputs(network(torch.from_numpy(SPEC.normalise(noise_images.pixels))))
    assert float(sqnr(outputs["logits"], given)) > 20


def test_files_are_timed_by_their_names(trial: tuple[Exporter, bytes]) -> None:
    exporter, file = trial
    times = exporter.trials(1, []).costs({"one": file, "other": file})
    assert set(times) == {"one", "other"}
    assert all(np.isfinite(time) and time > 0 for time in times.values())
