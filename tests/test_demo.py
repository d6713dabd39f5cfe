"""The bundled model is what the README says it is."""

from __future__ import annotations

import torch
from torch import nn

from lowformer_edge import demo
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.export.eager import reference_outputs
from lowformer_edge.models.blocks import ConvAttention, FusedMBConv, MBConv
from lowformer_edge.models.loading import LoadedModel


def test_it_holds_every_kind_of_block(demo_model: LoadedModel) -> None:
    kinds = {type(module) for module in demo_model.network.modules()}
    assert {FusedMBConv, MBConv, nn.GroupNorm, nn.GELU, nn.ConvTranspose2d} <= kinds
    attentions = [
        module for module in demo_model.network.modules() if isinstance(module, ConvAttention)
    ]
    strides = {module.upsampling.stride for module in attentions}
    assert strides == {(1, 1), (2, 2)}
    assert all(module.num_heads > 1 for module in attentions)


def test_it_is_small_and_finite(demo_model: LoadedModel) -> None:
    assert demo.CHECKPOINT.stat().st_size < 4_000_000
    for key, value in demo_model.network.state_dict().items():
        assert bool(torch.isfinite(value).all()), key
    trivial = [
        path
        for path, module in demo_model.network.named_modules()
        if isinstance(module, nn.BatchNorm2d | nn.GroupNorm | nn.LayerNorm)
        and bool((module.weight == 1).all())
    ]
    assert trivial == []


def test_its_accuracy_on_the_bundled_images(demo_model: LoadedModel) -> None:
    images = decode(find_images(demo.EVALUATION), demo_model.preprocessing)
    logits = reference_outputs(
        demo_model.network, images.pixels, demo_model.preprocessing, lambda count: None
    )["logits"]
    top1 = 100 * (logits.argmax(1) == images.labels).mean()
    assert 93.0 <= top1 <= 94.0
