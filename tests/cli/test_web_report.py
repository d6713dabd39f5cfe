"""``--web-report``: what the page of a site saved of a bundle, and what is no such file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.report import main as report_page
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.errors import LowFormerEdgeError
from lowformer_edge.workflows.web_report import judge_web_report

from ..targets.web.stand_in import encoded, report_of

NAMES = ["demo-fp32.tflite", "demo-int8.tflite"]

Json = dict[str, Any]
Run = Callable[..., tuple[int, str, str]]

# Requests are two checks, two first runs, and three times in turns.
RESULT = "requests.0.answer.result"
TIMES = "requests.4.answer.result"


@pytest.fixture
def report(demo_bundle: Path) -> Json:
    whole: Json = json.loads(json.dumps(report_of(demo_bundle, NAMES)))
    return whole


@pytest.fixture
def run(demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs ``lowformer-bench``, or another command, on a report."""

    def run(
        content: Any, *arguments: str, command: Any = bench, quiet: bool = True
    ) -> tuple[int, str, str]:
        path = tmp_path / "report.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        silence = ["--quiet"] if quiet else []
        code = command([str(demo_bundle), "--web-report", str(path), *arguments, *silence])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def at(report: Json, place: str) -> tuple[Any, Any]:
    """What holds a value, and its key there."""
    *outer, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    holder: Any = report
    for part in outer:
        holder = holder[part]
    return holder, last


def fail_check(report: Json, number: int, reason: str) -> None:
    """Has a file fail in its check, and leaves it out of what is timed, as the page does."""
    answer = report["requests"][number]["answer"]
    answer["result"]["files"][0]["failure"] = reason
    answer["result"]["outputs"][0] = None


def test_times_are_judged_as_times_elsewhere(run: Run, report: Json, tmp_path: Path) -> None:
    code, out, err = run(report, "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["machine"]["browser"] == "Stand-in 1.0"
    assert told["left_out"]["demo-fp16.tflite"] == "browsers ran nothing of it"
    (timed,) = told["benchmarks"]
    assert (timed["threads"], timed["verdict"]) == (1, "valid")
    assert [Path(one["path"]).name for one in timed["files"]] == NAMES
    # The stand-in's milliseconds are 3 and 4.
    assert timed["files"][1]["ratio"] == pytest.approx(4 / 3, rel=0.05)
    assert [(one["processes"], one["runs"]) for one in timed["files"]] == [(3, 36)] * 2
    assert [check["failure"] for check in timed["browser"]["checks"]] == [None, None]
    assert "by native code, are others" in timed["browser"]["caveat"]
    saved = tmp_path / "bench.json"
    saved.write_text(out)
    folder = str(tmp_path / "page.html")
    bundle = Path(timed["files"][0]["path"]).parent
    assert report_page([str(bundle), "--bench", str(saved), "--output", folder, "--quiet"]) == 0


def test_the_table_says_what_times_do_not_say(run: Run, report: Json) -> None:
    code, out, _ = run(report, quiet=False)
    words = " ".join(out.split())
    assert code == 0
    for said in (
        "2026-11-29T12:00:00Z by the browser's clock",
        "by wasm:",
        "36 runs in turns, in 3 workers: valid",
        "of the file alone in a fresh worker",
        "in Stand-in 1.0 on Linux, by wasm",
        "demo-fp32.tflite: exact SQNR to the eager model on its golden vectors",
        "those of an app, which runs the same file by native code, are others",
    ):
        assert said in words


def test_each_accelerator_is_a_table(run: Run, demo_bundle: Path) -> None:
    code, out, _ = run(report_of(demo_bundle, NAMES, ("wasm", "webgpu")), "--json")
    accelerators = [one["browser"]["accelerator"] for one in json.loads(out)["benchmarks"]]
    assert (code, accelerators) == (0, ["wasm", "webgpu"])


def test_verifying_takes_it_beside_the_host(run: Run, report: Json) -> None:
    code, out, err = run(report, "--evaluation-images", "8", "--json", command=verify)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert [(one["file"], one["accelerator"]) for one in told["browsers"]] == [
        (name, "wasm") for name in NAMES
    ]
    assert told["browsers"][0]["parity"]["agreement"]["value"] == 100
    assert list(told["targets"]) == ["host"]


def test_verifying_shows_it(run: Run, report: Json) -> None:
    fail_check(report, 1, "XNNPACK does not\ntake it")
    del report["requests"][2:]
    code, out, err = run(report, "--evaluation-images", "8", command=verify, quiet=False)
    assert code == 1
    rows = [line.split() for line in out.splitlines() if "wasm" in line]
    assert rows == [
        ["demo-fp32.tflite", "wasm", "exact", "100.00", "pass"],
        ["demo-int8.tflite", "wasm", "-", "-", "XNNPACK", "does", "not", "take", "it"],
    ]
    assert "failed: demo-int8.tflite in the browser, by wasm: XNNPACK does not take it" in err


@pytest.mark.parametrize("reason", ["", " ", "\n"])
def test_a_failure_without_a_reason_is_one(run: Run, report: Json, reason: str) -> None:
    fail_check(report, 1, reason)
    del report["requests"][2:]
    code, _, err = run(report, "--evaluation-images", "8", command=verify)
    assert code == 1
    assert "demo-int8.tflite in the browser, by wasm: no reason is given" in err


@pytest.mark.parametrize("reason", ["the worker was silent", "", None])
def test_a_check_that_was_not_done_is_a_failure(run: Run, report: Json, reason: str | None) -> None:
    answer = report["requests"][1]["answer"]
    answer |= {"outcome": "failed", "reason": reason, "result": None}
    del report["requests"][2:]
    code, _, err = run(report, "--evaluation-images", "8", command=verify)
    assert code == 1
    assert f"demo-int8.tflite in the browser, by wasm: {reason or 'no reason is given'}" in err


def test_outputs_of_something_else_are_a_failure(run: Run, report: Json) -> None:
    values = np.random.default_rng(0).random((8, 10)).astype(np.float32)
    report["requests"][1]["answer"]["result"]["outputs"][0]["logits"] = encoded(values)
    code, _, err = run(report, "--evaluation-images", "8", command=verify)
    assert code == 1
    assert "demo-int8.tflite in the browser, by wasm: " in err
    code, out, _ = run(report, "--json")
    (timed,) = json.loads(out)["benchmarks"]
    assert (code, timed["verdict"]) == (1, "INVALID")
    assert timed["doubts"][0].startswith("wasm: demo-int8.tflite on Stand-in 1.0 on Linux, wasm")


def test_a_hidden_page_has_no_times(run: Run, report: Json) -> None:
    report["requests"][4]["answer"]["hidden"] = True
    code, out, err = run(report, "--json")
    (timed,) = json.loads(out)["benchmarks"]
    assert (code, timed["verdict"]) == (1, "INVALID")
    assert "the page was hidden while it measured" in err


def test_what_was_not_timed_to_the_end_is_left_out(run: Run, report: Json) -> None:
    answer = report["requests"][6]["answer"]
    answer |= {"outcome": "failed", "reason": "the worker was silent", "result": None}
    code, _, err = run(report)
    assert code == 2
    assert "no file was timed (demo-fp32.tflite by wasm: it was not timed to the end; " in err


def test_files_that_ran_are_timed_without_those_that_failed(run: Run, report: Json) -> None:
    fail_check(report, 1, "XNNPACK does not take it")
    del report["requests"][3]
    for request in report["requests"][3:]:
        request["task"] |= {"files": [0], "first": 0}
        for values in ("milliseconds", "runs"):
            del request["answer"]["result"][values][1]
    code, out, _ = run(report, "--json")
    assert code == 0
    told = json.loads(out)
    assert told["left_out"]["demo-int8.tflite by wasm"] == "XNNPACK does not take it"
    assert len(told["benchmarks"][0]["files"]) == 1


@pytest.mark.parametrize(
    ("place", "value", "code", "reason"),
    [
        ("report", 2, 2, "no report of a browser (report: "),
        ("created", "today", 2, "no report of a browser (created: "),
        ("extra", 1, 2, "no report of a browser (extra: "),
        ("machine", {"x" * 65: "y"}, 2, "no report of a browser (machine."),
        ("machine", {str(k): "y" for k in range(65)}, 2, "no report of a browser (machine: "),
        ("machine.system", "x" * 2001, 2, "no report of a browser (machine.system: "),
        ("files", [], 2, "no report of a browser (files: "),
        ("requests", [], 2, "no report of a browser (requests: "),
        ("bundle.manifest_sha256", "0" * 64, 2, "is of another bundle (demo)"),
        ("files.0.name", "other.tflite", 2, "other.tflite is not that file of"),
        ("files.0.name", "../demo-fp32.tflite", 2, "../demo-fp32.tflite is not that file of"),
        ("files.0.bytes", 5, 2, "demo-fp32.tflite is not that file of"),
        ("files.0.sha256", "0" * 64, 2, "demo-fp32.tflite is not that file of"),
        ("files.0.precision", "int8", 2, "demo-fp32.tflite is not that file of"),
        ("files.0.outputs.0.name", "scores", 2, "demo-fp32.tflite is not that file of"),
        ("files.1.name", "demo-fp32.tflite", 2, "names a file twice"),
        ("requests.0.task.task", "run", 2, "no report of a browser (requests.0.task: "),
        ("requests.0.task.files", [2], 2, "requests.0.task.files are no such files"),
        ("requests.0.task.files", [-1], 2, "requests.0.task.files are no such files"),
        ("requests.4.task.files", [0, 0], 2, "requests.4.task.files are no such files"),
        ("requests.0.task.files", [], 2, "no report of a browser (requests.0.task.check.files"),
        ("requests.2.task.files", [0, 1], 2, "no report of a browser (requests.2.task.alone.files"),
        ("requests.0.task.images.shape", [9, 96, 96, 3], 2, "requests.0 ran more images than the"),
        ("requests.0.task.images.shape", [0, 96, 96, 3], 2, "no report of a browser (requests.0"),
        ("requests.0.task.images.shape", [4, 96, 96, 3], 1, "the outputs of demo-fp32.tflite are"),
        ("requests.0.task.files", [1], 1, "timed that did not run in a check before"),
        (f"{RESULT}.files", [], 1, "the answer is for 0 of 1 files"),
        (f"{RESULT}.outputs.0", None, 1, "contradicts itself about demo-fp32.tflite"),
        (
            f"{RESULT}.outputs.0.scores",
            encoded(np.zeros((8, 10), np.float32)),
            1,
            "the outputs of demo-fp32",
        ),
        (f"{RESULT}.outputs.0.logits.shape", [8, 11], 1, "the outputs of demo-fp32.tflite are"),
        (f"{RESULT}.outputs.0.logits.base64", "A", 1, "logits of demo-fp32.tflite is no base64"),
        (f"{RESULT}.files.0.failure", "it fails", 1, "contradicts itself about demo-fp32"),
        ("requests.2.answer.result.load_ms", -1.0, 1, "cannot be read (load_ms: "),
        ("requests.2.answer.result.batch", 10**30, 1, "cannot be read (batch: "),
        ("requests.2.task.files", [1], 1, "a file was timed that was not opened alone"),
        ("requests.4.task.files", [0], 1, "all files are timed by several workers, each time all"),
        ("requests.4.task.rounds", 11, 1, "the times are not those of each file's rounds"),
        ("requests.4.answer.seconds", 0.001, 1, "the times are more than the 0.0 s that passed"),
        (f"{TIMES}.milliseconds.0.0", 1e9, 1, "the times are more than the"),
        (f"{TIMES}.milliseconds.0.0", 0.0, 1, "cannot be read (milliseconds.0.0: "),
        (f"{TIMES}.milliseconds.0.0", float("nan"), 1, "cannot be read (milliseconds.0.0: "),
        (f"{TIMES}.runs", [1], 1, "the times are not those of each file's rounds"),
        (f"{TIMES}.runs.0", 10**400, 1, "cannot be read (runs.0: "),
    ],
)
def test_damage_and_forgery_are_one_line(
    run: Run, report: Json, place: str, value: Any, code: int, reason: str
) -> None:
    holder, key = at(report, place)
    holder[key] = value
    ended, out, err = run(report, "--json")
    assert (ended, out) == (code, ""), err
    assert reason in err
    assert len(err.splitlines()) == 1


def test_files_that_failed_are_not_timed(run: Run, report: Json) -> None:
    fail_check(report, 0, "it fails")
    code, _, err = run(report)
    assert code == 1
    assert "files were timed that did not run in a check before" in err


def test_one_worker_is_too_few(run: Run, report: Json) -> None:
    del report["requests"][5:]
    code, _, err = run(report)
    assert code == 1
    assert "all files are timed by several workers" in err


def test_a_report_of_another_bundle_is_refused(
    report: Json, demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    shutil.copytree(demo_bundle, other)
    manifest = other / "manifest.json"
    manifest.write_text(manifest.read_text() + "\n")
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert verify([str(other), "--web-report", str(path), "--quiet"]) == 2
    assert "is of another bundle (demo)" in capfd.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"report": NaN}', "[" * 100_000])
@pytest.mark.parametrize("command", [bench, verify])
def test_other_texts_are_one_line(run: Run, text: str, command: Any) -> None:
    code, out, err = run(text, command=command)
    assert (code, out) == (2, "")
    assert "no report of a browser" in err
    assert len(err.splitlines()) == 1


def test_a_report_that_is_not_there_is_one_line(
    demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert bench([str(demo_bundle), "--web-report", str(tmp_path / "no.json")]) == 2
    err = capfd.readouterr().err
    assert "cannot be read" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--on", "web"], "--web-report was measured already; leave --on"),
        (["--runs", "9"], "--web-report was measured already; leave --on"),
        (["--threads", "2"], "--web-report was measured already; leave --on"),
        (["--profile"], "not allowed with"),
        (["--phone-report", "phone.json"], "not allowed with"),
    ],
)
def test_what_cannot_be_had_of_a_report(
    run: Run, report: Json, arguments: list[str], reason: str
) -> None:
    code, _, err = run(report, *arguments)
    assert code == 2
    assert reason in err


def test_two_files_have_no_report(
    demo_bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = [str(demo_bundle / name) for name in NAMES]
    assert verify([*files, "--web-report", str(tmp_path / "report.json")]) == 2
    assert "--web-report is for a bundle" in capfd.readouterr().err


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, 0, 1, 10**30, 1e308, "", "exact", [], {}, True, float("nan"), float("inf")]
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_odd_is_judged_or_refused(
    data: st.DataObject, report: Json, demo_bundle: Path, tmp_path: Path
) -> None:
    changed = json.loads(json.dumps(report))
    value: Any = changed
    while isinstance(value, dict | list) and value:
        holder = value
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        value = holder[key]
        if data.draw(st.integers(0, 5)) == 0:
            break
    holder[key] = data.draw(ODD)
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(changed))
    error = ""
    try:
        for benchmark in judge_web_report(demo_bundle, path).benchmarks.values():
            assert benchmark.record().files
    except LowFormerEdgeError as raised:
        error = str(raised)
    assert len(error.splitlines()) <= 1
