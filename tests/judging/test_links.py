"""The links between places that compute the same function, and their verdicts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.judging.links import Computed, Link, file_links, rewritten_links
from lowformer_edge.tasks.classification import CLASSIFICATION

RANDOM = np.random.default_rng(0)
EAGER = RANDOM.standard_normal((8, 10)).astype(np.float32)
PIXELS = np.zeros((8, 4, 4, 3), np.uint8)
IMAGES = Samples("noise", PIXELS, outputs={"logits": EAGER})


def noisy(decibels: float) -> NDArray[np.float32]:
    """The eager model's logits with noise of that SQNR."""
    noise = np.random.default_rng(1).standard_normal(EAGER.shape)
    scale = np.sqrt(np.square(EAGER).sum() / np.square(noise).sum()) * 10 ** (-decibels / 20)
    return (EAGER + scale * noise).astype(np.float32)


def computed(target: str, decibels: float, precision: str = "fp32", few: int = 8) -> Computed:
    half = target.endswith("fp16")
    return Computed("a.tflite", precision, target, half, {"logits": noisy(decibels)[:few]})


def judged(*places: Computed, trained: bool = True) -> dict[tuple[str, str], Link]:
    links = file_links(CLASSIFICATION, places, IMAGES, IMAGES.first(4), trained=trained)
    return {(link.first, link.second): link for link in links}


def test_every_place_is_held_to_the_model_and_to_the_host() -> None:
    found = judged(
        computed("host", 120), computed("gpu", 110, few=4), computed("arm:cortex-a53", 115, few=4)
    )
    assert set(found) == {
        ("eager", "a.tflite on host"),
        ("eager", "a.tflite on gpu"),
        ("a.tflite on host", "a.tflite on gpu"),
        ("eager", "a.tflite on arm:cortex-a53"),
        ("a.tflite on host", "a.tflite on arm:cortex-a53"),
    }
    assert not [link for link in found.values() if link.failure]
    assert found["eager", "a.tflite on host"].parity.images == 8
    assert found["eager", "a.tflite on gpu"].parity.images == 4


def test_processors_that_are_emulated_are_held_to_each_other() -> None:
    emulated = (computed(name, 120, few=4) for name in ("arm:a", "arm:b", "arm:c"))
    found = judged(computed("host", 120), *emulated)
    assert ("a.tflite on arm:a", "a.tflite on arm:b") in found
    link = found["a.tflite on arm:b", "a.tflite on arm:c"]
    assert (link.parity.sqnr_db, link.parity.max_difference) == ("exact", 0)


@pytest.mark.parametrize(
    ("target", "precision", "decibels", "holds"),
    [
        ("gpu", "fp32", 70, False),
        ("gpu", "fp32", 90, True),
        ("gpu:fp16", "fp32", 45, True),
        ("gpu:fp16", "fp32", 30, False),
        ("arm:cortex-a53", "int8", 35, True),
        ("arm:cortex-a53", "int8", 25, False),
    ],
)
def test_what_a_file_keeps_on_another_target(
    target: str, precision: str, decibels: float, holds: bool
) -> None:
    host = Computed("a.tflite", precision, "host", False, {"logits": EAGER})
    found = judged(host, computed(target, decibels, precision, few=4))
    link = found["a.tflite on host", f"a.tflite on {target}"]
    assert (link.failure is None) == holds
    if not holds:
        assert f"below {link.least_db:g}" in str(link.failure)


def test_random_weights_are_judged_in_float_alone() -> None:
    host = Computed("a.tflite", "int8", "host", False, {"logits": EAGER})
    found = judged(host, computed("gpu", 5, "int8", few=4), trained=False)
    assert all(link.least_db is None and link.failure is None for link in found.values())
    found = judged(computed("host", 50), trained=False)
    assert found["eager", "a.tflite on host"].failure


def test_without_the_eager_model_targets_are_still_compared() -> None:
    images = Samples("noise", PIXELS)
    places = [computed("host", 100), computed("gpu", 100, few=4)]
    links = file_links(CLASSIFICATION, places, images, images.first(4), trained=True)
    assert [(link.first, link.second) for link in links] == [
        ("a.tflite on host", "a.tflite on gpu")
    ]


def test_a_rewrite_that_changes_the_function_fails() -> None:
    good, bad = rewritten_links(
        CLASSIFICATION,
        {"logits": EAGER},
        {"tflite": {"logits": noisy(120)}, "onnx": {"logits": noisy(60)}},
        "noise",
    )
    assert (good.second, good.failure) == ("rewritten for tflite", None)
    assert bad.failure == "60.0 dB SQNR to eager, below 90"
