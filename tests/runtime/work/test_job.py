"""Jobs and answers, and answers that do not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.runtime.work.job import (
    ANSWER,
    FileAnswer,
    Job,
    Ran,
    read_answer,
    read_job,
    write_answer,
    write_job,
    write_outputs,
)

JOB = Job(files=("a.tflite", "b.onnx"), preprocessing={"size": 4})
LOGITS = np.arange(6, dtype=np.float32).reshape(2, 3)
RAN = [
    Ran(FileAnswer(runtime="LiteRT"), {"logits": LOGITS}),
    Ran(FileAnswer(failure="no such op"), None),
]


def write(folder: Path, machine: dict[str, str], ran: list[Ran]) -> None:
    for number, one in enumerate(ran):
        if one.outputs is not None:
            write_outputs(folder, number, one.outputs)
    write_answer(folder, machine, [one.answer for one in ran])


def test_a_job_comes_back_as_it_was(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), np.uint8)
    write_job(tmp_path, JOB, pixels)
    job, read = read_job(tmp_path)
    assert job == JOB
    np.testing.assert_array_equal(read, pixels)


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, {"processor": "one"}, RAN)
    machine, ran = read_answer(tmp_path, JOB, images=2)
    assert machine == {"processor": "one"}
    assert [item.answer for item in ran] == [item.answer for item in RAN]
    np.testing.assert_array_equal((ran[0].outputs or {})["logits"], LOGITS)
    assert ran[1].outputs is None


def test_no_answer(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"the worker left no answer\.json"):
        read_answer(tmp_path, JOB, images=2)


def test_missing_outputs(tmp_path: Path) -> None:
    write(tmp_path, {}, RAN)
    (tmp_path / "outputs-0.npz").unlink()
    with pytest.raises(TargetError, match=r"the worker left no outputs-0\.npz"):
        read_answer(tmp_path, JOB, images=2)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"machine": {}, "files": [{"x": 1}]}'])
def test_a_damaged_answer(tmp_path: Path, content: str) -> None:
    (tmp_path / ANSWER).write_text(content)
    with pytest.raises(TargetError, match="cannot be read") as caught:
        read_answer(tmp_path, JOB, images=2)
    assert "\n" not in str(caught.value)


def test_an_answer_for_other_images_or_files(tmp_path: Path) -> None:
    write(tmp_path, {}, RAN)
    with pytest.raises(TargetError, match=r"logits of file 0 are float32 \(2, 3\)"):
        read_answer(tmp_path, JOB, images=3)
    write(tmp_path, {}, RAN[:1])
    with pytest.raises(TargetError, match="answered for 1 of 2 files"):
        read_answer(tmp_path, JOB, images=2)


def test_logits_that_are_code_are_not_run(tmp_path: Path) -> None:
    write(tmp_path, {}, RAN[:1])
    np.save(tmp_path / "outputs-0.npz", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(TargetError, match="cannot be read"):
        read_answer(tmp_path, Job(files=("a",), preprocessing={}), images=1)


def test_an_answer_is_plain_json(tmp_path: Path) -> None:
    write(tmp_path, {"processor": "one"}, RAN)
    content = json.loads((tmp_path / ANSWER).read_text())
    assert content["files"][1]["failure"] == "no such op"
