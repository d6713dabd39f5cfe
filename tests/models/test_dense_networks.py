"""Detection and segmentation, held to the outputs of mmdet 3.3.0's and mmseg 1.2.2's own code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.errors import ConfigError
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead
from lowformer_edge.models.detector import Detector
from lowformer_edge.models.heads.fpn import FPN
from lowformer_edge.models.network import Network, build_network
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.segmenter import Segmenter
from lowformer_edge.models.variants import VARIANTS

from .golden_weights import golden_weights
from .head_strategies import detection_heads, segmentation_heads

DATA = Path(__file__).parents[1] / "data"
KEYS = {
    "detection": DATA / "mmdet" / "retinanet_b0_keys.json",
    "segmentation": DATA / "mmseg" / "semanticfpn_b0_keys.json",
}


def golden(task: str) -> Network:
    """B0 with a task's usual head and the weights that the golden outputs were made with."""
    network = build_network(VARIANTS["b0"].for_task(task)).eval()
    shapes = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    network.load_state_dict({key: golden_weights(key, shape) for key, shape in shapes.items()})
    return network


def images(height: int, width: int) -> torch.Tensor:
    pixels = np.random.default_rng(0).standard_normal((1, 3, height, width)).astype("float32")
    return torch.from_numpy(pixels)


@pytest.mark.parametrize("task", KEYS)
def test_keys_and_shapes_are_theirs_in_order(task: str) -> None:
    with torch.device("meta"):
        state = build_network(VARIANTS["b0"].for_task(task)).state_dict()
    found = [[key, list(value.shape)] for key, value in state.items()]
    assert found == json.loads(KEYS[task].read_text())


def test_raw_maps_of_a_detector_are_mmdets() -> None:
    network = golden("detection")
    assert isinstance(network, Detector)
    expected = np.load(DATA / "mmdet" / "retinanet_b0_256x320.npz")
    with torch.no_grad():
        levels = network.forward_levels(images(256, 320))
    assert [tuple(one.shape[2:]) for one, _ in levels] == [
        (32, 40), (16, 20), (8, 10), (4, 5), (2, 3)
    ]  # fmt: skip
    for number, (classes, boxes) in enumerate(levels):
        for name, values in (("class", classes), ("delta", boxes)):
            mean = values.mean((2, 3)).numpy()
            np.testing.assert_allclose(mean, expected[f"{name}_mean_{number}"], rtol=0, atol=1e-4)
        scores = classes.sigmoid().permute(0, 2, 3, 1).reshape(-1, 80).numpy()
        some = scores[:: max(1, len(scores) // 200), :8]
        np.testing.assert_allclose(some, expected[f"scores_{number}"], rtol=0, atol=1e-4)


def test_logits_of_a_segmenter_are_mmsegs() -> None:
    network = golden("segmentation")
    expected = np.load(DATA / "mmseg" / "semanticfpn_b0_224x288.npz")
    with torch.no_grad():
        logits = network(images(224, 288))
        full = torch.nn.functional.interpolate(logits, (224, 288), mode="bilinear")
    assert tuple(logits.shape) == (1, 150, 56, 72)
    np.testing.assert_allclose(logits.mean((2, 3)), expected["logits_mean"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(logits[0, :, ::7, ::7], expected["logits_some"], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(full.argmax(1)[0, ::3, ::3], expected["classes"])


@settings(max_examples=25, deadline=None)
@given(
    head=detection_heads(9),
    num_classes=st.integers(1, 5),
    size=st.tuples(st.integers(32, 140), st.integers(32, 140)),
)
def test_any_detection_head_and_size(
    head: DetectionHead, num_classes: int, size: tuple[int, int], slight_config: LowFormerConfig
) -> None:
    network = random_model(slight_config.replace(dense_head=head, num_classes=num_classes))
    with torch.no_grad():
        outputs = network(images(*size))
    names = [f"{kind}_p{level}" for level in range(3, 3 + head.levels) for kind in OUTPUTS]
    assert list(outputs) == names
    area = size
    for _ in range(2):
        area = halved(area)
    for level in range(3, 3 + head.levels):
        area = halved(area)
        for kind, values in zip(OUTPUTS, (num_classes, 4), strict=True):
            assert tuple(outputs[f"{kind}_p{level}"].shape) == (1, 9 * values, *area)


OUTPUTS = ("class_logits", "box_deltas")


def halved(area: tuple[int, int]) -> tuple[int, int]:
    return (area[0] + 1) // 2, (area[1] + 1) // 2


@settings(max_examples=25, deadline=None)
@given(
    head=segmentation_heads(9),
    num_classes=st.integers(1, 5),
    size=st.tuples(st.integers(32, 140), st.integers(32, 140)),
)
def test_any_segmentation_head_and_size(
    head: SegmentationHead, num_classes: int, size: tuple[int, int], slight_config: LowFormerConfig
) -> None:
    network = random_model(slight_config.replace(dense_head=head, num_classes=num_classes))
    with torch.no_grad():
        logits = network(images(*size))
    assert tuple(logits.shape) == (1, num_classes, *halved(halved(size)))


def test_a_pyramid_repeats_the_coarser_level_to_the_finer_ones_exact_size() -> None:
    """Every place of the finer level gets the coarser one's at floor(place * coarse / fine)."""
    pyramid = FPN((1, 1), 1, 1, 2)
    for conv, kernel in ((pyramid.lateral_convs, 1), (pyramid.fpn_convs, 3)):
        for module in conv:
            weight = torch.zeros(1, 1, kernel, kernel)
            weight[..., kernel // 2, kernel // 2] = 1
            module.load_state_dict({"conv.weight": weight, "conv.bias": torch.zeros(1)})
    coarse = torch.arange(12.0).reshape(1, 1, 3, 4)
    with torch.no_grad():
        finer, _ = pyramid([torch.zeros(1, 1, 5, 7), coarse])
    rows, columns = torch.arange(5) * 3 // 5, torch.arange(7) * 4 // 7
    assert torch.equal(finer[0, 0], coarse[0, 0][rows][:, columns])


def test_only_training_drops_channels_before_the_last_convolution(
    slight_config: LowFormerConfig,
) -> None:
    network = random_model(slight_config.for_task("segmentation", channels=8))
    x = images(64, 64)
    with torch.no_grad():
        assert torch.equal(network(x), network(x))
        network.decode_head.dropout.train()  # type: ignore[union-attr]
        assert not torch.equal(network(x), network(x))


def test_training_begins_with_low_scores(slight_config: LowFormerConfig) -> None:
    network = build_network(slight_config.for_task("detection", channels=8)).eval()
    with torch.no_grad():
        outputs = network(images(64, 64))
    for level in range(3, 8):
        scores = outputs[f"class_logits_p{level}"].sigmoid()
        torch.testing.assert_close(scores, torch.full_like(scores, 0.01), rtol=0.05, atol=0)


@pytest.mark.parametrize("kind", [Detector, Segmenter])
def test_a_network_needs_its_head(kind: Any, slight_config: LowFormerConfig) -> None:
    with pytest.raises(ConfigError, match=r"slight has no \w+ head; see for_task"):
        kind(slight_config)
