"""What files ask of a GPU, counted in a browser; see :mod:`benchmarks.gpu_cost`."""

from __future__ import annotations

import pytest

from lowformer_edge.benchmarks.gpu_cost.page import FileCost, GpuCost, count_costs
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.tflite.exporter import convert
from lowformer_edge.lab.place import Lab
from lowformer_edge.models.random_weights import random_model

from ...small_models import ATTENTIVE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def costs(web_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[FileCost]:
    """Of a model as published and rewritten, and of no model, in both precisions each."""
    folder = tmp_path_factory.mktemp("files")
    network = random_model(ATTENTIVE)
    paths = [folder / name for name in ("published.tflite", "rewritten.tflite", "none.tflite")]
    paths[0].write_bytes(convert(network, ATTENTIVE.input_size, 1))
    paths[1].write_bytes(convert(rewrite(network, "tflite"), ATTENTIVE.input_size, 1))
    paths[2].write_bytes(b"no model")
    return list(count_costs(web_lab, paths))


def cost_of(told: FileCost) -> GpuCost:
    assert told.failure is None
    first = told.costs[0]
    assert first.unknown == 0
    return first


def test_each_inference_asks_for_the_same(costs: list[FileCost]) -> None:
    for told in costs[:4]:
        assert set(told.costs) == {cost_of(told)}
        assert len(told.costs) == 3


def test_half_precision_moves_half_of_the_bytes(costs: list[FileCost]) -> None:
    single, half = cost_of(costs[2]), cost_of(costs[3])
    assert half.dispatches == single.dispatches > 0
    assert half.bytes_written == pytest.approx(single.bytes_written / 2, rel=0.1)
    assert half.bytes_read < 0.65 * single.bytes_read  # some of which are shaders' parameters


def test_the_input_is_read_and_the_stem_written(costs: list[FileCost]) -> None:
    cost = cost_of(costs[2])
    texel = 4 * 4  # four channels of four bytes
    assert cost.bytes_read > 64 * 64 * texel
    assert cost.bytes_written > 32 * 32 * texel


def test_the_rewritten_model_asks_for_less(costs: list[FileCost]) -> None:
    published, rewritten = cost_of(costs[0]), cost_of(costs[2])
    assert rewritten.dispatches < 0.8 * published.dispatches
    assert rewritten.bytes_written < published.bytes_written


def test_what_is_no_model_has_a_reason_in_place_of_figures(costs: list[FileCost]) -> None:
    for told in costs[4:]:
        assert told.failure
        assert told.costs == ()
