"""Measuring on a phone, which is a stand-in behind a server that speaks adb's protocol.

Its times are this machine's and mean nothing; what is held is what becomes of them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.report import main as report
from lowformer_edge.workflows import bench as benchmark

from .adb_server import AdbServer

pytest.importorskip("adbutils", reason="adbutils is not installed")

FAST = ("--runs", "20", "--processes", "2", "--quiet", "--json")

Bench = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(
    phone: AdbServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Bench:
    """Runs the command: its exit code, JSON and messages.

    Timings of tests that run side by side are not judged.
    """
    monkeypatch.setattr(benchmark, "doubts", lambda results, ratios, load: [])

    def run(*arguments: str | Path, mode: str = "", on: str = "adb") -> tuple[int, Any, str]:
        (phone.root / "mode").write_text(mode)
        code = bench([*map(str, arguments), "--on", on])
        out, err = capfd.readouterr()
        return code, json.loads(out) if out else None, err

    return run


@pytest.fixture
def small(demo_bundle: Path, tmp_path: Path) -> Path:
    """A bundle of which two files are for the app's runtimes, and one is for none of them.

    The stand-in does not run them; so they are all the same.
    """
    bundle = tmp_path / "small"
    bundle.mkdir()
    manifest = json.loads((demo_bundle / "manifest.json").read_text())
    record = manifest["artifacts"][0]
    manifest["artifacts"] = []
    for suffix in ("tflite", "pte", "onnx"):
        name = f"demo-fp32.{suffix}"
        shutil.copy(demo_bundle / record["file"]["path"], bundle / name)
        manifest["artifacts"].append({**record, "file": {**record["file"], "path": name}})
    for path in demo_bundle.iterdir():
        if not path.name.startswith("demo-"):
            shutil.copy(path, bundle)
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


def test_a_bundle_is_checked_and_timed(
    run: Bench, phone: AdbServer, small: Path, tmp_path: Path
) -> None:
    code, found, err = run(small, *FAST)
    assert (code, err) == (0, "")
    assert found["machine"]["model"] == "Google Pixel 8"
    assert found["machine"]["throttling after"] == "light"
    assert set(found["left_out"]) == {"demo-fp32.onnx"}
    (timed,) = found["benchmarks"]
    names = [Path(item["path"]).name for item in timed["files"]]
    assert names == ["demo-fp32.tflite", "demo-fp32.pte"]
    for item in timed["files"]:
        assert (item["runs"], item["processes"]) == (20, 2)
        assert item["load_ms"] == 9.5
    # The stand-in's milliseconds are 3 and 4.
    assert timed["files"][1]["ratio"] == pytest.approx(4 / 3, rel=0.05)
    checks = timed["phone"]["checks"]
    assert [(item["file"], item["accelerator"], item["failure"]) for item in checks] == [
        ("demo-fp32.tflite", "cpu", None),
        ("demo-fp32.pte", "cpu", None),
        ("demo-fp32.tflite", "gpu", "the GPU refuses it"),
        ("demo-fp32.tflite", "gpu-fp16", "the GPU refuses it"),
    ]
    assert checks[0]["parity"]["outputs"]["logits"]["sqnr_db"] == pytest.approx(100, abs=3)
    tasks = [item["task"] for item in timed["phone"]["requests"]]
    assert tasks == ["alone"] * 6 + ["time"] * 2
    state = timed["phone"]["requests"][-1]["after"]
    assert (state["battery_percent"], state["thermal_status"]) == (87, 0)
    assert not [path for path in (phone.root / "data/local/tmp").rglob("*") if path.is_file()]
    given = tmp_path / "bench.json"
    given.write_text(json.dumps(found))
    page = tmp_path / "page.html"
    arguments = [str(small), "--bench", str(given), "--output", str(page), "--quiet"]
    assert report(arguments) == 0
    assert "Google Tensor G3" in page.read_text()


def test_what_goes_along(run: Bench, phone: AdbServer, small: Path) -> None:
    code, found, err = run(small, *FAST, mode="gpu crash")
    assert (code, err) == (0, "")
    sent = [line for line in phone.requests if line.startswith("shell,v2:mkdir")]
    assert len(sent) == 1
    checks = found["benchmarks"][0]["phone"]["checks"]
    # Files, the manifest, the golden vectors and the job; answers; and the logits of a check.
    assert phone.requests.count("sync:") == 5 + (1 + 8) + 2
    crashed = [item for item in checks if item["accelerator"] != "cpu"]
    assert ["OutOfMemoryError" in item["failure"] for item in crashed] == [True, True]


def test_files_that_are_of_no_bundle(run: Bench, small: Path, tmp_path: Path) -> None:
    loose = tmp_path / "mine.tflite"
    shutil.copy(small / "demo-fp32.tflite", loose)
    code, found, _ = run(loose, *FAST)
    assert code == 0
    assert found["benchmarks"][0]["phone"]["checks"] == []
    assert found["left_out"] == {}


@pytest.mark.heavy
def test_what_makes_times_mean_nothing(run: Bench, small: Path) -> None:
    for mode, reason in (
        ("hot", "the phone throttled (moderate) during 5 of 5 processes; let it cool down"),
        ("saver", "the phone's battery saver is on"),
        ("wrong", "demo-fp32.pte on adb: "),
    ):
        code, found, err = run(small / "demo-fp32.pte", *FAST, mode=mode)
        assert code == 1
        assert found["benchmarks"][0]["verdict"] == "INVALID"
        assert reason in err
        assert len(err.splitlines()) == 1
    assert "dB SQNR to the eager model" in err
    code, found, _ = run(small / "demo-fp32.pte", *FAST, mode="mute")
    assert code == 0
    assert {item["throttled"] for item in found["benchmarks"][0]["phone"]["requests"]} == {None}


def test_answers_that_are_not_believed(run: Bench, small: Path) -> None:
    for mode, reason in (
        ("lie", "the app's figures are not those of its own times"),
        ("boast", "is not what its own outputs say"),
        ("newer", "install the app of this version"),
        ("low", "adb: the battery is at 9 % and not charging"),
        ("crash", "the app ended without an answer (java.lang.OutOfMemoryError"),
        ("few", "the app did not answer for the request's 1 files"),
    ):
        code, found, err = run(small / "demo-fp32.pte", *FAST, mode=mode)
        assert (code, found) == (1, None)
        assert reason in err
        assert len(err.splitlines()) == 1


def test_a_gpu_that_refuses(run: Bench, small: Path) -> None:
    # The other file is for the processor alone.
    code, found, err = run(small / "demo-fp32.tflite", *FAST, on="adb?accelerator=gpu")
    assert code == 1
    assert found["benchmarks"][0]["phone"]["accelerator"] == "gpu"
    assert "demo-fp32.tflite on adb?accelerator=gpu: the GPU refuses it" in err


def test_latency_over_minutes(run: Bench, small: Path) -> None:
    file = small / "demo-fp32.pte"
    code, result, err = run(file, "--minutes", "0.02", "--json", "--quiet", mode="hot")
    assert (code, err) == (0, "")
    (found,) = result["endurance"]
    assert [moment["throttling"] for moment in found["moments"]] == ["moderate"] * 12
    assert len(found["files"][0]["windows"]) == 12
    assert result["phone"]["requests"][0]["throttled"] is True
    assert run(file, "--minutes", "0.01", "--json", "--quiet", mode="mute")[0] == 0


def test_what_a_phone_cannot_do(run: Bench, small: Path, tmp_path: Path) -> None:
    empty = Path(shutil.copytree(small, tmp_path / "empty"))
    manifest = json.loads((empty / "manifest.json").read_text())
    manifest["artifacts"] = manifest["artifacts"][2:]
    (empty / "manifest.json").write_text(json.dumps(manifest))
    for arguments, reason in (
        ([small, "--profile"], "the app tells no times of single ops; leave --profile out"),
        ([small / "demo-fp32.onnx"], "the app takes .tflite and .pte files alone on the cpu"),
        ([empty], "holds no file that can be timed on adb"),
    ):
        code, _, err = run(*arguments, "--quiet")
        assert code == 2
        assert reason in err
    (small / "demo-fp32.tflite").write_bytes(b"")
    assert "differs from its hash" in run(small)[2]


def test_what_is_left_out_is_said(run: Bench, small: Path) -> None:
    code, _, err = run(small, *FAST[:-2], "--json")
    assert code == 0
    assert "left out: demo-fp32.onnx: the app takes .tflite and .pte files alone" in err
