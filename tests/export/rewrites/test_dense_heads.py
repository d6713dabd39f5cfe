"""Necks and heads keep their function too, and take the forms that kernels have."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.calibration.ranges import QUANTIZABLE
from lowformer_edge.errors import UsageError
from lowformer_edge.export.rewrites.batch_norm import fold_batch_norm
from lowformer_edge.export.rewrites.doubling import ConcatenatedDoubling, TransposedConvDoubling
from lowformer_edge.export.rewrites.table import CALIBRATED, REWRITES, Rewrite, rewrite
from lowformer_edge.export.rewrites.unrolled_head import unroll_head
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead
from lowformer_edge.models.heads.conv_module import ConvModule
from lowformer_edge.models.heads.upsampling import NearestUpsampling
from lowformer_edge.models.network import Network
from lowformer_edge.models.random_weights import random_model

TOLERANCE = 1e-9
HEADS: list[DetectionHead | SegmentationHead] = [
    DetectionHead(neck_channels=12, channels=8, convs=1),
    DetectionHead(neck_channels=8, channels=8, convs=0, levels=3),
    SegmentationHead(neck_channels=12, channels=8),
]
SIZES = [(64, 64), (71, 100), (96, 160)]


def network_of(head: DetectionHead | SegmentationHead, config: LowFormerConfig) -> Network:
    return random_model(config.replace(dense_head=head, num_classes=3))


def outputs(network: nn.Module, size: tuple[int, int], batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(sum(size))
    x = torch.randn(batch, 3, *size, dtype=torch.float64, generator=generator)
    with torch.no_grad():
        given = network(x)
    return {"logits": given} if isinstance(given, Tensor) else given


def assert_same(
    network: nn.Module, other: nn.Module, size: tuple[int, int], batch: int = 2
) -> None:
    expected, found = outputs(network, size, batch), outputs(other, size, batch)
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert (found[name] - values).abs().max() < TOLERANCE, name


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("step", REWRITES, ids=lambda step: step.name)
def test_each_rewrite_alone_keeps_the_function(
    step: Rewrite, head: DetectionHead | SegmentationHead, attentive_config: LowFormerConfig
) -> None:
    network = network_of(head, attentive_config).double()
    rewritten = step.apply(copy.deepcopy(network))
    for size in SIZES:
        assert_same(network, rewritten, size)


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("target", FORMATS)
def test_all_rewrites_together_keep_the_function(
    target: str, head: DetectionHead | SegmentationHead, attentive_config: LowFormerConfig
) -> None:
    network = network_of(head, attentive_config).double()
    rewritten = rewrite(network, target)
    for size in SIZES:
        for batch in (1, 3):
            assert_same(network, rewritten, size, batch)


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("target", FORMATS)
def test_ops_with_weights_are_the_same_for_all_targets(
    target: str, head: DetectionHead | SegmentationHead, slight_config: LowFormerConfig
) -> None:
    network = network_of(head, slight_config)
    ops, calibrated = (
        {
            path: module.weight
            for path, module in rewrite(network, name).named_modules()
            if isinstance(module, QUANTIZABLE)
        }
        for name in (target, CALIBRATED)
    )
    assert list(ops) == list(calibrated)
    assert all(torch.equal(weight, calibrated[path]) for path, weight in ops.items())


@pytest.mark.parametrize("head", HEADS, ids=str)
@pytest.mark.parametrize("target", FORMATS)
def test_nothing_is_left_that_a_target_handles_badly(
    target: str, head: DetectionHead | SegmentationHead, slight_config: LowFormerConfig
) -> None:
    rewritten = rewrite(network_of(head, slight_config), target)
    kinds = {type(module) for module in rewritten.modules()}
    assert nn.BatchNorm2d not in kinds
    assert (NearestUpsampling in kinds) == (target not in ("tflite", "executorch"))


def test_each_level_has_modules_of_its_own_on_the_same_memory(
    slight_config: LowFormerConfig,
) -> None:
    network = network_of(HEADS[0], slight_config)
    rewritten = rewrite(network, "tflite")
    weights = {
        path: module.weight
        for path, module in rewritten.named_modules()
        if isinstance(module, QUANTIZABLE) and path.endswith("cls_convs.0.conv")
    }
    assert list(weights) == [f"bbox_head.levels.p{k}.cls_convs.0.conv" for k in range(3, 8)]
    assert len({id(weight) for weight in weights.values()}) == 5
    assert len({weight.data_ptr() for weight in weights.values()}) == 1
    assert sum(key.startswith("bbox_head") for key in network.state_dict()) == 8


def test_a_level_may_be_given_other_weights(slight_config: LowFormerConfig) -> None:
    rewritten = unroll_head(network_of(HEADS[0], slight_config).double())
    before = outputs(rewritten, (64, 64))
    bias = rewritten.get_parameter("bbox_head.levels.p4.retina_cls.bias")
    bias.data = bias.data + 1
    after = outputs(rewritten, (64, 64))
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == ["class_logits_p4"]


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    channels=st.integers(1, 5) | st.sampled_from([33, 34, 37, 64, 96]),
    batch=st.integers(1, 3),
)
@pytest.mark.parametrize("form", ["concatenated", "transposed convolution"])
def test_doubling_is_the_nearest_of_half_the_places(
    form: str, size: tuple[int, int], channels: int, batch: int
) -> None:
    x = torch.randn(batch, channels, *((side + 1) // 2 for side in size))
    doubling = (
        ConcatenatedDoubling()
        if form == "concatenated"
        else TransposedConvDoubling(x.transpose(0, 1))
    )
    assert torch.equal(doubling(x, size), NearestUpsampling()(x, size))


@pytest.mark.parametrize(
    ("channels", "width"), [(1, 1), (12, 12), (256, 16), (40, 10), (34, 2), (37, 1)]
)
def test_channels_are_doubled_in_wide_groups(channels: int, width: int) -> None:
    """XNNPACK computes as many channels at once, and throws away what is not of the group."""
    doubling = TransposedConvDoubling(torch.ones(channels, 1))
    assert doubling.kernel.shape == (channels, width, 2, 2)


@pytest.mark.parametrize("size", [(9, 8), (8, 6), (4, 4)])
def test_what_is_no_doubling_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match=r"level of \(4, 4\) cannot be doubled"):
        ConcatenatedDoubling()(torch.zeros(1, 1, 4, 4), size)


def test_every_kind_of_batch_norm_is_folded() -> None:
    block = ConvModule(2, 3, norm=True)
    norm = nn.SyncBatchNorm(3, affine=False)
    norm.running_mean = torch.randn(3)
    block.add_module("bn", norm)
    block = block.eval().double()
    folded = fold_batch_norm(copy.deepcopy(block))
    x = torch.randn(1, 2, 5, 5, dtype=torch.float64)
    assert not [one for one in folded.modules() if isinstance(one, nn.SyncBatchNorm)]
    assert (folded(x) - block(x)).abs().max() < TOLERANCE


@pytest.mark.parametrize(
    ("norm", "reason"),
    [
        (nn.Sequential(nn.Conv2d(2, 2, 1), nn.ReLU(), nn.BatchNorm2d(2)), "no block of ours"),
        (nn.Sequential(nn.SyncBatchNorm(2)), "no block of ours"),
        (nn.Sequential(nn.BatchNorm2d(2, track_running_stats=False)), "no running mean"),
    ],
)
def test_a_batch_norm_that_is_left_is_named(norm: nn.Sequential, reason: str) -> None:
    path = f"branch.{len(norm) - 1}"
    network = nn.ModuleDict({"branch": norm}).eval()
    with pytest.raises(UsageError, match=rf"model: {path}, a \w+, cannot be folded.*{reason}"):
        fold_batch_norm(network)
