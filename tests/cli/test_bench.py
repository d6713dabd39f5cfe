"""The bench command on real files; its figures are not judged, only what it does with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lowformer_edge.cli import bench
from lowformer_edge.cli.bench import main
from lowformer_edge.runtime import benchmark

FAST = ("--runs", "20", "--processes", "2", "--quiet")


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves verdicts out: tests run side by side make every machine unsteady."""
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])


@pytest.mark.usefixtures("unhurried")
def test_a_bundles_files_beside_the_first(
    demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([str(demo_bundle), *FAST, "--json", "--threads", "1,2"]) == 0
    result = json.loads(capfd.readouterr().out)
    assert [item["threads"] for item in result["benchmarks"]] == [1, 2]
    for item in result["benchmarks"]:
        assert item["verdict"] == "valid"
        names = [Path(timed["path"]).name for timed in item["files"]]
        assert names[0] == "demo-fp32.tflite"
        assert len(names) == 5
        first = item["files"][0]
        assert (first["ratio"], first["ratio_low"], first["ratio_high"]) == (1, 1, 1)
        for timed in item["files"]:
            assert timed["runtime"] == "LiteRT"
            assert (timed["runs"], timed["processes"]) == (20, 2)
            assert len(timed["process_medians_ms"]) == 2
            assert 0 < timed["p10_ms"] <= timed["median_ms"] <= timed["p90_ms"] <= timed["p99_ms"]
            assert timed["load_ms"] > 0
            assert timed["first_ms"] > 0
            assert timed["peak_mb"] is None or timed["peak_mb"] > 0
            assert timed["ratio_low"] <= timed["ratio"] <= timed["ratio_high"]


@pytest.mark.usefixtures("unhurried")
def test_any_file_against_any_other(
    demo_bundle: Path, all_formats_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = all_formats_bundle / "demo-fp32.onnx"
    ours = demo_bundle / "demo-int8.tflite"
    assert main([str(ours), "--against", str(other), *FAST[:-1]]) == 0
    out, err = capfd.readouterr()
    lines = [line for line in out.splitlines() if "demo-" in line]
    assert ["demo-fp32.onnx" in lines[0], "demo-int8.tflite" in lines[1]] == [True, True]
    assert "1.000-1.000" in lines[0]
    assert "1 thread(s), 20 runs in turns, in 2 processes: valid" in out
    assert "loading demo-fp32.onnx" in err


def test_too_few_runs_are_invalid(demo_bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = demo_bundle / "demo-int8.tflite"
    assert main([str(path), "--runs", "5", "--processes", "2"]) == 1
    out, err = capfd.readouterr()
    assert "6 runs in turns, in 2 processes: INVALID" in out
    assert "INVALID, 1 thread(s): demo-int8.tflite: 3 runs in a process are too few" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none.tflite"], "none.tflite"),
        (["text.txt"], "is none of .tflite"),
        (["empty"], "not a bundle"),
        (["--threads", "two", "BUNDLE"], "--threads takes numbers"),
        (["--threads", "0", "BUNDLE"], "at least 1"),
        (["--runs", "0", "BUNDLE"], "at least 1"),
        (["--processes", "1", "BUNDLE"], "--processes must be at least 2"),
        ([], "required"),
    ],
)
def test_bad_use_is_one_line(
    arguments: list[str],
    reason: str,
    demo_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("hello")
    Path("empty").mkdir()
    given = [str(demo_bundle) if item == "BUNDLE" else item for item in arguments]
    assert main([*given, "--quiet"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert reason in err
    assert len(err.splitlines()) == 1


def test_packages_of_core_ml_are_not_timed_by_a_stand_in(
    coreml_bundles: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bundle = coreml_bundles / "tensor"
    assert main([str(bundle), "--quiet"]) == 2
    assert "holds no file that can be timed here" in capfd.readouterr().err
    assert main([str(bundle / "demo-fp16.mlpackage"), "--quiet"]) == 2
    assert "only the MIL interpreter can compute it" in capfd.readouterr().err


def test_a_damaged_bundle_is_refused(
    demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(demo_bundle, tmp_path / "copy"))
    (copy / "demo-int8.tflite").write_bytes(b"")
    assert main([str(copy), "--quiet"]) == 2
    assert "differs from its hash" in capfd.readouterr().err


def test_the_same_file_is_timed_once(demo_bundle: Path) -> None:
    path = demo_bundle / "demo-int8.tflite"
    options = bench._parser().parse_args([str(path), str(path), "--against", str(path)])
    assert bench._files(options) == [path]
