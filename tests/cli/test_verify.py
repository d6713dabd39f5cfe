"""The verify command, called as a user calls it, on a bundle of all formats."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge import demo
from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.manifest import FileRecord, read_manifest
from lowformer_edge.cli.inspect import main as inspect
from lowformer_edge.cli.verify import main
from lowformer_edge.progress import QUIET
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.target import Work


@pytest.fixture
def bundle(all_formats_bundle: Path) -> Path:
    return all_formats_bundle


def test_one_calibration_serves_all_targets_closely(bundle: Path) -> None:
    manifest = read_manifest(bundle)
    assert manifest.calibration is not None
    names = [
        f"demo-{precision}.{suffix}"
        for suffix in ("tflite", "pte", "onnx", "mlpackage")
        for precision in ("fp32", "int8")
    ]
    assert [item.file.path for item in manifest.artifacts] == names
    for item in manifest.artifacts:
        assert item.parity is not None
        assert item.parity.top1 is not None
        assert item.parity.reference_top1 is not None
        assert abs(item.parity.top1.value - item.parity.reference_top1.value) <= 1.0
        if item.format == "coreml":
            assert (item.runtime, item.residency, item.latency) == ("MIL interpreter", None, None)
            continue
        assert item.residency is not None
        assert (item.residency.partitions, item.residency.refused) == (1, {})
        assert item.latency is not None
        assert item.latency.ratio_to_fp32 is not None


@pytest.mark.heavy
def test_all_files_agree_with_the_model_and_each_other(
    bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    images = ["--evaluation-images", "1000"]
    assert main([str(bundle), *images, "--json", "--quiet"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    result = json.loads(out)
    assert result["failures"] == []
    assert result["images"] == 1000
    pairs = {(edge["first"], edge["second"]): edge for edge in result["edges"]}
    assert len(pairs) == 9 * 8 // 2
    for (first, second), edge in pairs.items():
        exact = "int8" not in first + second
        assert edge["agreement"]["value"] >= (99.9 if exact else 99.0), (first, second)
        assert edge["outputs"]["logits"]["sqnr_db"] > (90 if exact else 26)
        if first == "eager":
            assert abs(edge["top1"]["value"] - edge["reference_top1"]["value"]) <= 0.5


def test_the_table(bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [str(bundle), "--evaluation-data", str(demo.EVALUATION)]
    assert main([*arguments, "--evaluation-images", "50"]) == 0
    out, err = capfd.readouterr()
    assert "demo-int8.onnx" in out
    assert "eager" in out
    assert "on 50 images of evaluation.npz; eager has" in out
    assert "running on host" in err


@pytest.mark.heavy
def test_a_file_that_does_something_else_is_named(
    bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    by_path = {item["file"]["path"]: item for item in manifest["artifacts"]}
    # The INT8 file under the float32 file's name, with its own hash.
    by_path["demo-fp32.onnx"]["file"] |= {
        key: by_path["demo-int8.onnx"]["file"][key] for key in ("sha256", "bytes")
    }
    shutil.copy(folder / "demo-int8.onnx", folder / "demo-fp32.onnx")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    few = ["--evaluation-data", str(demo.EVALUATION), "--evaluation-images", "50"]
    assert main([str(folder), *few, "--quiet"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "failed: demo-fp32.onnx on host:" in err
    assert "below the 80 that fp32 keeps" in err
    assert len(err.splitlines()) == 1


def refused(arguments: list[str], reason: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert len(err.splitlines()) == 1


def confuse(file: Path, bundle: Path) -> None:
    """Flips bits of a file, or of a package's model, until its runtime does not run it."""
    opened = open_bundle(bundle)
    part = file / "Data/com.apple.CoreML/model.mlmodel" if file.is_dir() else file
    content, rng = part.read_bytes(), random.Random(0)
    for _ in range(500):
        damaged = bytearray(content)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        part.write_bytes(damaged)
        work = Work([file], opened.golden().pixels[:1], opened.preprocessing)
        if HostTarget().run(work, QUIET).ran[0].answer.failure:
            return
    pytest.fail(f"nothing confused the runtime of {file.name}")


@pytest.mark.heavy
def test_3_6_files_that_kill_or_confuse_their_runtime_are_lines_and_the_others_are_judged(
    bundle: Path,
    killing_file: Path,
    endless_file: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One of each format; the run of ONNX's has no end."""
    monkeypatch.setattr(HostTarget, "patience", 20.0)  # within which every runtime is loaded
    copied = tmp_path / "bundle"
    shutil.copytree(bundle, copied)
    bad = [f"demo-fp32.{suffix}" for suffix in ("tflite", "pte", "onnx", "mlpackage")]
    shutil.copyfile(killing_file, copied / "demo-fp32.pte")
    shutil.copyfile(endless_file, copied / "demo-fp32.onnx")
    for name in ("demo-fp32.tflite", "demo-fp32.mlpackage"):
        confuse(copied / name, bundle)
    content = json.loads((copied / "manifest.json").read_text())
    for item in content["artifacts"]:
        item["file"] = FileRecord.of(copied / item["file"]["path"]).model_dump()
    (copied / "manifest.json").write_text(json.dumps(content))
    assert main([str(copied), "--evaluation-images", "20", "--json", "--quiet"]) == 1
    out, err = capfd.readouterr()
    result = json.loads(out)
    failures = {line.partition(" on host: ")[0]: line for line in result["failures"]}
    assert sorted(failures) == sorted(bad)
    assert sorted(err.splitlines()) == sorted(f"failed: {line}" for line in failures.values())
    assert "was ended by SIG" in failures["demo-fp32.pte"]
    assert "made no progress for 20 s and was ended" in failures["demo-fp32.onnx"]
    judged = {edge["second"] for edge in result["edges"] if edge["first"] == "eager"}
    assert judged == {f"demo-int8.{suffix}" for suffix in ("tflite", "pte", "onnx", "mlpackage")}


def test_bad_requests(bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused([str(tmp_path)], "not a bundle", capfd)
    refused([str(bundle), "--threads", "0"], "at least 1", capfd)
    refused([str(bundle), "--weights", "x"], "belongs to --evaluation-data", capfd)
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"x")
    arguments = [str(bundle), "--evaluation-data", str(demo.EVALUATION), "--weights", str(other)]
    refused(arguments, "is not the checkpoint that the bundle was made from", capfd)
    folder = tmp_path / "damaged"
    shutil.copytree(bundle, folder)
    (folder / "demo-int8.pte").write_bytes(b"")
    refused([str(folder)], "demo-int8.pte: differs from its hash", capfd)


def test_golden_vectors_need_no_torch(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "onnx-only"
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"] = [
        item for item in manifest["artifacts"] if item["format"] != "executorch"
    ]
    manifest["source"]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code = (
        "import sys\n"
        "from lowformer_edge.cli.verify import main\n"
        f"assert main([{str(folder)!r}]) == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert "on 8 golden vectors" in result.stdout


@pytest.mark.parametrize("name", ["demo-int8.pte", "demo-int8.onnx"])
def test_every_format_can_be_inspected(
    name: str, bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert inspect([str(bundle / name)]) == 0
    out, _ = capfd.readouterr()
    assert "input: image float32 [1, 3, 96, 96] NCHW" in out
    assert "not delegated: 0" in out
    assert inspect([str(bundle / name), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["metadata"]["labels"][1] == "Trouser"


@pytest.mark.heavy
def test_logits_are_the_same_whatever_the_threads(
    bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    figures = []
    for threads in ("1", "2"):
        arguments = [str(bundle), "--evaluation-data", str(demo.EVALUATION), "--json", "--quiet"]
        assert main([*arguments, "--evaluation-images", "30", "--threads", threads]) == 0
        edges = json.loads(capfd.readouterr().out)["edges"]
        figures.append([edge["agreement"]["value"] for edge in edges])
    assert np.allclose(figures[0], figures[1], atol=4)


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab", "gpu_lab")
def test_the_whole_lattice_in_a_small_form(
    all_formats_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    images = ["--evaluation-images", "50", "--target-images", "2"]
    arguments = [
        str(all_formats_bundle),
        *images,
        "--on",
        "gpu,arm:cortex-a76",
        "--json",
        "--quiet",
    ]
    assert main(arguments) == 0
    out, err = capfd.readouterr()
    assert err == ""
    result = json.loads(out)
    assert set(result["targets"]) == {"host", "gpu", "arm:cortex-a76"}
    links = {(link["first"], link["second"]): link for link in result["links"]}
    for target in ("tflite", "executorch", "onnx", "coreml"):
        assert links["eager", f"rewritten for {target}"]["outputs"]["logits"]["sqnr_db"] > 110
    for name in ("fp32.tflite", "int8.tflite", "fp32.pte", "int8.pte", "fp32.onnx", "int8.onnx"):
        link = links[f"demo-{name} on host", f"demo-{name} on arm:cortex-a76"]
        assert link["outputs"]["logits"]["sqnr_db"] > (100 if "fp32" in name else 30)
        assert (link["images"], link["failure"]) == (2, None)
        assert ("eager", f"demo-{name} on arm:cortex-a76") in links
    assert (
        links["demo-fp32.tflite on host", "demo-fp32.tflite on gpu"]["outputs"]["logits"]["sqnr_db"]
        > 100
    )
    placed = {(item["file"], item["target"]): item for item in result["placed"]}
    assert "SwiftShader" in placed["demo-fp32.tflite", "gpu"]["device"]
    assert "Apple" in placed["demo-fp32.mlpackage", "arm:cortex-a76"]["not_run"]
    assert placed["demo-int8.pte", "arm:cortex-a76"]["residency"]["partitions"] == 1


def test_a_requirement_is_checked_where_a_target_tells(
    demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    few = ["--evaluation-images", "8", "--quiet"]
    assert main([str(demo_bundle), *few, "--require", "partitions>=2"]) == 1
    err = capfd.readouterr().err.splitlines()
    assert len(err) == 5
    assert "failed: demo-int8.tflite on host: breaks partitions>=2 with 1" in err


def test_unknown_targets(demo_bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused([str(demo_bundle), "--on", "tpu"], "no target is called 'tpu'", capfd)
    refused([str(demo_bundle), "--on", "GPU, tpu,"], "no target is called 'tpu'", capfd)
    refused([str(demo_bundle), "--on", ","], "--on takes names with commas between them", capfd)
    refused([str(demo_bundle), "--on", "npu"], "npu: give a chip, such as npu:8gen3", capfd)
    refused([str(demo_bundle), "--on", "arm:m1"], "no ARM processor is called 'm1'", capfd)
    refused([str(demo_bundle), "--require", "speed>3"], "not a condition", capfd)
    refused([str(demo_bundle), "--target-images", "0"], "at least 1", capfd)


def test_two_files_of_others(foreign_files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first, second = str(foreign_files / "faces.onnx"), str(foreign_files / "faces.tflite")
    assert main([first, second]) == 0
    out, _ = capfd.readouterr()
    assert "[1, 896, 16]" in out
    assert "1 inference(s) on noise" in out
    assert main([first, second, "--quiet", "--min-sqnr", "1000"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2
    assert "dB, less than 1000" in err
    assert main([first, first, "--json", "--quiet", "--min-sqnr", "1000"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert [item["sqnr_db"] for item in result["outputs"]] == ["exact", "exact"]


def test_what_cannot_be_said_of_two_files(
    foreign_files: Path, demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = str(foreign_files / "faces.onnx"), str(foreign_files / "tokens.onnx")
    refused([first, second], "1 inputs and ", capfd)
    refused([first, first, first], "give one bundle, or two files", capfd)
    refused([first, first, "--on", "gpu"], "--on is for a bundle, not for two files", capfd)
    refused([first, first, "--golden", "no.npz"], "no.npz: not a readable array file", capfd)
    refused([first, first, "--min-sqnr", "nan"], "--min-sqnr must be a number of dB", capfd)
    refused([str(demo_bundle), "--min-sqnr", "30"], "--min-sqnr is for two files", capfd)
