"""Files in fp16 that are wrong only where half precision is really that."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lowformer_edge import export_model, verify
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.judging.verdict import failures_of_artifact
from lowformer_edge.models.checkpoint import save_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.models.lowformer import LowFormer
from lowformer_edge.models.random_weights import random_model

BLOCK = "backbone.stages.1.op_list.0.main"


def lifted(network: LowFormer) -> None:
    """Multiplies a block's hidden channels by what half precision has no room for."""
    for name in ("weight", "bias"):
        network.get_parameter(f"{BLOCK}.spatial_conv.norm.{name}").data *= 5e4
    network.get_parameter(f"{BLOCK}.point_conv.conv.weight").data /= 5e4


def cancelling(network: LowFormer) -> None:
    """Has two equal hidden channels taken from each other, each times 20,000."""
    spatial = network.get_submodule(f"{BLOCK}.spatial_conv")
    for value in spatial.state_dict().values():
        if value.ndim:
            value[1] = value[0]
    network.get_parameter(f"{BLOCK}.spatial_conv.norm.bias").data[:2] = 20.0
    weight = network.get_parameter(f"{BLOCK}.point_conv.conv.weight").data
    weight[:, 0], weight[:, 1] = 2e4, -2e4


@pytest.fixture
def model(
    request: pytest.FixtureRequest, tmp_path: Path, slight_config: LowFormerConfig
) -> LoadedModel:
    network = random_model(slight_config)
    with torch.no_grad():
        request.param(network)
    save_checkpoint(tmp_path / "changed.safetensors", network, Preprocessing(size=64), "abcde")
    return load_model(weights=tmp_path / "changed.safetensors", config=slight_config)


@pytest.mark.heavy
@pytest.mark.parametrize("model", [lifted], indirect=True)
@pytest.mark.parametrize("name", ["tflite", "executorch", "coreml"])
def test_1_5_an_overflow_is_found_with_its_module(
    name: str, model: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    with pytest.raises(CheckError, match="NaN or infini") as caught:
        export_model(model, tmp_path / "out", f"{name}/fp16", evaluation=noise_images, runs=1)
    assert f"from {BLOCK}.spatial_conv.conv" in str(caught.value)


@pytest.mark.parametrize("model", [lifted], indirect=True)
def test_1_5_an_onnx_file_keeps_in_float32_what_overflows(
    model: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    bundle = export_model(model, tmp_path / "out", "onnx/fp16", evaluation=noise_images, runs=1)
    (artifact,) = bundle.manifest.artifacts
    assert artifact.spec["float32_modules"] == [BLOCK]
    assert artifact.half is not None
    assert artifact.half.parity is not None
    decibels = artifact.half.parity.sqnr_db
    assert decibels == "exact" or decibels > 40
    spec = ExportSpec.from_dict(artifact.spec)
    assert spec.to_dict() == artifact.spec


@pytest.mark.parametrize("modules", [("nowhere",), ("backbone.stages.9",)])
def test_modules_that_are_not_there_are_refused(
    modules: tuple[str, ...], demo_model: LoadedModel, tmp_path: Path, noise_images: Samples
) -> None:
    spec = ExportSpec("onnx", "fp16", float32_modules=modules)
    with pytest.raises(UsageError, match="the model has no module"):
        export_model(demo_model, tmp_path / "out", spec, runs=1)


@pytest.mark.parametrize("model", [cancelling], indirect=True)
def test_1_5_an_overflow_of_the_sums_alone_is_found(
    model: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    with pytest.raises(CheckError, match="summed in float16: gives NaN or infinity") as caught:
        export_model(model, tmp_path / "out", "onnx/fp16", evaluation=noise_images, runs=1)
    assert f"from {BLOCK}.point_conv.conv" in str(caught.value)
    bundle = export_model(
        model,
        tmp_path / "out",
        "onnx/fp16",
        evaluation=noise_images,
        runs=1,
        accumulation="float32",
    )
    (artifact,) = bundle.manifest.artifacts
    assert artifact.half is not None
    assert artifact.half.accumulation == "float32"
    assert not verify(bundle).failures


@pytest.mark.parametrize("model", [lifted], indirect=True)
def test_1_5_verify_and_export_have_one_verdict(
    model: LoadedModel, noise_images: Samples, tmp_path: Path
) -> None:
    bundle = export_model(
        model, tmp_path / "out", "tflite/fp16", evaluation=noise_images, runs=1, keep_failed=True
    )
    (artifact,) = bundle.manifest.artifacts
    (line,) = failures_of_artifact(artifact, (), trained=True)
    found = verify(bundle, weights=tmp_path / "changed.safetensors", images=noise_images)
    assert [text for text in found.failures if "half precision" in text] == [line]


def test_an_unknown_accumulation_is_refused(demo_model: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^accumulation 'bfloat16' is unknown; choose one of float16, float32$"
    ):
        export_model(demo_model, tmp_path, "onnx/fp16", accumulation="bfloat16")  # type: ignore[arg-type]
