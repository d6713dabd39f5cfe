"""What an export of the demo model leaves behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lowformer_edge import demo
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.labels import read_labels
from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.loading import LoadedModel

LEAST_SQNR_DB = {
    "fp32": 100,
    "fp16": 50,
    "int8": 30,
    "int8-dynamic": 30,
    "int8-weights": 30,
}


@pytest.mark.parametrize("precision", FORMATS["tflite"].precisions)
def test_each_artifact_keeps_its_promises(precision: str, demo_manifest: Manifest) -> None:
    (artifact,) = [item for item in demo_manifest.artifacts if item.precision == precision]
    assert ExportSpec.from_dict(artifact.spec) == ExportSpec(precision=precision)
    assert artifact.parity is not None
    assert artifact.parity.images == 500
    assert float(artifact.parity.sqnr_db) >= LEAST_SQNR_DB[precision]
    assert artifact.parity.agreement is not None
    assert artifact.parity.agreement.value >= 98.5
    assert artifact.parity.top1 is not None
    assert artifact.parity.reference_top1 is not None
    assert abs(artifact.parity.top1.value - artifact.parity.reference_top1.value) <= 0.6
    assert artifact.residency is not None
    assert artifact.residency.partitions == 1
    assert artifact.residency.refused == {}
    assert artifact.residency.delegated_ops == sum(artifact.ops.values())
    assert artifact.latency is not None
    assert artifact.latency.runs == 3


def test_golden_vectors_are_the_eager_models(
    demo_bundle: Path, demo_manifest: Manifest, demo_model: LoadedModel
) -> None:
    golden = GoldenVectors.load(demo_bundle / demo_manifest.golden.path)
    assert golden.pixels.shape == (8, 96, 96, 3)
    with torch.no_grad():
        inputs = torch.from_numpy(demo_model.preprocessing.normalise(golden.pixels))
        expected = demo_model.network(inputs).numpy()
    np.testing.assert_allclose(golden.outputs["logits"], expected, rtol=0, atol=1e-4)


def test_source_labels_and_calibration_are_recorded(
    demo_bundle: Path, demo_manifest: Manifest
) -> None:
    assert demo_manifest.source.sha256 == digest_of(demo.CHECKPOINT)
    assert demo_manifest.source.fit_for_accuracy
    assert read_labels(demo_bundle / "labels.txt")[9] == "Ankle boot"
    assert demo_manifest.calibration is not None
    assert demo_manifest.calibration.images == 256
    assert demo_manifest.calibration.observer == "minmax"
    assert demo_manifest.toolchain["torch"].startswith("2.13.0")
