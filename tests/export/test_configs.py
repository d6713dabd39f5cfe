"""Configs from all over their space, and those that were once refused."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
from torch import nn

from lowformer_edge.benchmarks.configs import FORMATS, PRECISIONS, Case, CaseCheck, draw
from lowformer_edge.calibration.ranges import Ranges
from lowformer_edge.errors import ConfigError
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.onnx.exporter import OnnxExporter
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

ONE_HEAD = LowFormerConfig(
    name="one-head",
    widths=(8, 12, 16, 32, 64),
    depths=(0, 1, 1, 1, 1),
    downsample_expansions=(2, 2, 2, 2),
    block_expansion=2,
    head_widths=(96, 64),
    num_classes=7,
    fused_below=64,
    mlp_expansion=2,
    head_width=15,
    input_size=64,
)


@pytest.mark.heavy
@pytest.mark.parametrize("number", range(1000, 1008))
def test_2_1_any_config_is_exported_and_right(number: int) -> None:
    file = f"{FORMATS[number % 4]}/{PRECISIONS[number // 4 % 2]}"
    outcome = CaseCheck(draw(number)).outcome(file)
    assert (outcome.refusal, outcome.fault) == ("", "")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"widths": (1, 12, 16, 32, 64)},
        {"attention_strides": (3, 1)},
        {"head_widths": (1, 1)},
    ],
    ids=["one head", "one input channel", "stride of 3", "one feature"],
)
def test_2_1_configs_that_were_refused_are_exported(changes: dict[str, Any]) -> None:
    outcome = CaseCheck(Case(ONE_HEAD.replace(**changes), batch=1)).outcome("tflite/int8")
    assert (outcome.refusal, outcome.fault) == ("", "")


def test_2_1_norms_of_two_channels_follow_their_simulation() -> None:
    config = ONE_HEAD.replace(widths=(8, 8, 8, 2, 1), head_widths=(2, 2), attention=False)
    outcome = CaseCheck(Case(config, batch=1)).outcome("onnx/int8")
    assert (outcome.refusal, outcome.fault) == ("", "")


class WithWrongBiases(OnnxExporter):
    """Writes the biases of static INT8 a tenth too small."""

    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> bytes:
        proto = onnx.load_from_string(super().export(spec, model, ranges))
        for item in proto.graph.initializer:
            if item.data_type == onnx.TensorProto.INT32 and item.name.endswith("_steps"):
                steps = onnx.numpy_helper.to_array(item)
                item.CopyFrom(onnx.numpy_helper.from_array(steps * 9 // 10, item.name))
        return bytes(proto.SerializeToString())


def test_2_1_wrong_biases_are_no_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPORTERS, "onnx", WithWrongBiases)
    outcome = CaseCheck(Case(ONE_HEAD, batch=1)).outcome("onnx/int8")
    assert "off its simulation" in outcome.fault


def test_2_1_the_same_number_draws_the_same_config() -> None:
    assert draw(7) == draw(7)
    assert len({draw(number) for number in range(50)}) == 50


@pytest.mark.parametrize("stage", [3, 4])
def test_2_1_heads_without_channels_are_refused(stage: int) -> None:
    widths = [4, 6, 8, 16, 32]
    widths[stage] = 3
    fields = {"widths": tuple(widths), "depths": (0, 1, 1, 1, 1), "head_dim_ratio": 0.25}
    config = LowFormerConfig(name="thin", **fields)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"heads of stage {stage} would share 3 channels"):
        random_model(config)
    random_model(config.replace(attention=False))
