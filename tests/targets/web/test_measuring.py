"""Requests as a job for browsers, and what its answers mean."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.errors import TargetError, UsageError
from lowformer_edge.runtime.measure.first_run import FirstRun
from lowformer_edge.runtime.measure.timing import ProcessTiming
from lowformer_edge.runtime.work.fresh_process import Measured
from lowformer_edge.runtime.work.request import (
    EnduranceRequest,
    FirstRunRequest,
    ProfileRequest,
    Request,
    TimeRequest,
)
from lowformer_edge.targets.web.gathering import BrowserRun
from lowformer_edge.targets.web.measuring import Measuring, measuring_of
from lowformer_edge.targets.web.protocol import WebAnswer

from .jobs import SETTING
from .stand_in import FACTS, answer_to, encoded

ROUNDS = 5

Json = dict[str, Any]


@pytest.fixture
def paths(demo_bundle: Path) -> list[Path]:
    return [demo_bundle / "demo-fp32.tflite", demo_bundle / "demo-int8.tflite"]


def requests_of(paths: list[Path]) -> list[Request]:
    """A first run of each, and times of all in turns, beginning with the last."""
    alone = [FirstRunRequest(files=(path,), threads=1) for path in paths]
    turns = TimeRequest(files=tuple(paths), threads=1, rounds=ROUNDS, first=len(paths) - 1)
    return [*alone, turns]


@pytest.fixture
def measuring(paths: list[Path]) -> Measuring:
    return measuring_of(requests_of(paths), SETTING, "web")


@pytest.fixture
def answers(measuring: Measuring, demo_bundle: Path) -> list[Json]:
    """A check, two first runs and one request of times, all as they should be."""
    golden = open_bundle(demo_bundle).golden()
    job = json.loads(measuring.job.model_dump_json())

    def read(name: str) -> bytes:
        part = measuring.parts[name]
        assert isinstance(part, bytes)
        return part

    return [
        copy.deepcopy(answer_to(task, job["files"], read, lambda *_: golden.outputs))
        for task in job["requests"]
    ]


Measure = Callable[[], Measured]


@pytest.fixture
def measure(measuring: Measuring, answers: list[Json]) -> Measure:
    """What the answers mean, as they are by then."""

    def measure() -> Measured:
        run = BrowserRun(FACTS, [WebAnswer.model_validate(one) for one in answers])
        return measuring.measured(run, "web", half=False)

    return measure


def test_files_are_checked_before_they_are_measured(measuring: Measuring) -> None:
    tasks = measuring.job.requests
    assert [(task.task, task.files) for task in tasks] == [
        ("check", (0, 1)),
        ("alone", (0,)),
        ("alone", (1,)),
        ("time", (0, 1)),
    ]
    assert measuring.job.starts
    assert (tasks[3].rounds, tasks[3].first) == (ROUNDS, 1)  # type: ignore[union-attr]


def test_what_a_task_needs_is_on_the_site(measuring: Measuring, demo_bundle: Path) -> None:
    images = measuring.job.requests[0].images  # type: ignore[union-attr]
    pixels = open_bundle(demo_bundle).golden().pixels
    assert images.shape == pixels.shape
    assert measuring.parts[images.file] == pixels.tobytes()
    assert {file.path for file in measuring.job.files} <= set(measuring.parts)


def test_files_of_no_bundle_are_not_checked(paths: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.tflite"
    shutil.copy(paths[0], copy)
    measuring = measuring_of(requests_of([copy, paths[1]]), SETTING, "web")
    assert [(task.task, task.files) for task in measuring.job.requests[:2]] == [
        ("check", (1,)),
        ("alone", (0,)),
    ]


@pytest.mark.parametrize(
    "request_of",
    [
        lambda path: ProfileRequest(files=(path,), threads=1, runs=3),
        lambda path: EnduranceRequest(files=(path,), threads=1, seconds=3),
    ],
)
def test_what_browsers_cannot_measure_is_refused(
    request_of: Callable[[Path], Request], paths: list[Path]
) -> None:
    with pytest.raises(UsageError, match="leave --profile and --minutes out"):
        measuring_of([request_of(paths[0])], SETTING, "web")


def test_answers_are_first_runs_and_times(measure: Measure) -> None:
    measured = measure()
    assert measured.doubts == ()
    first_runs = measured.of(FirstRun)
    assert [(one.load_ms, one.first_ms, one.peak_mb) for one in first_runs] == [
        (9.5, 4.5, None)
    ] * 2
    (timing,) = measured.of(ProcessTiming)
    assert [len(times) for times in timing.milliseconds] == [ROUNDS, ROUNDS]
    assert timing.taken is None
    assert np.mean(timing.milliseconds[0]) < np.mean(timing.milliseconds[1])


def test_it_is_said_where_and_how_they_were_measured(measure: Measure) -> None:
    browser = measure().browser
    assert browser is not None
    assert browser.machine["processor"] == "in Stand-in 1.0 on Linux"
    assert (browser.accelerator, browser.was_hidden) == ("wasm", False)
    assert [check.failure for check in browser.checks] == [None, None]
    assert "those of an app, which runs the same file by native code, are others" in browser.caveat


def test_a_file_that_computes_something_else_is_a_doubt(
    measure: Measure, answers: list[Json]
) -> None:
    outputs = answers[0]["result"]["outputs"]
    outputs[1]["logits"] = encoded(np.random.default_rng(0).random((8, 10)).astype(np.float32))
    measured = measure()
    (doubt,) = measured.doubts
    assert doubt.startswith("demo-int8.tflite on web: ")
    assert measured.browser is not None
    assert [check.failure is None for check in measured.browser.checks] == [True, False]


def test_a_file_without_numbers_is_a_doubt(measure: Measure, answers: list[Json]) -> None:
    outputs = answers[0]["result"]["outputs"]
    outputs[0]["logits"] = encoded(np.full((8, 10), np.nan, np.float32))
    (doubt,) = measure().doubts
    assert doubt.startswith("demo-fp32.tflite on web: ")


def test_a_file_that_could_not_be_checked_is_a_doubt(measure: Measure, answers: list[Json]) -> None:
    answers[0]["result"]["files"][0]["failure"] = "XNNPACK does not take it"
    answers[0]["result"]["outputs"][0] = None
    assert measure().doubts == ("demo-fp32.tflite on web: XNNPACK does not take it",)


@pytest.mark.parametrize("request_number", [1, 2, 3])
def test_a_page_that_was_hidden_is_a_doubt(
    measure: Measure, answers: list[Json], request_number: int
) -> None:
    answers[request_number]["hidden"] = True
    measured = measure()
    (doubt,) = measured.doubts
    assert "the page was hidden while it measured" in doubt
    assert measured.browser is not None
    assert measured.browser.was_hidden


def test_a_page_that_was_hidden_while_it_checked_is_none(
    measure: Measure, answers: list[Json]
) -> None:
    answers[0]["hidden"] = True
    assert measure().doubts == ()


def test_a_coarse_clock_is_told_with_what_was_timed_together(
    measure: Measure, answers: list[Json]
) -> None:
    answers[3] |= {"clock_step_ms": 1.0, "seconds": 10.0}
    answers[3]["result"]["runs"] = [30, 20]
    browser = measure().browser
    assert browser is not None
    assert browser.clock_step_ms == 1.0
    assert browser.runs_together == {"demo-fp32.tflite": 30, "demo-int8.tflite": 20}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda told: told["result"]["milliseconds"].pop(), "are not those of each file's rounds"),
        (lambda told: told["result"]["milliseconds"][0].pop(), "are not those of each file's"),
        (lambda told: told["result"]["milliseconds"][1].append(1.0), "are not those of each file"),
        (lambda told: told["result"].update(runs=[1]), "are not those of each file's rounds"),
        (lambda told: told.update(seconds=0.01), "the times are more than the 0.0 s that passed"),
        (lambda told: told["result"].update(runs=[10**6] * 2), "are more than the 1.0 s that"),
        (lambda told: told.update(result=None), "the page's answer cannot be read (the answer: "),
        (lambda told: told.update(outcome="failed", reason="the worker was silent"), "was silent"),
    ],
)
def test_times_that_cannot_be_are_refused(
    measure: Measure, answers: list[Json], change: Callable[[Json], object], reason: str
) -> None:
    change(answers[3])
    with pytest.raises(TargetError) as caught:
        measure()
    assert reason in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
