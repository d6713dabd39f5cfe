"""``lowformer-bench --phone-report``: what the app saved, and what is no such file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowformer_edge.cli.bench import main
from lowformer_edge.cli.report import main as report_page
from lowformer_edge.errors import LowFormerEdgeError
from lowformer_edge.workflows.phone_report import judge_phone_report

from ..targets.adb.reporting_app import PASSES, ROUNDS, report_of

NAMES = ["demo-fp32.tflite", "demo-int8.tflite"]

Bench = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(demo_bundle: Path) -> dict[str, Any]:
    return report_of(demo_bundle, NAMES)


@pytest.fixture
def run(demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Bench:
    """Runs the command on a report."""

    def run(content: Any, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "report.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        code = main([str(demo_bundle), "--phone-report", str(path), *arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def at(report: dict[str, Any], place: str) -> tuple[Any, Any]:
    """What holds a value, and its key there."""
    *outer, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    found: Any = report
    for part in outer:
        found = found[part]
    return found, last


def test_a_report_is_judged_as_times_over_adb(
    run: Bench, report: dict[str, Any], demo_bundle: Path, tmp_path: Path
) -> None:
    code, out, err = run(report, "--json", "--quiet")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["machine"]["model"] == "Google Pixel 8"
    assert found["left_out"]["demo-int8.tflite on the gpu"] == "the GPU refuses it"
    assert found["left_out"]["demo-fp16.tflite"] == "the phone's report has nothing of it"
    (timed,) = found["benchmarks"]
    assert (timed["threads"], timed["verdict"]) == (4, "valid")
    assert [Path(item["path"]).name for item in timed["files"]] == NAMES
    for item in timed["files"]:
        assert (item["runs"], item["processes"]) == (PASSES * ROUNDS, PASSES)
        assert (item["load_ms"], item["first_ms"], item["peak_mb"]) == (9.5, 4.5, 2.5)
    # The stand-in's milliseconds are 3 and 4.
    assert timed["files"][1]["ratio"] == pytest.approx(4 / 3, rel=0.05)
    checks = timed["phone"]["checks"]
    assert checks[0]["parity"]["data"] == "golden vectors, by the app itself"
    assert checks[0]["parity"]["outputs"]["logits"]["sqnr_db"] == 99.5
    assert checks[0]["parity"]["agreement"]["low"] < 100
    assert timed["phone"]["requests"][0]["after"]["battery_celsius"] == 29.5
    saved = tmp_path / "bench.json"
    saved.write_text(out)
    page = tmp_path / "page.html"
    arguments = [str(demo_bundle), "--bench", str(saved), "--output", str(page), "--quiet"]
    assert report_page(arguments) == 0


def test_the_table_says_whose_parity_it_is(run: Bench, report: dict[str, Any]) -> None:
    code, out, err = run(report)
    assert code == 0
    assert "left out: demo-fp32.tflite on the gpu: the GPU refuses it" in err
    for words in (
        "the app's own parity",
        "36 runs in turns, in 3 openings in one process: valid",
        "alone in the app's process",
        "battery: 29.5 °C",
        "2026-11-29T12:00:00Z by the phone's clock",
        "\non its cpu:\n",
        "99.5",
    ):
        assert words in out


def test_what_a_report_says_is_printable(run: Bench, report: dict[str, Any]) -> None:
    refused = report["requests"][-1]["answer"]["result"]
    refused["files"][0]["failure"] = "no\x1b[31m[bold]\u202e"
    report["requests"][0]["answer"]["machine"]["model"] = "x\x1b[31m[bold]y"
    code, out, err = run(report)
    assert code == 0
    assert "\x1b" not in out + err
    assert "no\\x1b[31m[bold]" in err
    assert "x\\x1b[31m[bold]y" in out


@pytest.mark.parametrize(
    ("place", "value", "doubt"),
    [
        ("requests.0.answer.result.parities.0.outputs.logits.sqnr_db", 41.0, "below the 80 that"),
        ("requests.3.answer.throttled", True, "throttled"),
        ("requests.1.answer.after.power_save", True, "battery saver is on"),
    ],
)
def test_what_speaks_against_the_figures(
    run: Bench, report: dict[str, Any], place: str, value: Any, doubt: str
) -> None:
    holder, key = at(report, place)
    # What the stand-in says of all is one and the same object.
    changed = json.loads(json.dumps(holder))
    changed[key] = value
    outer, name = at(report, place.rpartition(".")[0])
    outer[name] = changed
    code, out, err = run(report, "--json", "--quiet")
    assert code == 1
    assert "INVALID, 4 thread(s): cpu: " in err
    assert doubt in err
    assert json.loads(out)["benchmarks"][0]["verdict"] == "INVALID"


def test_a_file_that_fails_after_its_check_is_left_out(run: Bench, report: dict[str, Any]) -> None:
    answer = report["requests"][2]["answer"]
    answer |= {"outcome": "failed", "reason": "demo-int8.tflite: no memory\nleft", "result": None}
    for request in report["requests"][3 : 3 + PASSES]:
        request["task"] |= {"files": [0], "first": 0}
        for name in ("milliseconds", "summaries"):
            request["answer"]["result"][name] = request["answer"]["result"][name][:1]
    code, out, _ = run(report, "--json", "--quiet")
    assert code == 0
    found = json.loads(out)
    assert found["left_out"]["demo-int8.tflite on the cpu"] == "no memory left"
    assert len(found["benchmarks"][0]["files"]) == 1


TIMED = "requests.3.answer.result"


@pytest.mark.parametrize(
    ("place", "value", "code", "reason"),
    [
        ("report", 2, 2, "no phone's report (report: "),
        ("created", "today", 2, "no phone's report (created: "),
        ("extra", 1, 2, "no phone's report (extra: "),
        ("files", [], 2, "no phone's report (files: "),
        ("files.0.path", "../demo-fp32.tflite", 2, "no phone's report (files.0.path: "),
        ("files.0.path", "other.tflite", 2, "other.tflite is not that file of"),
        ("files.0.sha256", "0" * 64, 2, "demo-fp32.tflite is not that file of"),
        ("bundle.manifest_sha256", "0" * 64, 2, "is of another bundle (demo)"),
        ("requests.0.task.task", "run", 2, "no phone's report (requests.0.task: "),
        ("requests.0.task.files", [0, 2], 2, "requests.0.task.files are none, or no such files"),
        ("requests.3.task.files", [0, 0], 2, "requests.3.task.files are none, or no such files"),
        ("requests.0.task.threads", 1, 2, "several numbers of threads"),
        ("requests.0.answer.outcome", "failed", 1, "not one check that was done"),
        ("requests.0.task.accelerator", "gpu", 1, "not one check that was done"),
        ("requests.0.answer.result.parities", [], 1, "did not answer for the request's 2 files"),
        ("requests.0.answer.result.parities.0", None, 1, "a parity contradicts its file's"),
        ("requests.0.answer.result.parities.0.agreement", None, 1, "is none of its task"),
        ("requests.0.answer.result.parities.0.agreement", 101.0, 1, "is none of its task"),
        ("requests.0.answer.result.parities.0.outputs", {}, 1, "is none of its task"),
        ("requests.1.answer.result.load_ms", -1.0, 1, "times are not above 0"),
        ("requests.1.answer.result.batch", 0, 1, "a file's first run is none"),
        ("requests.1.answer.result.peak_mb", "x", 1, "the app's answer cannot be read"),
        ("requests.1.task.files", [1], 1, "a file was not opened alone, or twice"),
        ("requests.1.answer.outcome", "cancelled", 1, "was not finished"),
        ("requests.1.answer.outcome", "failed", 1, "timed that were not checked before"),
        ("requests.3.task.rounds", 11, 1, "figures are not those of its own times"),
        ("requests.3.task.files", [0], 1, "all files of an accelerator are timed twice or more"),
        ("requests.3.task.timeout_s", 0.01, 1, "longer than a request may take"),
        (f"{TIMED}.milliseconds.0.0", 0.0, 1, "figures are not those of its own times"),
        (f"{TIMED}.summaries.0.median_ms", 1.0, 1, "figures are not those of its own times"),
        (f"{TIMED}.summaries", [], 1, "did not answer for the request's 2 files"),
        (f"{TIMED}.milliseconds.0", ["x"] * ROUNDS, 1, "the app's answer cannot be read"),
    ],
)
def test_damage_is_one_line(
    run: Bench, report: dict[str, Any], place: str, value: Any, code: int, reason: str
) -> None:
    holder, key = at(report, place)
    holder[key] = value
    found, out, err = run(report, "--json", "--quiet")
    assert (found, out) == (code, "")
    assert reason in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"report": NaN}', "[" * 100_000])
def test_other_texts_are_one_line(run: Bench, text: str) -> None:
    code, out, err = run(text, "--quiet")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


def test_a_report_that_is_too_large_is_not_read(run: Bench) -> None:
    code, _, err = run(" " * 4_000_001, "--quiet")
    assert code == 2
    assert "cannot be read" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--on", "adb"], "was measured already; leave --on"),
        (["--runs", "9"], "was measured already; leave --on"),
        (["--threads", "2"], "was measured already; leave --on"),
        (["--profile"], "not allowed with"),
        (["--against", "other"], "was measured already; leave --on"),
    ],
)
def test_what_cannot_be_had_of_a_report(
    run: Bench, report: dict[str, Any], arguments: list[str], reason: str
) -> None:
    code, _, err = run(report, *arguments, "--quiet")
    assert code == 2
    assert reason in err


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, 0, 1, 10**30, 1e308, "", "exact", [], {}, True, float("nan"), float("inf")]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_odd_is_judged_or_refused(
    data: st.DataObject, demo_bundle: Path, tmp_path: Path
) -> None:
    report = json.loads(json.dumps(report_of(demo_bundle, NAMES)))
    value: Any = report
    while isinstance(value, dict | list) and value:
        holder = value
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        value = holder[key]
        if data.draw(st.integers(0, 5)) == 0:
            break
    holder[key] = data.draw(ODD)
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(report))
    error = ""
    try:
        for benchmark in judge_phone_report(demo_bundle, path).benchmarks:
            assert benchmark.record().files
    except LowFormerEdgeError as raised:
        error = str(raised)
    assert len(error.splitlines()) <= 1
