"""Counts from a config are those of the modules that it describes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from lowformer_edge.artifact.size import sides_of
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import Cost, cost_of
from lowformer_edge.models.lowformer import LowFormer
from lowformer_edge.models.published import PUBLISHED_FIGURES
from lowformer_edge.models.variants import PUBLISHED, VARIANTS


def counted(config: LowFormerConfig) -> Cost:
    """What torch counts, on tensors without content."""
    with torch.device("meta"):
        model = LowFormer(config).eval()
        image = torch.empty(1, 3, *sides_of(config.input_size))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return Cost(parameters, counter.get_total_flops() // 2)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant(name: str) -> None:
    assert cost_of(VARIANTS[name]) == counted(VARIANTS[name])


@settings(max_examples=25, deadline=None)
@given(
    size=st.tuples(st.integers(32, 130), st.integers(32, 130)),
    fused=st.booleans(),
    attention=st.booleans(),
    mlp=st.booleans(),
    fused_below=st.sampled_from([0, 12, 999]),
    strides=st.sampled_from([(2, 1), (1, 2), (3, 1), (2, 2)]),
    ratio=st.sampled_from([0.5, 1.0]),
    depths=st.tuples(*(st.integers(1, 3) for _ in range(5))),
)
def test_any_switch_and_size(
    size: tuple[int, int],
    fused: bool,
    attention: bool,
    mlp: bool,
    fused_below: int,
    strides: tuple[int, int],
    ratio: float,
    depths: tuple[int, ...],
    tiny_config: LowFormerConfig,
) -> None:
    config = tiny_config.replace(
        input_size=size,
        fused=fused,
        attention=attention,
        mlp=mlp,
        fused_below=fused_below,
        attention_strides=strides,
        head_dim_ratio=ratio,
        depths=depths,
    )
    assert cost_of(config) == counted(config)


@pytest.mark.parametrize("name", PUBLISHED)
def test_variants_have_what_was_published(name: str) -> None:
    found, published = cost_of(PUBLISHED[name].replace(input_size=224)), PUBLISHED_FIGURES[name]
    assert found.parameters == pytest.approx(published.params * 1e6, rel=1e-4)
    assert found.macs == pytest.approx(published.macs * 1e6, rel=4e-3)


def test_every_variant_has_published_figures() -> None:
    assert set(PUBLISHED_FIGURES) == set(PUBLISHED)


def test_hidden_channels_block_by_block(tiny_config: LowFormerConfig) -> None:
    config = tiny_config.replace(
        hidden_channels=((7,), (9,), (11, 5), (13, 17), (19, 23)), mlp_channels=((10,), (14,))
    )
    assert cost_of(config) == counted(config)
    assert cost_of(config) != cost_of(tiny_config)
