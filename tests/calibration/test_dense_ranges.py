"""Ranges of networks whose head runs on several levels, and whose convolutions have ReLUs."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.fused_relu import fused_relus
from lowformer_edge.calibration.ranges import QUANTIZABLE, calibrate
from lowformer_edge.calibration.recipe import uniform
from lowformer_edge.calibration.simulation import simulated
from lowformer_edge.errors import ExportError
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.heads.conv_module import ConvModule
from lowformer_edge.models.random_weights import random_model

SPEC = Preprocessing(size=64, crop_ratio=1.0)
CONV = "bbox_head.levels.p{}.cls_convs.0.conv"


def network_for(task: str, config: LowFormerConfig) -> nn.Module:
    convs = 1 if task == "detection" else None
    return random_model(config.for_task(task, channels=8, convs=convs).replace(num_classes=3))


@pytest.mark.parametrize("task", ["detection", "segmentation"])
def test_every_op_with_weights_gets_ranges(
    task: str, slight_config: LowFormerConfig, noise_images: Samples
) -> None:
    model = rewrite(network_for(task, slight_config), "tflite")
    ops = [path for path, one in model.named_modules() if isinstance(one, QUANTIZABLE)]
    ranges = calibrate(model, noise_images.first(2), SPEC)
    assert set(ranges.modules) == set(ops)


def test_each_level_has_its_own_range(
    slight_config: LowFormerConfig, noise_images: Samples
) -> None:
    model = rewrite(network_for("detection", slight_config), "tflite")
    ranges = calibrate(model, noise_images.first(2), SPEC)
    with torch.no_grad():
        x = torch.from_numpy(SPEC.normalise(noise_images.first(2).pixels))
        levels = model.neck(model.backbone.forward_stages(x)[-3:])  # type: ignore[operator, union-attr]
    for number, level in enumerate(levels, 3):
        expected = pytest.approx((level.min().item(), level.max().item()), rel=1e-4, abs=1e-5)
        assert ranges.modules[CONV.format(number)].input == expected


@pytest.mark.parametrize("observer", ["minmax", "mse", "percentile:99"])
def test_a_convolution_before_a_relu_has_the_range_of_what_comes_after(
    observer: str, noise_images: Samples
) -> None:
    model = ConvModule(3, 4).eval()
    ranges = calibrate(model, noise_images.first(2), SPEC, observer)
    # The same values, where the ReLU is no part of the op.
    apart = nn.Sequential(model.conv, nn.ReLU(), nn.Conv2d(4, 1, 1)).eval()
    expected = calibrate(apart, noise_images.first(2), SPEC, observer).modules["2"].input
    assert ranges.modules["conv"].output == expected
    assert expected[0] == 0


def test_only_what_a_relu_follows_at_once_is_fused() -> None:
    model = nn.ModuleDict(
        {
            "fused": ConvModule(1, 1),
            "plain": ConvModule(1, 1, act=False),
            "normed": ConvModule(1, 1, norm=True),
        }
    )
    assert fused_relus(model) == {"fused.conv"}
    assert fused_relus(ConvModule(1, 1)) == {"conv"}


class Twice(nn.Module):
    """Runs its convolution two times."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.conv(x))


def test_a_module_that_runs_twice_is_refused(noise_images: Samples) -> None:
    with pytest.raises(ExportError, match="conv: runs more than once for an image"):
        calibrate(Twice(), noise_images, SPEC)


def test_a_head_that_was_not_unrolled_is_refused(
    slight_config: LowFormerConfig, noise_images: Samples
) -> None:
    with pytest.raises(ExportError, match=r"bbox_head.*: runs more than once"):
        calibrate(network_for("detection", slight_config), noise_images.first(1), SPEC)


def test_a_level_is_simulated_by_itself(
    slight_config: LowFormerConfig, noise_images: Samples
) -> None:
    model = rewrite(network_for("detection", slight_config), "tflite")
    ranges = calibrate(model, noise_images.first(2), SPEC)
    x = torch.from_numpy(SPEC.normalise(noise_images.first(1).pixels))
    with torch.no_grad():
        before = model(x)
        with simulated(model, ranges, {CONV.format(4): "int8"}):
            during = model(x)
        with simulated(model, ranges, uniform("int8").assign(model)):
            pass
        after = model(x)
    assert [k for k in before if not torch.equal(before[k], during[k])] == ["class_logits_p4"]
    assert all(torch.equal(before[k], after[k]) for k in before)
