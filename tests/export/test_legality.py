from __future__ import annotations

import pytest
from torch import nn

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.calibration.recipe import KINDS, PRECISIONS, Recipe, Rule, uniform
from lowformer_edge.errors import UsageError
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.legality import FLOAT_KINDS, REFUSED, legal_precisions
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model


@pytest.fixture(scope="module")
def model(tiny_config: LowFormerConfig) -> nn.Module:
    return rewrite(random_model(tiny_config), "tflite")


@pytest.mark.parametrize(
    ("target", "precision"),
    [
        (target, precision)
        for target, known in ((row.name, row.precisions) for row in FORMATS.values())
        for precision in known
    ],
)
def test_our_own_recipes_are_legal(target: str, precision: str, model: nn.Module) -> None:
    try:
        spec = ExportSpec(target, precision)
    except UsageError:
        spec = ExportSpec.of(target, precision, backend="vulkan")
    precisions = EXPORTERS[target].precisions_of(spec, model)
    if precision.startswith("int8"):
        assert precision in precisions.values()


def test_a_missing_kernel_is_named_with_op_and_reason(model: nn.Module) -> None:
    with pytest.raises(
        UsageError, match=r"conv_proj\.0 cannot be int8-dynamic: XNNPACK has no depthwise"
    ):
        legal_precisions("tflite", uniform("int8-dynamic"), model)


@pytest.mark.parametrize("kind", FLOAT_KINDS)
def test_ops_without_weights_cannot_be_quantized(kind: str, model: nn.Module) -> None:
    with pytest.raises(UsageError, match=f"{kind} cannot be int8: .*float only"):
        legal_precisions("tflite", Recipe((Rule("int8", op=kind),)), model)


def test_unknown_kinds_are_listed(model: nn.Module) -> None:
    with pytest.raises(UsageError, match="'pool' is unknown; choose one of conv, depthwise_conv"):
        legal_precisions("tflite", Recipe((Rule("int8", op="pool"),)), model)


def test_the_table_speaks_of_known_things() -> None:
    assert set(REFUSED) == set(FORMATS)
    for table in REFUSED.values():
        for (kind, precision), reason in table.items():
            assert kind in (*KINDS, *FLOAT_KINDS)
            assert precision in PRECISIONS
            assert reason
