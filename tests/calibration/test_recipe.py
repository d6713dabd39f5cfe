from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lowformer_edge.calibration.recipe import (
    KINDS,
    PRECISIONS,
    Recipe,
    Rule,
    quantizable_kinds,
    uniform,
)
from lowformer_edge.errors import UsageError
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

RULES = st.builds(
    Rule,
    precision=st.sampled_from(PRECISIONS),
    name=st.none() | st.sampled_from(["stages", r"^head\.", "conv$", "0"]),
    op=st.none() | st.sampled_from(KINDS),
)


@pytest.fixture(scope="module")
def model(tiny_config: LowFormerConfig) -> nn.Module:
    return rewrite(random_model(tiny_config), "tflite")


@given(st.lists(RULES, max_size=6).map(lambda rules: Recipe(tuple(rules))))
def test_recipes_round_trip_through_json(recipe: Recipe) -> None:
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@given(st.permutations([Rule("fp16"), Rule("int8", op="conv"), Rule("fp32", name="stem")]))
def test_names_outrank_kinds_and_kinds_outrank_all_in_any_order(rules: list[Rule]) -> None:
    recipe = Recipe(tuple(rules))
    assert recipe.precision("stem.conv", "conv") == "fp32"
    assert recipe.precision("stages.conv", "conv") == "int8"
    assert recipe.precision("head.linear", "linear") == "fp16"


def test_among_equals_the_later_wins() -> None:
    recipe = Recipe((Rule("int8", name="head"), Rule("fp16", name="linear")))
    assert recipe.precision("head.linear", "linear") == "fp16"
    assert Recipe((Rule("int8"), Rule("fp16"))).precision("x", "conv") == "fp16"


def test_unmatched_ops_stay_float() -> None:
    assert Recipe(()).precision("x", "conv") == "fp32"
    assert Recipe((Rule("int8", op="linear"),)).precision("x", "conv") == "fp32"


def test_a_rule_with_name_and_op_needs_both() -> None:
    recipe = Recipe((Rule("int8", name="head", op="linear"),))
    assert recipe.precision("head.0", "conv") == "fp32"
    assert recipe.precision("head.2", "linear") == "int8"


def test_every_quantizable_module_is_assigned(model: nn.Module) -> None:
    kinds = quantizable_kinds(model)
    assert set(kinds.values()) == set(KINDS)
    assigned = uniform("int8", [("linear", "fp16")]).assign(model)
    assert list(assigned) == list(kinds)
    for path, kind in kinds.items():
        assert assigned[path] == ("fp16" if kind == "linear" else "int8")


def test_a_rule_that_matches_nothing_is_a_mistake(model: nn.Module) -> None:
    with pytest.raises(UsageError, match=r'no op of the model fits the rule .*"name": "haed"'):
        Recipe((Rule("int8"), Rule("fp16", name="haed"))).assign(model)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "version None"),
        ({"version": 2, "rules": []}, "version 2"),
        ({"version": 1}, "'rules', a list"),
        ({"version": 1, "rules": {}}, "'rules', a list"),
        ({"version": 1, "rules": [1]}, "'rules', a list"),
        ({"version": 1, "rules": [], "x": 1}, "exactly"),
        ({"version": 1, "rules": [{"op": "conv"}]}, "needs a precision"),
        ({"version": 1, "rules": [{"precision": "int8", "regex": "x"}]}, "needs a precision"),
        ({"version": 1, "rules": [{"precision": "int4"}]}, "int4"),
        ({"version": 1, "rules": [{"precision": "int8", "name": "("}]}, "regular expression"),
        ({"version": 1, "rules": [{"precision": "int8", "name": 3}]}, "regular expression"),
        ({"version": 1, "rules": [{"precision": "int8", "op": 3}]}, "op must be a text"),
    ],
)
def test_what_is_no_recipe(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Recipe.from_dict(fields)


@pytest.mark.parametrize("content", ["", "[]", "{", "\xff"])
def test_files_that_are_no_recipe(content: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(UsageError, match=r"recipe"):
        Recipe.read(path)


def test_exceptions_for_kinds_that_a_model_has_not_are_no_mistake() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1))
    assert uniform("int8", [("linear", "fp32")]).assign(model) == {"0": "int8"}
    with pytest.raises(UsageError, match="no op of the model fits"):
        Recipe((Rule("int8", op="linear"),)).assign(model)
