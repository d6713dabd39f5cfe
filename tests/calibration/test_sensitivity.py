from __future__ import annotations

import json
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.calibration.recipe import Recipe, Rule, uniform
from lowformer_edge.calibration.sensitivity import Loss, Sensitivity, analyse, loss_between
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.tasks.classification import CLASSIFICATION

SPEC = Preprocessing(size=64, crop_ratio=1.0)


def run(config: LowFormerConfig, images: Samples, recipe: Recipe) -> Sensitivity:
    model = rewrite(random_model(config), "tflite")
    ranges = calibrate(model, images, SPEC)
    return analyse(CLASSIFICATION, model, ranges, recipe.assign(model), images, SPEC)


@pytest.fixture(scope="module")
def sensitivity(tiny_config: LowFormerConfig, noise_images: Samples) -> Sensitivity:
    return run(tiny_config, noise_images, uniform("int8"))


def test_every_quantized_op_is_ranked(
    sensitivity: Sensitivity, tiny_config: LowFormerConfig
) -> None:
    model = rewrite(random_model(tiny_config), "tflite")
    assert {op.path for op in sensitivity.ops} == set(uniform("int8").assign(model))
    noises = [op.alone.noise for op in sensitivity.ops]
    assert noises == sorted(noises, reverse=True)
    assert min(noises) > 0


def test_one_op_costs_less_than_all(sensitivity: Sensitivity) -> None:
    assert sensitivity.together.noise > max(op.alone.noise for op in sensitivity.ops)
    total = sum(op.alone.noise for op in sensitivity.ops)
    assert 0.3 * total < sensitivity.together.noise < 3 * total


def test_leaving_some_op_out_helps(sensitivity: Sensitivity) -> None:
    # Not always the one that is most sensitive alone: errors can cancel.
    assert min(op.left_out.noise for op in sensitivity.ops) < sensitivity.together.noise


def test_float_ops_are_not_listed(tiny_config: LowFormerConfig, noise_images: Samples) -> None:
    recipe = Recipe((Rule("int8", op="linear"),))
    found = run(tiny_config, noise_images, recipe)
    assert {op.kind for op in found.ops} == {"linear"}
    assert len(found.ops) == 2


def test_a_coarser_op_is_found(tiny_config: LowFormerConfig, noise_images: Samples) -> None:
    """An op whose weights all but vanish beside one outlier must come first."""
    network = random_model(tiny_config)
    weight = network.get_parameter("head.op_list.2.linear.weight")
    weight.data[:, 0] *= 500
    weight.data[0, 0] = 500
    model = rewrite(network, "tflite")
    ranges = calibrate(model, noise_images, SPEC)
    found = analyse(
        CLASSIFICATION, model, ranges, uniform("int8-weights").assign(model), noise_images, SPEC
    )
    assert found.ops[0].path == "head.op_list.2.linear"


def test_the_record_is_json(sensitivity: Sensitivity) -> None:
    content = json.loads(json.dumps(sensitivity.record().model_dump(mode="json"), allow_nan=False))
    assert len(content["ops"]) == len(sensitivity.ops)
    first = content["ops"][0]
    assert first["alone"]["sqnr_db"] == pytest.approx(sensitivity.ops[0].alone.sqnr_db)
    assert 0 <= first["left_out"]["agreement_percent"] <= 100


def loss_of(reference: NDArray[np.float32], other: NDArray[np.float32]) -> Loss:
    return loss_between(CLASSIFICATION, {"logits": reference}, {"logits": other})


def test_losses_of_known_logits() -> None:
    reference = np.eye(4, dtype=np.float32)
    assert loss_of(reference, reference) == Loss(0.0, 1.0)
    assert loss_of(reference, reference).sqnr_db == math.inf
    found = loss_of(reference, reference[::-1])
    assert (found.noise, found.agreement) == (2.0, 0.0)
    assert loss_of(reference, reference * np.float32(0.9)).sqnr_db == pytest.approx(20)
