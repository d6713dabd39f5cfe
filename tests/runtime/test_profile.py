from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.errors import ArtifactError
from lowformer_edge.runtime.coreml.runner import profile as coreml_profile
from lowformer_edge.runtime.profile import OpTime, Profile, middle_mean
from lowformer_edge.runtime.tflite.litert_model import ProfiledModel, profiler_missing
from lowformer_edge.runtime.tflite.profile import profile, read_summary
from lowformer_edge.runtime.tflite.runner import TFLiteRunner

OPS = (OpTime("conv", "a", 1.0), OpTime("add", "b", 2.0), OpTime("conv", "c", 5.0))
PROFILE = Profile("LiteRT", 10, OPS)


def test_kinds_shares_and_the_slowest() -> None:
    assert PROFILE.kinds() == [("conv", 2, 6.0), ("add", 1, 2.0)]
    assert PROFILE.share(6.0) == 0.75
    assert [op.name for op in PROFILE.slowest(2)] == ["c", "b"]
    assert Profile("LiteRT", 10, (OpTime("add", "a", 0.0),)).share(0.0) == 0


def test_outliers_do_not_count() -> None:
    assert middle_mean([1000.0, 2.0, 1.0, 3.0]) == 2.5
    assert middle_mean([7.0]) == 7.0


def test_a_delegates_node_does_not_count_beside_its_ops() -> None:
    report = """
========== Run Order ==========
   [node type]  [start]  [first]  [avg ms]  [%]  [cdf%]  [mem KB] [times called]  [Name]
   Delegate/Conv (NHWC, F32)  0.000  0.018  0.017  6.815%  7.339%  0.000  3  [Delegate]:1
   TfLiteXNNPackDelegate      0.000  0.080  0.081  50.0%  57.339%  0.000  3  [logits]:7
   SOFTMAX                    0.000  0.002  0.003  1.0%  58.339%  0.000  3  [x, y]:8

========== Top by Computation Time ==========
   SOFTMAX                    0.000  0.002  0.003  1.0%  58.339%  0.000  3  [x, y]:8
"""
    assert read_summary(report) == [
        OpTime("Conv (NHWC, F32)", "[Delegate]:1", 0.017),
        OpTime("SOFTMAX", "[x, y]:8", 0.003),
    ]
    assert read_summary("") == []


@pytest.mark.heavy
def test_the_profiled_model_computes_what_the_interpreter_does(demo_bundle: Path) -> None:
    if profiler_missing():
        pytest.skip(str(profiler_missing()))
    path = demo_bundle / "demo-int8.tflite"
    images = np.random.default_rng(0).standard_normal((1, 3, 96, 96)).astype(np.float32)
    with TFLiteRunner(path) as runner:
        expected = runner.run(images)["logits"]
    model = ProfiledModel(path, 1, [np.moveaxis(images, 1, -1)], [np.zeros_like(expected)])
    model.invoke()
    found = np.frombuffer(model.output()[: expected.nbytes], np.float32)
    np.testing.assert_array_equal(found, expected[0])


def test_all_of_a_tflite_file_is_timed(demo_bundle: Path, tmp_path: Path) -> None:
    found = profile(demo_bundle / "demo-fp32.tflite", 1, 4)
    assert found.missing is None
    kinds = {kind for kind, _, _ in found.kinds()}
    assert any(kind.startswith("Convolution (NHWC, F32)") for kind in kinds)
    assert "Softmax (NC, F32)" in kinds
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"\0\0\0\0TFL3")
    with pytest.raises(ArtifactError, match=r"damaged\.tflite"):
        profile(damaged, 1, 4)


def test_core_ml_says_that_it_tells_none(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        coreml_profile(tmp_path / "none.mlpackage", 1, 4)
