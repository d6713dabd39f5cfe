"""Requests and answers as they go to another process."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from lowformer_edge.runtime.measure.endurance import SLICES, WINDOWS, Endurance, Moment, Window
from lowformer_edge.runtime.measure.first_run import FirstRun
from lowformer_edge.runtime.measure.load import TakenTime
from lowformer_edge.runtime.measure.sensors import Reading
from lowformer_edge.runtime.measure.timing import WARMUP, ProcessTiming
from lowformer_edge.runtime.profile import OpTime, Profile
from lowformer_edge.runtime.work.request import (
    REQUEST,
    Answer,
    EnduranceRequest,
    FirstRunRequest,
    ProfileRequest,
    Request,
    TimeRequest,
)

FILE = Path("folder/model.tflite")
REQUESTS = {
    "first run": FirstRunRequest(files=(FILE,), threads=1),
    "times": TimeRequest(files=(FILE, Path("other.onnx")), threads=2, rounds=3, first=1),
    "profile": ProfileRequest(files=(FILE,), threads=1, runs=5),
    "endurance": EnduranceRequest(files=(FILE,), threads=1, seconds=0.5),
}
WINDOW = Window(3, 1.5, 2.5, (1.0, 2.0))
ANSWERS: dict[str, list[Answer]] = {
    "first run": [FirstRun("LiteRT", 1, 2.0, 3.0, peak) for peak in (None, 4.5)],
    "times": [
        ProcessTiming(((0.1, 1 / 3, 2.0), (1e-9, 1e9, 3.0)), taken)
        for taken in (None, TakenTime(0.25, 1.0))
    ],
    "profile": [
        Profile("LiteRT", 10, (OpTime("conv", "a", 1.0),)),
        Profile("LiteRT", 10, (), missing="it tells nothing"),
    ],
    "endurance": [
        Endurance(
            (Moment(1.0, Reading(None, 40.5), taken, "light"),) * WINDOWS, ((WINDOW,) * WINDOWS,)
        )
        for taken in (None, TakenTime(0.25, 1.0))
    ],
}


def test_a_process_has_time_for_each_inference() -> None:
    found = {name: request.longest_s for name, request in REQUESTS.items()}
    runs = {"first run": 1 + WARMUP, "times": 2 * 2 * (WARMUP + 3), "profile": 5 + 5}
    expected = {name: 1800.0 + 10 * count for name, count in runs.items()}
    expected["endurance"] = 1800 + 0.5 + 10 * 2 * (WARMUP + WINDOWS * SLICES)
    assert found == expected


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_requests_go_through_json(request_: Request) -> None:
    assert REQUEST.validate_json(request_.model_dump_json()) == request_


@pytest.mark.parametrize("name", REQUESTS)
def test_answers_go_through_json(name: str) -> None:
    for answer in ANSWERS[name]:
        text = json.dumps(dataclasses.asdict(answer))
        assert REQUESTS[name].read(json.loads(text)) == answer


@pytest.mark.parametrize("name", REQUESTS)
def test_answers_of_another_form_are_refused(name: str) -> None:
    for answer in ({}, None, [1], {"runtime": 1}):
        with pytest.raises(ValueError, match="validation error"):
            REQUESTS[name].read(answer)


@pytest.mark.parametrize(
    "change", [{"task": "dance"}, {"files": []}, {"threads": "many"}, {"rounds": None}, {"a": 1}]
)
def test_requests_of_another_form_are_refused(change: dict[str, object]) -> None:
    fields = REQUESTS["times"].model_dump()
    with pytest.raises(ValidationError):
        REQUEST.validate_python(fields | change)


@pytest.mark.parametrize(
    "times",
    [[], [[1.0, 2.0, 3.0]], [[1.0] * 3, [1.0] * 2], [[1.0] * 3, [1.0, 0.0, 2.0]]],
    ids=["none", "of one file", "too few", "no time"],
)
def test_times_of_something_else_are_refused(times: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=r"the times are not|took no time"):
        REQUESTS["times"].read({"milliseconds": times, "taken": None})


def test_figures_that_are_no_numbers_are_refused() -> None:
    answer = dataclasses.asdict(ANSWERS["first run"][0])
    with pytest.raises(ValueError, match="Out of range float"):
        REQUESTS["first run"].read(answer | {"load_ms": float("nan")})
