"""Counts from a config are those of the modules that it describes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from lowformer_edge.artifact.size import sides_of
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.cost import Cost, backbone_cost, cost_of, head_cost
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead
from lowformer_edge.models.network import build_network
from lowformer_edge.models.published import PUBLISHED_FIGURES
from lowformer_edge.models.variants import PUBLISHED, VARIANTS

from .head_strategies import detection_heads, segmentation_heads


def counted(config: LowFormerConfig) -> Cost:
    """What torch counts, on tensors without content."""
    with torch.device("meta"):
        model = build_network(config).eval()
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


@settings(max_examples=15, deadline=None)
@given(
    head=detection_heads(40) | segmentation_heads(40),
    num_classes=st.integers(1, 40),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_any_dense_head_at_sizes_that_halve_evenly(
    head: DetectionHead | SegmentationHead,
    num_classes: int,
    size: tuple[int, int],
    slight_config: LowFormerConfig,
) -> None:
    config = slight_config.replace(
        dense_head=head, num_classes=num_classes, input_size=(32 * size[0], 32 * size[1])
    )
    assert cost_of(config) == counted(config)


@pytest.mark.parametrize("task", ["detection", "segmentation"])
@pytest.mark.parametrize("size", [200, (70, 97)])
def test_dense_heads_at_odd_sizes(
    task: str, size: int | tuple[int, int], slight_config: LowFormerConfig
) -> None:
    config = slight_config.for_task(task, channels=8).replace(input_size=size)
    assert cost_of(config) == counted(config)


@pytest.mark.parametrize(
    ("task", "size", "head", "backbone"),
    [
        ("detection", 320, 15.1, 1.9),
        ("detection", 640, 60.3, 7.7),
        ("segmentation", 512, 21.2, 4.9),
    ],
)
def test_what_the_usual_heads_cost(task: str, size: int, head: float, backbone: float) -> None:
    """In thousand millions of multiply-accumulates, with B0; the heads are the bill."""
    config = VARIANTS["b0"].for_task(task).replace(input_size=size)
    assert head_cost(config).macs / 1e9 == pytest.approx(head, abs=0.1)
    assert backbone_cost(config).macs / 1e9 == pytest.approx(backbone, abs=0.1)


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


def test_ranks_block_by_block(tiny_config: LowFormerConfig) -> None:
    config = tiny_config.replace(spatial_ranks=((2,), (3,), (0, 5), (7, 4), (6, 0)))
    assert cost_of(config) == counted(config)
    assert cost_of(config) != cost_of(tiny_config)
