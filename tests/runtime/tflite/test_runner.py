from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.errors import ArtifactError
from lowformer_edge.runtime.tflite.metadata import read_metadata
from lowformer_edge.runtime.tflite.residency import residency
from lowformer_edge.runtime.tflite.runner import TFLiteRunner
from lowformer_edge.tasks.closeness import sqnr


@pytest.fixture(scope="module")
def float32(demo_bundle: Path) -> Path:
    return demo_bundle / "demo-fp32.tflite"


def test_golden_vectors_hold(demo_bundle: Path, demo_manifest: Manifest, float32: Path) -> None:
    golden = GoldenVectors.load(demo_bundle / demo_manifest.golden.path)
    inputs = demo_manifest.preprocessing_spec().normalise(golden.pixels)
    with TFLiteRunner(float32) as runner:
        assert sqnr(golden.outputs["logits"], runner.run(inputs)["logits"]) > 100


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_change_the_result(threads: int, float32: Path) -> None:
    images = np.random.default_rng(0).standard_normal((3, 3, 96, 96)).astype(np.float32)
    with TFLiteRunner(float32, 1) as one, TFLiteRunner(float32, threads) as runner:
        assert runner.threads == threads
        np.testing.assert_allclose(
            one.run(images)["logits"], runner.run(images)["logits"], atol=1e-4
        )


def test_no_image_gives_no_logits(float32: Path) -> None:
    with TFLiteRunner(float32) as runner:
        assert runner.run(np.zeros((0, 3, 96, 96), np.float32))["logits"].shape == (0, 10)


@pytest.mark.parametrize("shape", [(3, 96, 96), (1, 3, 96, 95), (1, 96, 96, 3), (1, 1, 96, 96)])
def test_other_shapes_are_refused(shape: tuple[int, ...], float32: Path) -> None:
    with TFLiteRunner(float32) as runner, pytest.raises(ValueError, match=r"\[N, 3, 96, 96\]"):
        runner.run(np.zeros(shape, np.float32))["logits"]


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5])
def test_truncated_files(share: float, float32: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    content = float32.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ArtifactError, match=r"cut\.tflite"):
        TFLiteRunner(path)


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no such file"):
        TFLiteRunner(tmp_path / "absent.tflite")
    (tmp_path / "text.tflite").write_text("not a model, but long enough for one")
    with pytest.raises(ArtifactError, match="not a TFLite model"):
        residency(tmp_path / "text.tflite")


def test_residency_lists_every_op(float32: Path, demo_manifest: Manifest) -> None:
    where = residency(float32)
    (artifact,) = [item for item in demo_manifest.artifacts if item.precision == "fp32"]
    assert where.op_counts == artifact.ops
    assert "DELEGATE" not in where.op_counts
    assert "BROADCAST_TO" not in where.op_counts
    assert where.partitions == 1


def test_refused_ops_are_named(demo_bundle: Path, tmp_path: Path) -> None:
    """The stock static recipe leaves ops that XNNPACK refuses, so it shows that we see them."""
    from ai_edge_quantizer import quantizer, recipe

    work = quantizer.Quantizer(str(demo_bundle / "demo-fp32.tflite"), recipe.static_wi8_ai8())
    noise = np.random.default_rng(0).standard_normal((1, 96, 96, 3)).astype(np.float32)
    samples = [{"image": noise}]
    statistics = work.calibrate({"serving_default": samples})
    path = tmp_path / "stock.tflite"
    work.quantize(statistics).export_model(str(path))
    where = residency(path)
    assert where.partitions > 5
    assert {"HARD_SWISH", "GELU", "SOFTMAX"} <= set(where.refused_counts)
    assert sum(where.refused_counts.values()) == len(where.refused) < len(where.ops)
    assert all(op.name for op in where.refused)


def test_files_without_our_metadata(float32: Path, tmp_path: Path) -> None:
    from lowformer_edge.runtime.tflite.graph import TFLiteGraph

    graph = TFLiteGraph(float32.read_bytes())
    graph._model.metadata = None
    path = tmp_path / "bare.tflite"
    path.write_bytes(graph.to_bytes())
    assert read_metadata(path) is None
    assert read_metadata(float32) is not None
