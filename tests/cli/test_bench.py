"""The bench command on real files; its figures are not judged, only what it does with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lowformer_edge.cli.bench import main
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.workflows import bench as benchmark
from lowformer_edge.workflows.bench import choose_files

FAST = ("--runs", "20", "--processes", "2", "--quiet")


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves verdicts out: tests run side by side make every machine unsteady."""
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])


@pytest.fixture
def demo_onnx(all_formats_bundle: Path) -> Path:
    """The demo model as an ONNX file."""
    return all_formats_bundle / "demo-fp32.onnx"


@pytest.mark.heavy
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
    demo_bundle: Path, demo_onnx: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ours = demo_bundle / "demo-int8.tflite"
    assert main([str(ours), "--against", str(demo_onnx), *FAST[:-1]]) == 0
    out, err = capfd.readouterr()
    lines = [line for line in out.splitlines() if "demo-" in line]
    assert ["demo-fp32.onnx" in lines[0], "demo-int8.tflite" in lines[1]] == [True, True]
    assert "1.000-1.000" in lines[0]
    assert "1 thread(s), 20 runs in turns, in 2 processes: valid" in out
    assert "timing in fresh processes, 1 thread(s)" in err


@pytest.mark.heavy
@pytest.mark.parametrize(
    "mode", [["--runs", "6", "--processes", "2"], ["--profile", "--runs", "3"]]
)
def test_files_of_others(
    mode: list[str],
    foreign_files: Path,
    integer_files: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    names = ("faces.tflite", "faces.onnx", "faces.pte", "tokens.onnx", "open-tokens.onnx")
    paths = [*(foreign_files / name for name in names), integer_files / "int8.tflite"]
    assert main([*map(str, paths), *mode, "--json", "--quiet"]) in (0, 1)
    out, err = capfd.readouterr()
    assert "error" not in err
    result = json.loads(out)
    timed = result.get("profiles") or result["benchmarks"][0]["files"]
    assert len(timed) == len(paths)


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
        (["--threads", ",", "BUNDLE"], "--threads takes names with commas between them, not ','"),
        (["--on", "Host, ssh:pi", "BUNDLE"], "timed in one place at a time, not on host, ssh:pi"),
        (["--family", "--variants", " ,"], "--variants takes names with commas between them"),
        (["--runs", "0", "BUNDLE"], "at least 1"),
        (["--processes", "1", "BUNDLE"], "--processes must be at least 2"),
        (["--minutes", "1", "--runs", "9", "BUNDLE"], "leave --runs out"),
        (["--profile", "--processes", "5", "BUNDLE"], "--processes is for ratios"),
        (["--minutes", "0", "BUNDLE"], "--minutes must be above 0"),
        (["--minutes", "nan", "BUNDLE"], "--minutes must be above 0"),
        (["--minutes", "1", "--profile", "BUNDLE"], "not allowed with"),
        (["--family", "BUNDLE"], "--family makes its own files"),
        (["--plot", "p.png", "BUNDLE"], "--plot belongs to --family"),
        (["--family", "--plot", "p.gif"], "--plot takes a .png or .svg file"),
        (["--family", "--rival", "x.onnx"], "--rival takes NAME=FILE, not x.onnx"),
        (["--family", "--rival", "x=none.onnx"], "none.onnx: there is no such file"),
        (["--family", "--variants", "b9"], "model 'b9' is not known"),
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
    assert choose_files([path, path], path, HostTarget()).paths == (path,)


def test_ops_and_their_times(
    demo_bundle: Path, demo_onnx: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tflite = demo_bundle / "demo-int8.tflite"
    arguments = [str(tflite), str(demo_onnx), "--profile", "--runs", "8"]
    assert main([*arguments, "--quiet", "--json"]) == 0
    profiles = json.loads(capfd.readouterr().out)["profiles"]
    assert [item["runtime"] for item in profiles] == ["LiteRT", "ONNX Runtime"]
    for item, expected in zip(profiles, ("IGEMM", "Conv"), strict=True):
        assert item["missing"] is None
        assert item["runs"] == 8
        assert sum(op["share"] for op in item["ops"]) == pytest.approx(1)
        assert sum(kind["ops"] for kind in item["kinds"]) == len(item["ops"]) > 100
        assert any(expected in kind["kind"] for kind in item["kinds"])
        times = [kind["ms"] for kind in item["kinds"]]
        assert times == sorted(times, reverse=True)
    assert main(arguments[1:]) == 0
    out, err = capfd.readouterr()
    assert "kind of op" in out
    assert "demo-fp32.onnx: " in out
    assert "profiling ..." in err


def test_latency_over_minutes(demo_bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    paths = [str(demo_bundle / f"demo-{name}.tflite") for name in ("fp32", "int8")]
    code = main([*paths, "--minutes", "0.03", "--json", "--quiet"])
    (found,) = json.loads(capfd.readouterr().out)["endurance"]
    assert code == (0 if found["verdict"] == "valid" else 1)
    seconds = [moment["seconds"] for moment in found["moments"]]
    assert seconds == sorted(seconds)
    assert seconds[-1] >= 1.8
    for item in found["files"]:
        assert len(item["windows"]) == len(seconds)
        assert all(0 < w["median_ms"] <= w["p90_ms"] for w in item["windows"])
        assert item["change"] in ("steady", "throttled", "faster", "uncertain")
        assert item["change_low"] <= item["change_value"] <= item["change_high"]
    main([paths[0], "--minutes", "0.01"])
    out, err = capfd.readouterr()
    assert "the last window took" in out
    assert "running for 0.01 minutes" in err


@pytest.mark.heavy
@pytest.mark.usefixtures("unhurried")
def test_a_family_and_its_rival(
    demo_onnx: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plot = tmp_path / "family.svg"
    arguments = ["--family", "--variants", "demo", "--output", str(tmp_path / "files")]
    arguments += ["--rival", f"trained={demo_onnx}", *FAST[:-1]]
    assert main([*arguments, "--quiet", "--json", "--plot", str(plot)]) == 0
    (found,) = json.loads(capfd.readouterr().out)["families"]
    ours, rival = found["models"]
    assert (ours["name"], rival["name"]) == ("demo", "trained")
    assert (ours["random_weights"], rival["random_weights"]) == (True, False)
    # The same architecture, counted from the model and from the file.
    assert rival["macs"] == pytest.approx(ours["macs"], rel=0.02)
    assert rival["params"] == pytest.approx(ours["params"], rel=0.02)
    assert ours["ms_per_gmac"] == pytest.approx(1e9 * ours["measured_ms"] / ours["macs"])
    assert found["spearman_measured"]["models"] == 2
    assert "trained" in plot.read_text()
    (made,) = (tmp_path / "files").iterdir()
    before = made.stat().st_mtime_ns
    assert main(arguments) == 0
    assert made.stat().st_mtime_ns == before
    out, err = capfd.readouterr()
    assert "random weights" in out
    assert "cannot be checked on this machine" in out
    assert "making" not in err


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_instructions_on_an_emulated_processor(
    demo_bundle: Path, demo_onnx: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = [str(demo_bundle / "demo-int8.tflite"), str(demo_onnx)]
    arguments = ["--on", "arm:cortex-a76", "--json", "--quiet"]
    assert main([*files, *arguments]) == 0
    int8, fp32 = json.loads(capfd.readouterr().out)["instructions"]
    assert int8["ratio"] == 1
    assert fp32["ratio"] == fp32["instructions"] / int8["instructions"] > 2
    assert int8["classes"]["dot-product"] > 1e6
    assert fp32["classes"]["dot-product"] == 0
    assert main([files[0], "--on", "arm:cortex-a76", "--json", "--quiet"]) == 0
    (again,) = json.loads(capfd.readouterr().out)["instructions"]
    assert again["instructions"] == pytest.approx(int8["instructions"], rel=0.001)


@pytest.mark.heavy
@pytest.mark.usefixtures("arm_lab")
def test_instructions_of_ops_beside_their_times(
    demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(demo_bundle / "demo-int8.tflite"), "--profile", "--runs", "4"]
    arguments += ["--on", "host,arm:cortex-a76"]
    assert main([*arguments, "--json", "--quiet"]) == 0
    result = json.loads(capfd.readouterr().out)
    (found,) = result["op_instructions"]
    assert found["target"] == "arm:cortex-a76"
    assert result["machine"]["processor"]
    groups = found["groups"]
    counts = [group["instructions"] for group in groups]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == found["of_ops"] == pytest.approx(found["instructions"], rel=0.002)
    assert sum(group["share"] for group in groups) == pytest.approx(1)
    assert groups[0]["shape"].startswith("3x3 s1")
    assert 4 < groups[0]["macs"] / groups[0]["instructions"] < 16
    assert all(group["ms"] is not None for group in groups if group["shape"])
    assert main(arguments) == 0
    out, _ = capfd.readouterr()
    assert "op on arm:cortex-a76" in out
    assert "ms here" in out
    assert "million instructions together" in out


def test_targets_that_cannot_be_measured(
    demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(demo_bundle / "demo-int8.tflite")
    for extra, reason in [
        (["--on", "gpu"], "times can be taken on host, on one ssh:HOST, on one phone"),
        (["--on", "arm:cortex-a76,host"], "instructions are counted on arm:CPU alone"),
        (["--on", "ARM:Cortex-A76, ,host"], "instructions are counted on arm:CPU alone"),
        (["--on", "arm:m1"], "no ARM processor is called 'm1'"),
        (["--on", "arm:cortex-a76", "--minutes", "1"], "--minutes needs times"),
        (["--on", "arm:cortex-a76,gpu", "--profile"], "--profile takes host and arm:CPU alone"),
    ]:
        assert main([path, *extra, "--quiet"]) == 2
        assert reason in capfd.readouterr().err
