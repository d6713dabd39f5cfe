"""A file that was checked by golden vectors where it is to be timed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.bundle import Bundle, open_bundle
from lowformer_edge.artifact.outputs import Outputs
from lowformer_edge.runtime.work.job import FileAnswer
from lowformer_edge.targets.checked_file import CheckedFile, judge_outputs

ANSWER = FileAnswer(runtime="Stand-in", device="a GPU", half=False)


@pytest.fixture
def bundle(demo_bundle: Path) -> Bundle:
    return open_bundle(demo_bundle)


def judged(bundle: Bundle, outputs: Outputs, *, half: bool = False) -> CheckedFile:
    (record,) = (one for one in bundle.manifest.artifacts if one.precision == "fp32")
    golden = bundle.golden()
    return judge_outputs(record, bundle.manifest, golden, outputs, ANSWER, "webgpu", half=half)


def noisy(bundle: Bundle, decibels: float) -> Outputs:
    """The eager model's outputs with noise so far below them."""
    logits = bundle.golden().outputs["logits"]
    noise = np.random.default_rng(0).normal(size=logits.shape)
    scale = np.sqrt(np.mean(logits**2) / np.mean(noise**2)) * 10 ** (-decibels / 20)
    return {"logits": (logits + scale * noise).astype(np.float32)}


def test_what_the_eager_model_gives_holds(bundle: Bundle) -> None:
    checked = judged(bundle, bundle.golden().outputs)
    assert checked.failure is None
    assert checked.parity is not None
    assert checked.parity.data == "golden vectors"
    assert checked.parity.outputs["logits"].sqnr_db == "exact"


def test_what_is_too_far_from_it_does_not(bundle: Bundle) -> None:
    checked = judged(bundle, noisy(bundle, 20))
    assert checked.parity is not None
    assert "dB" in str(checked.failure)


def test_half_precision_promises_less(bundle: Bundle) -> None:
    outputs = noisy(bundle, 45)
    assert judged(bundle, outputs).failure is not None
    assert judged(bundle, outputs, half=True).failure is None


def test_what_cannot_be_compared_says_why(bundle: Bundle) -> None:
    checked = judged(bundle, {"logits": np.zeros((3, 4), np.float32)})
    assert checked.parity is None
    assert checked.failure


def test_its_record_has_the_judgement_beside_what_was_said_there(bundle: Bundle) -> None:
    record = judged(bundle, bundle.golden().outputs).record()
    assert (record.file, record.accelerator) == ("demo-fp32.tflite", "webgpu")
    assert (record.runtime, record.device, record.half) == ("Stand-in", "a GPU", False)
    assert (record.failure, record.parity is None) == (None, False)


def test_a_failure_of_the_place_has_nothing_that_was_said() -> None:
    record = CheckedFile("a.tflite", "wasm", None, None, "the worker was silent").record()
    assert record.failure == "the worker was silent"
    assert "runtime" not in record.model_dump(mode="json")
