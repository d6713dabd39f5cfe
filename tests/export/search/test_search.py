from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.recipe import quantizable_kinds, uniform
from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.export.eager import reference_outputs
from lowformer_edge.export.host_trials import HostTrials
from lowformer_edge.export.legality import legal_precisions
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.search.bound import Bound, MeasuredLoss, halves, loss_on
from lowformer_edge.export.search.precisions import precision_choices, recipe_of
from lowformer_edge.export.search.search import (
    STEP,
    Found,
    _apart,
    _first,
    _run_on,
    _why_none,
    search,
)
from lowformer_edge.export.search.solver import front
from lowformer_edge.export.tflite.exporter import TFLiteExporter
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.progress import SilentProgress
from lowformer_edge.tasks.classification import CLASSIFICATION

from ..conversion import SPEC, Conversion


@given(st.lists(st.booleans(), min_size=1, max_size=40).map(sorted))
def test_the_first_that_is_kept_is_found(kept: list[bool]) -> None:
    expected = kept.index(True) if True in kept else None
    asked = []

    def ask(index: int) -> bool:
        asked.append(index)
        return kept[index]

    assert _first(ask, len(kept)) == expected
    assert len(asked) <= 8


@given(
    st.lists(st.floats(0, 1e3), min_size=1, max_size=40).map(sorted),
    st.data(),
    st.sampled_from([-1, 1]),
)
def test_mixes_a_step_apart_go_on_to_the_end(
    costs: list[float], data: st.DataObject, direction: int
) -> None:
    start = data.draw(st.integers(0, len(costs) - 1))
    last = 0 if direction < 0 else len(costs) - 1
    indices = [start, *_apart(costs, start, direction)]
    assert indices[-1] == last
    assert indices == sorted(set(indices), reverse=direction < 0)
    for before, after in itertools.pairwise(indices[:-1]):
        assert abs(costs[after] - costs[before]) >= STEP * (costs[-1] - costs[0])


def test_faster_mixes_are_run_until_several_lose_too_much() -> None:
    asked = []

    def kept(index: int) -> bool:
        asked.append(index)
        return index == 7

    _run_on(kept, range(9, -1, -1))
    assert asked == [9, 8, 7, 6, 5, 4]


@pytest.mark.parametrize(
    ("bound", "loss", "kept"),
    [
        (Bound(max_drop=0.5), MeasuredLoss(0.5, 10, 100), True),
        (Bound(max_drop=0.5), MeasuredLoss(0.51, 60, 100), False),
        (Bound(max_drop=0.0), MeasuredLoss(-0.2, 10, 100), True),
        (Bound(min_sqnr=40), MeasuredLoss(9, 40, 100), True),
        (Bound(min_sqnr=40), MeasuredLoss(0, 39.9, 100), False),
    ],
)
def test_bounds(bound: Bound, loss: MeasuredLoss, kept: bool) -> None:
    assert bound.kept(loss) is kept


@pytest.mark.parametrize(
    ("loss", "kept"),
    [
        (MeasuredLoss(0.2, 30, 5000, 0.6), True),
        (MeasuredLoss(0.2, 30, 5000, 0.61), False),
        (MeasuredLoss(0.31, 30, 5000, 0.4), False),
        (MeasuredLoss(0.2, 30, 5000), False),
    ],
)
def test_bounds_on_the_upper_end(loss: MeasuredLoss, kept: bool) -> None:
    assert Bound(max_drop=0.3, max_high=0.6).kept(loss) is kept


def test_how_many_images_would_tell() -> None:
    bound = Bound(max_drop=0.3, max_high=0.6)
    # An interval of 0.8 points at 1,000 images is one of 0.4 at 4,000.
    assert bound.images_to_tell(MeasuredLoss(0.2, 30, 1000, 1.0)) == 4000
    assert bound.images_to_tell(MeasuredLoss(0.4, 30, 1000, 1.0)) is None
    assert Bound(max_drop=0.3).images_to_tell(MeasuredLoss(0.2, 30, 1000, 1.0)) is None


def test_too_few_images_are_told_how_many_would_tell() -> None:
    losses = [MeasuredLoss(0.1, 40, 100, 2.0), MeasuredLoss(0.9, 20, 100, 3.0)]
    text = _why_none(losses, Bound(max_drop=0.3, max_high=0.6))
    assert "100 images are too few to tell that it is no more than 0.6" in text
    assert "give at least 2888 evaluation images" in text  # 2 * 100 * (1.9 / 0.5)^2


@pytest.mark.parametrize(
    "values", [(None, None), (1.0, 40.0), (-1.0, None), (None, float("nan")), (float("inf"), None)]
)
def test_bounds_that_make_no_sense(values: tuple[float | None, float | None]) -> None:
    with pytest.raises(UsageError, match="give one bound"):
        Bound(*values)


def test_losses_on_labelled_and_unlabelled_images() -> None:
    reference = np.eye(4, dtype=np.float32)
    pixels = np.zeros((4, 2, 2, 3), np.uint8)
    found = reference[[0, 1, 3, 2]]
    unlabelled = Samples("x", pixels, outputs={"logits": reference})
    assert loss_on(CLASSIFICATION, unlabelled, {"logits": found}).drop == 50
    labelled = Samples("x", pixels, np.array([0, 0, 3, 3]), {"logits": reference})
    assert loss_on(CLASSIFICATION, labelled, {"logits": found}).drop == 0
    guide, proof = halves(labelled)
    assert guide.labels is not None
    assert proof.labels is not None
    assert (guide.labels.tolist(), proof.labels.tolist()) == ([0, 3], [0, 3])
    with pytest.raises(UsageError, match="at least two"):
        halves(unlabelled.first(1))


@pytest.mark.parametrize(
    ("bound", "is_known"),
    [
        (Bound(60, max_high=120), True),
        (Bound(40, max_high=80), False),
        (Bound(60), False),
        (Bound(min_sqnr=1), False),
        (None, True),
    ],
)
def test_intervals_are_taken_where_they_decide(bound: Bound | None, is_known: bool) -> None:
    reference = np.eye(4, dtype=np.float32)
    samples = Samples("x", np.zeros((4, 2, 2, 3), np.uint8), outputs={"logits": reference})
    loss = loss_on(CLASSIFICATION, samples, {"logits": reference[[0, 1, 3, 2]]}, bound)
    assert loss.drop == 50
    assert np.isfinite(loss.high) == is_known


def test_recipes_of_mixes_name_every_op_and_no_other(tiny_config: LowFormerConfig) -> None:
    model = rewrite(random_model(tiny_config), "tflite")
    paths = list(quantizable_kinds(model))
    mix = {path: "int8" if index % 2 else "fp16" for index, path in enumerate(paths)}
    assert recipe_of(mix).assign(model) == mix


def test_every_choice_is_legal(tiny_config: LowFormerConfig) -> None:
    model = rewrite(random_model(tiny_config), "tflite")
    for kind, precisions in TFLiteExporter.choices.items():
        for precision in precisions:
            legal_precisions("tflite", uniform("fp32", [(kind, precision)]), model)


@pytest.fixture(scope="module")
def conversion(
    attentive_config: LowFormerConfig, noise_images: Samples
) -> Conversion[TFLiteExporter]:
    return Conversion(TFLiteExporter, attentive_config, noise_images)


def run(conversion: Conversion[TFLiteExporter], bound: Bound) -> Found:
    """A real search, on the real runtime."""
    exporter, ranges = conversion.exporter, conversion.ranges
    pixels = np.random.default_rng(7).integers(0, 256, (24, 64, 64, 3), np.uint8)
    reference = reference_outputs(exporter.model, pixels, SPEC, lambda count: None)
    judged = Samples("fresh noise", pixels, outputs=reference)
    trials = HostTrials(FORMATS["tflite"], SPEC, threads=1, rounds=2)
    choices = precision_choices(
        CLASSIFICATION,
        lambda recipe: exporter.quantized(recipe, ranges),
        trials,
        exporter.model,
        ranges,
        halves(judged)[0],
        SPEC,
        exporter.choices,
        SilentProgress(),
    )
    return search(
        CLASSIFICATION,
        front(choices),
        lambda mix: exporter.quantized(recipe_of(mix.precisions), ranges),
        trials,
        judged,
        bound,
        SilentProgress(),
    )


@pytest.mark.heavy
def test_searches_with_real_files(conversion: Conversion[TFLiteExporter]) -> None:
    loose = run(conversion, Bound(min_sqnr=1))
    assert loose.chosen == 0
    strict = run(conversion, Bound(min_sqnr=45))
    assert strict.chosen > 0
    chosen = strict.tried[strict.chosen]
    assert chosen.loss is not None
    assert chosen.loss.sqnr_db >= 45
    assert strict.loss.sqnr_db >= 45
    assert strict.loss.images == chosen.loss.images == 12
    assert sum(value == "fp16" for value in chosen.mix.precisions.values()) > 0
    assert strict.recipe == recipe_of(chosen.mix.precisions)
    with pytest.raises(CheckError, match="no mix keeps the bound; the best"):
        run(conversion, Bound(min_sqnr=500))
