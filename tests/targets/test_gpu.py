"""LiteRT's GPU accelerator on software Vulkan devices; needs the gpu laboratory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.cli.export import main as export
from lowformer_edge.errors import LabError, TargetError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.targets.gpu import GpuTarget
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.target import Target, TargetRun, Work
from lowformer_edge.tasks.closeness import sqnr


def run(target: Target, files: list[Path], bundle: Path, images: int = 2) -> TargetRun:
    manifest = read_manifest(bundle)
    golden = GoldenVectors.load(bundle / manifest.golden.path)
    work = Work(files, golden.pixels[:images], manifest.preprocessing_spec())
    return target.run(work, SilentProgress())


@pytest.mark.usefixtures("gpu_lab")
def test_whole_files_run_on_the_gpu_alone(demo_bundle: Path) -> None:
    files = [demo_bundle / f"demo-{precision}.tflite" for precision in ("fp32", "fp16", "int8")]
    host, gpu = (run(target, files, demo_bundle) for target in (HostTarget(), GpuTarget()))
    for here, there in zip(host.ran, gpu.ran, strict=True):
        assert here.outputs is not None
        assert there.outputs is not None
        least = 40 if "int8" in files[gpu.ran.index(there)].name else 100
        assert sqnr(here.outputs["logits"], there.outputs["logits"]) > least
        assert "SwiftShader" in (there.answer.device or "")
        assert there.answer.is_software
        assert there.answer.residency is not None
        assert (there.answer.residency.partitions, there.answer.residency.refused) == (1, {})
        assert there.answer.residency.delegated_ops > 100


@pytest.mark.usefixtures("gpu_lab")
def test_a_device_without_fp16_is_found_out(demo_bundle: Path) -> None:
    (ran,) = run(GpuTarget("swiftshader:fp16"), [demo_bundle / "demo-fp32.tflite"], demo_bundle).ran
    assert ran.answer.half is False


@pytest.mark.usefixtures("gpu_lab")
def test_refused_ops_are_named_with_reasons(refused_file: Path, demo_bundle: Path) -> None:
    (ran,) = run(GpuTarget(), [refused_file], demo_bundle).ran
    assert ran.outputs is None
    assert "refuses BROADCAST_TO: Operation is not supported" in str(ran.answer.failure)
    assert ran.answer.residency is not None
    assert ran.answer.residency.refused["BROADCAST_TO"] == 1


@pytest.mark.usefixtures("gpu_lab")
def test_a_damaged_file_is_an_answer_not_a_crash(tmp_path: Path, demo_bundle: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((demo_bundle / "demo-fp32.tflite").read_bytes()[:5000])
    good = demo_bundle / "demo-fp32.tflite"
    damaged, whole = run(GpuTarget(), [path, good], demo_bundle, images=1).ran
    assert "cut.tflite" in str(damaged.answer.failure)
    assert whole.outputs is not None


@pytest.mark.usefixtures("gpu_lab")
def test_the_fp16_of_lavapipe_is_real(slight_model: tuple[str, ...], tmp_path: Path) -> None:
    bundle = tmp_path / "slight"
    few = ("--evaluation-images", "8", "--runs", "1", "--quiet")
    assert export([*slight_model, "--to", "tflite", "--output", str(bundle), *few]) == 0
    path = bundle / "slight-fp32.tflite"
    (here,) = run(HostTarget(), [path], bundle, images=1).ran
    (there,) = run(GpuTarget("fp16"), [path], bundle, images=1).ran
    assert there.answer.half is True
    assert "llvmpipe" in (there.answer.device or "")
    assert here.outputs is not None
    assert there.outputs is not None
    assert 35 < sqnr(here.outputs["logits"], there.outputs["logits"]) < 90


def test_without_a_device_the_lab_is_named(demo_bundle: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from lowformer_edge.runtime.tflite.gpu import TFLiteGpuRunner\n"
        f"TFLiteGpuRunner(Path({str(demo_bundle / 'demo-fp32.tflite')!r}))\n"
    )
    environment = {"VK_DRIVER_FILES": "/none", "VK_ICD_FILENAMES": "/none"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert "MissingDependencyError: there is no Vulkan device here" in done.stderr
    assert "lowformer-lab gpu" in done.stderr


def test_choices() -> None:
    assert GpuTarget("").name == "gpu"
    assert GpuTarget("lavapipe:fp16").half
    assert not GpuTarget("lavapipe").half
    for choice in ("fp8", "swiftshader:lavapipe"):
        with pytest.raises(TargetError, match="after gpu there can be fp16 and one of"):
            GpuTarget(choice)
    assert GpuTarget().refusal(Path("a.onnx"))
    assert GpuTarget().refusal(Path("a.tflite")) is None


def test_a_missing_lab(demo_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOWFORMER_EDGE_LABS", str(tmp_path))
    with pytest.raises(LabError, match="there is no gpu lab"):
        run(GpuTarget(), [demo_bundle / "demo-fp32.tflite"], demo_bundle)
    assert list(tmp_path.iterdir()) == []
