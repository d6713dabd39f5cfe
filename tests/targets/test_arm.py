"""Emulated ARM processors: parity and instruction counts; needs the arm laboratory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.errors import ArtifactError, LabError, TargetError
from lowformer_edge.lab.arm import CPUS
from lowformer_edge.progress import SilentProgress
from lowformer_edge.runtime.measure.instructions import InstructionCount
from lowformer_edge.targets.arm import ArmTarget
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.target import Work
from lowformer_edge.tasks.closeness import sqnr

EXPECTED = json.loads(
    (Path(__file__).parents[1] / "data" / "instruction_counts.json").read_text(encoding="utf-8")
)
"""Thousands of instructions, by file and processor, that the demo model's files need."""


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
@pytest.mark.parametrize("cpu", ["cortex-a53", "i8mm", "sme"])
def test_arm_kernels_compute_what_this_processor_does(cpu: str, demo_bundle: Path) -> None:
    manifest = read_manifest(demo_bundle)
    golden = GoldenVectors.load(demo_bundle / manifest.golden.path)
    files = [demo_bundle / "demo-fp32.tflite", demo_bundle / "demo-int8.tflite"]
    work = Work(files, golden.pixels[:1], manifest.preprocessing_spec())
    here, there = (target.run(work, SilentProgress()) for target in (HostTarget(), ArmTarget(cpu)))
    assert there.machine["processor"].startswith(f"{cpu}, emulated by QEMU 1:10.")
    assert "aarch64" in there.machine["system"]
    for one, other, least in zip(here.ran, there.ran, (110, 30), strict=True):
        assert one.outputs is not None
        assert other.outputs is not None
        assert sqnr(one.outputs["logits"], other.outputs["logits"]) > least
        assert other.answer.runtime == "LiteRT"
        assert other.answer.residency == one.answer.residency


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a76", "i8mm"])
def test_instruction_counts_gate_regressions(cpu: str, demo_bundle: Path) -> None:
    manifest = read_manifest(demo_bundle)
    golden = GoldenVectors.load(demo_bundle / manifest.golden.path)
    (count,) = ArmTarget(cpu).count(
        [demo_bundle / "demo-int8.tflite"],
        golden.pixels[:1],
        manifest.preprocessing_spec(),
        progress=SilentProgress(),
    )
    assert isinstance(count, InstructionCount)
    assert count.all / 1000 == pytest.approx(EXPECTED["demo-int8.tflite"][cpu], rel=0.01)
    used = {name for name, number in count.classes.items() if number}
    expected = {"cortex-a53": "widening", "cortex-a76": "dot-product", "i8mm": "matrix"}[cpu]
    assert max(used & {"widening", "dot-product", "matrix"}, key=count.classes.__getitem__) == (
        expected
    )


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
@pytest.mark.parametrize("suffix", ["tflite", "pte", "onnx"])
def test_ops_take_what_their_file_does(suffix: str, all_formats_bundle: Path) -> None:
    path, target = all_formats_bundle / f"demo-int8.{suffix}", ArmTarget("cortex-a76")
    manifest = read_manifest(all_formats_bundle)
    golden = GoldenVectors.load(all_formats_bundle / manifest.golden.path)
    (whole,) = target.count(
        [path], golden.pixels[:1], manifest.preprocessing_spec(), progress=SilentProgress()
    )
    assert isinstance(whole, InstructionCount)
    counts = target.count_ops(path, progress=SilentProgress())
    assert counts.missing is None
    assert len(counts.ops) > 100
    found = sum(op.instructions for op in counts.ops) / whole.all
    # ONNX Runtime's profiler works within the times of ops, much for so small ones.
    assert 1 < found < 10 if suffix == "onnx" else found == pytest.approx(0.98, abs=0.025)


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_ops_of_a_file_that_cannot_be_run(tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(b"TFL3")
    with pytest.raises(ArtifactError, match=r"cut\.tflite"):
        ArmTarget("cortex-a76").count_ops(path, progress=SilentProgress())


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_a_file_that_cannot_be_run_is_an_answer(tmp_path: Path, demo_bundle: Path) -> None:
    manifest = read_manifest(demo_bundle)
    golden = GoldenVectors.load(demo_bundle / manifest.golden.path)
    path = tmp_path / "cut.tflite"
    path.write_bytes((demo_bundle / "demo-fp32.tflite").read_bytes()[:5000])
    (reason,) = ArmTarget("cortex-a76").count(
        [path], golden.pixels[:1], manifest.preprocessing_spec(), progress=SilentProgress()
    )
    assert isinstance(reason, str)
    assert "cut.tflite" in reason


def test_names() -> None:
    assert [ArmTarget(cpu).name for cpu in CPUS] == [f"arm:{cpu}" for cpu in CPUS]
    with pytest.raises(LabError, match="no ARM processor is called 'm1'; there are cortex-a53"):
        ArmTarget("m1")
    assert "Apple" in str(ArmTarget("sme").refusal(Path("a.mlpackage")))


def test_the_processor_that_cannot_be_counted(demo_bundle: Path) -> None:
    manifest = read_manifest(demo_bundle)
    golden = GoldenVectors.load(demo_bundle / manifest.golden.path)
    with pytest.raises(TargetError, match="does not compute it rightly; there are cortex-a53"):
        ArmTarget("sme").count(
            [], golden.pixels[:1], manifest.preprocessing_spec(), progress=SilentProgress()
        )
