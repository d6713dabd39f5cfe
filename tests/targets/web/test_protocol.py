"""Answers of browsers: what fits a request is taken, and all else is one line."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lowformer_edge.artifact.manifest import Tensor
from lowformer_edge.errors import TargetError
from lowformer_edge.targets.web.protocol import (
    AloneResult,
    AloneTask,
    TimeResult,
    WebAnswer,
    WebFile,
    WebImages,
    largest_answer,
    outputs_size,
    parse_answer,
    parse_check,
    parse_result,
)

from .jobs import IMAGE, LOGITS, MAP, SETTING, alone, check, in_turns, job, web_file
from .stand_in import done, encoded

Json = dict[str, Any]

VALUES = np.arange(20, dtype=np.float32).reshape(2, 10)


def ran(**changes: Any) -> Json:
    """What the page says of a file that ran two images."""
    return {"files": [{"failure": None}], "outputs": [{"logits": encoded(VALUES)}], **changes}


def answer(**changes: Any) -> WebAnswer:
    return parse_answer(json.dumps({**done(ran()), **changes}).encode(), "here")


def checked(result: Json, file: WebFile | None = None) -> Any:
    return parse_check(answer(result=result), [file or web_file()], 2, "here")


def refusal_of(result: Json, file: WebFile | None = None) -> str:
    with pytest.raises(TargetError) as caught:
        checked(result, file)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_outputs_come_back_as_they_were() -> None:
    ((told, outputs),) = checked(ran())
    assert told.failure is None
    assert outputs["logits"].dtype == np.float32
    np.testing.assert_array_equal(outputs["logits"], VALUES)


def test_maps_are_channels_first_whatever_the_file_has() -> None:
    values = np.zeros((2, 5, 4, 6), np.float32)
    result = ran(outputs=[{"map": encoded(values)}])
    ((_, outputs),) = checked(result, web_file(outputs=(MAP,)))
    assert outputs["map"].shape == (2, 5, 4, 6)


def test_values_that_are_no_numbers_are_left_to_the_judge() -> None:
    values = np.full((2, 10), np.nan, np.float32)
    ((_, outputs),) = checked(ran(outputs=[{"logits": encoded(values)}]))
    assert np.isnan(outputs["logits"]).all()


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ({}, "the outputs of a.tflite are {}, not {'logits': (2, 10)}"),
        ({"boxes": encoded(VALUES)}, "{'boxes': (2, 10)}, not {'logits': (2, 10)}"),
        ({"logits": encoded(VALUES[:1])}, "{'logits': (1, 10)}, not {'logits': (2, 10)}"),
        ({"logits": encoded(VALUES.T)}, "{'logits': (10, 2)}, not {'logits': (2, 10)}"),
        ({"logits": encoded(VALUES), "more": encoded(VALUES)}, "'more': (2, 10)}, not"),
        ({"logits": {"shape": [2, 10], "base64": "AAAA"}}, "has 3 bytes, which are not of its"),
        ({"logits": {"shape": [2, 10], "base64": ""}}, "has 0 bytes, which are not of its shape"),
        ({"logits": {"shape": [2, 10], "base64": "?" * 108}}, "logits of a.tflite is no base64"),
        ({"logits": {"shape": [2, 10], "base64": "é"}}, "logits of a.tflite is no base64"),
        ({"logits": {"shape": [2, 10]}}, "cannot be read (outputs.0.logits.base64: "),
        ({"logits": {"shape": [2.5, 10], "base64": ""}}, "cannot be read (outputs.0.logits.shape"),
    ],
)
def test_outputs_that_do_not_fit_are_refused(outputs: Json, reason: str) -> None:
    assert reason in refusal_of(ran(outputs=[outputs]))


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (ran(files=[]), "the answer is for 0 of 1 files"),
        (ran(files=[{}] * 100_000), "the answer is for 100000 of 1 files"),
        (ran(outputs=[]), "the answer is for 1 of 1 files"),
        (ran(outputs=[None]), "contradicts itself about a.tflite"),
        (ran(files=[{"failure": "it fails"}]), "contradicts itself about a.tflite"),
        (ran(files=[{"failure": 1}]), "cannot be read (files.0.failure: "),
        (ran(more=1), "cannot be read (more: "),
        ({}, "cannot be read (files: "),
    ],
)
def test_contradictions_are_refused(result: Json, reason: str) -> None:
    assert reason in refusal_of(result)


@pytest.mark.parametrize(
    ("failure", "shown"),
    [
        ("the GPU\nrefuses\u2028it", "the GPU refuses it"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("", "no reason is given"),
        (" \n ", "no reason is given"),
    ],
)
def test_a_failure_is_a_line_and_never_empty(failure: str, shown: str) -> None:
    """An empty one would read as none."""
    ((told, outputs),) = checked(ran(files=[{"failure": failure}], outputs=[None]))
    assert (told.failure, outputs) == (shown, None)


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("the worker\nwas silent", "the worker was silent"),
        (None, "no reason is given"),
        (" ", "no"),
    ],
)
def test_a_request_that_was_not_done_says_why(reason: str | None, shown: str) -> None:
    told = answer(outcome="failed", reason=reason, result=None)
    with pytest.raises(TargetError, match=f"here: {shown}"):
        parse_check(told, [web_file()], 2, "here")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"outcome": "great"}, "outcome"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"clock_step_ms": float("inf")}, "clock_step_ms"),
        ({"hidden": "perhaps"}, "hidden"),
        ({"log": ["x"] * 101}, "log"),
        ({"log": ["x" * 2001]}, "log.0"),
        ({"reason": "x" * 2001}, "reason"),
        ({"result": []}, "result"),
        ({"more": 1}, "more"),
    ],
)
def test_answers_that_are_none_are_refused(changes: Json, place: str) -> None:
    with pytest.raises(TargetError) as caught:
        answer(**changes)
    assert f"here: the page's answer cannot be read ({place}" in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b'"x"'])
def test_bytes_that_are_no_answer_are_refused(text: bytes) -> None:
    with pytest.raises(TargetError, match="cannot be read") as caught:
        parse_answer(text, "here")
    assert len(str(caught.value).splitlines()) == 1


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(text: bytes) -> None:
    reason = ""
    try:
        parse_answer(text, "here")
    except TargetError as error:
        reason = str(error)
    assert len(reason.splitlines()) <= 1


@pytest.mark.parametrize(
    "result",
    [
        {"runtime": "R", "batch": 0, "load_ms": 1.0, "first_ms": 1.0},
        {"runtime": "R", "batch": 10**400, "load_ms": 1.0, "first_ms": 1.0},
        {"runtime": "R", "batch": 1, "load_ms": 0.0, "first_ms": 1.0},
        {"runtime": "R", "batch": 1, "load_ms": 1.0, "first_ms": float("inf")},
        {"runtime": "R" * 2001, "batch": 1, "load_ms": 1.0, "first_ms": 1.0},
    ],
)
def test_a_first_run_that_is_none_is_refused(result: Json) -> None:
    with pytest.raises(TargetError, match="cannot be read"):
        parse_result(answer(result=result), AloneResult, "here")


@pytest.mark.parametrize(
    "result",
    [
        {"milliseconds": [[1.0, 0.0]], "runs": [1]},
        {"milliseconds": [[float("nan")]], "runs": [1]},
        {"milliseconds": [["x"]], "runs": [1]},
        {"milliseconds": [[1.0]], "runs": [0]},
        {"milliseconds": [[1.0]], "runs": [10**400]},
    ],
)
def test_times_that_are_none_are_refused(result: Json) -> None:
    with pytest.raises(TargetError, match="cannot be read"):
        parse_result(answer(result=result), TimeResult, "here")


@pytest.mark.parametrize("shape", [(0, 8, 8, 3), (-1, 8, 8, 3), (1, 8, 8, 4)])
def test_there_are_images_and_they_are_rgb(shape: tuple[int, ...]) -> None:
    """A report without an image would hold everything."""
    with pytest.raises(ValidationError):
        WebImages(file="images.raw", shape=shape)


def test_one_file_is_opened_alone() -> None:
    with pytest.raises(ValidationError):
        AloneTask(files=(0, 1), **SETTING)


def test_outputs_are_counted_for_each_image() -> None:
    assert outputs_size(web_file(outputs=(LOGITS, MAP)), images=3) == 3 * 4 * (10 + 4 * 6 * 5)


def test_outputs_of_a_batch_are_counted_for_each_image_of_it() -> None:
    image = IMAGE.model_copy(update={"shape": (4, 8, 8, 3)})
    logits = Tensor(name="logits", shape=(4, 10), dtype="float32", layout="NK")
    assert outputs_size(web_file(input=image, outputs=(logits,)), images=3) == 3 * 4 * 10


@pytest.mark.parametrize("images", [1, 2, 1000])
def test_an_answer_of_the_page_has_room(images: int) -> None:
    values = np.random.default_rng(0).random((images, 10)).astype(np.float32)
    log = ["x" * 2000] * 100
    content = json.dumps({**done(ran(outputs=[{"logits": encoded(values)}])), "log": log})
    whole = job(check(0, images=images))
    assert len(content) <= largest_answer(whole, 0)
    assert largest_answer(whole, 0) < 2 * len(encoded(values)["base64"]) + (1 << 21)


def test_times_have_room_with_all_their_digits() -> None:
    whole = job(alone(), in_turns(0, 1, rounds=5000), files=(web_file(), web_file("b.tflite")))
    times = [[1 / 3 * 10**5] * 5000] * 2
    content = json.dumps(done({"milliseconds": times, "runs": [1, 1]}))
    assert len(content) <= largest_answer(whole, 1)
    assert largest_answer(whole, 0) == 1 << 20
