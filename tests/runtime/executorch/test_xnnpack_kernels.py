"""XNNPACK's nodes in numpy, beside PyTorch's ops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn import functional as F

from lowformer_edge.runtime.executorch.program import XNNPACK_NODES
from lowformer_edge.runtime.executorch.xnnpack_graph import _INPUTS, Quantization, XNNNode, XNNValue
from lowformer_edge.runtime.executorch.xnnpack_kernels import KERNELS, computed, rounded

FLOAT = XNNValue("fp32", (), None, None, argument=0)


def run(kind: str, *inputs: NDArray[Any] | None, **options: Any) -> NDArray[np.float32]:
    node = XNNNode(kind, tuple(range(len(inputs))), 99, {"flags": 0, **options}, clamp=None)
    return computed(node, inputs, FLOAT)


def image(seed: int, channels: int, size: tuple[int, int]) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, channels, *size, generator=generator)


def last(x: torch.Tensor) -> NDArray[Any]:
    """Channels last, as XNNPACK has images and weights."""
    return x.permute(0, 2, 3, 1).contiguous().numpy()


def test_every_kind_that_is_read_is_computed() -> None:
    assert KERNELS.keys() == _INPUTS.keys()
    assert KERNELS.keys() <= set(XNNPACK_NODES)


@given(
    seed=st.integers(0, 1000),
    groups=st.sampled_from([1, 2]),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    kind=st.sampled_from(["Conv2d", "DepthwiseConv2d", "ConvTranspose2d"]),
)
@settings(deadline=None, max_examples=80)
def test_convolutions(
    seed: int,
    groups: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple[int, int],
    kind: str,
) -> None:
    x = image(seed, 4, (6, 7))
    bias = image(seed + 1, 6, (1, 1))[0, :, 0, 0]
    if kind == "DepthwiseConv2d":
        weight, bias, groups = image(seed, 1, kernel).repeat(2, 1, 1, 1), bias[:4], 4
        expected = F.conv2d(x, weight, bias, strides, padding, groups=4)
        stored = weight.permute(1, 2, 3, 0).contiguous().numpy()
    elif kind == "Conv2d":
        weight = image(seed, 6 * 4 // groups, kernel)[0].reshape(6, 4 // groups, *kernel)
        expected = F.conv2d(x, weight, bias, strides, padding, groups=groups)
        stored = last(weight)
    else:
        padding = (min(padding[0], kernel[0] - 1), min(padding[1], kernel[1] - 1))
        weight = image(seed, 4 * 6 // groups, kernel)[0].reshape(4, 6 // groups, *kernel)
        expected = F.conv_transpose2d(x, weight, bias, strides, padding, groups=groups)
        # [I, O / groups, h, w] to [O, h, w, I / groups]
        by_group = weight.reshape(groups, 4 // groups, 6 // groups, *kernel)
        stored = by_group.permute(0, 2, 3, 4, 1).reshape(6, *kernel, 4 // groups).numpy()
    found = run(
        kind,
        last(x),
        stored,
        bias.numpy(),
        padding=[padding[0], padding[1], padding[0], padding[1]],
        strides=list(strides),
        dilations=[1, 1],
        groups=[groups],
        adjustment=[0, 0],
    )
    np.testing.assert_allclose(found, last(expected), atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "function"),
    [
        ("Hardswish", F.hardswish),
        ("Gelu", F.gelu),
        ("Sigmoid", torch.sigmoid),
        ("Softmax", lambda x: torch.softmax(x, -1)),
        ("Tanh", torch.tanh),
    ],
)
def test_functions(kind: str, function: Any) -> None:
    x = 3 * image(0, 3, (4, 5))
    np.testing.assert_allclose(run(kind, x.numpy()), function(x), atol=1e-6)


def test_averages_are_of_pixels_within_the_image() -> None:
    x = image(0, 3, (5, 6))
    options = {"padding": [1, 1, 1, 1], "kernel": [3, 3], "strides": [2, 2]}
    expected = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    np.testing.assert_allclose(run("AvgPooling2d", last(x), **options), last(expected), atol=1e-6)
    expected = F.max_pool2d(x, 3, 2, 1)
    np.testing.assert_array_equal(run("MaxPooling2d", last(x), **options), last(expected))


@given(seed=st.integers(0, 1000), spread=st.floats(1e-3, 1e3), offset=st.floats(-10, 10))
def test_rows_get_steps_of_their_own(seed: int, spread: float, offset: float) -> None:
    rng = np.random.default_rng(seed)
    x = (spread * (rng.standard_normal((3, 50)) + offset)).astype(np.float32)
    found = rounded(x, Quantization(None, row_rank=1))
    low, high = np.minimum(x.min(1), 0), np.maximum(x.max(1), 0)
    step = ((high - low) / 255)[:, None]
    # Half a step of rounding, and half of one that the zero point may cut from an end.
    assert (np.abs(found - x) <= 1.01 * step + 1e-6 * np.abs(x)).all()
    np.testing.assert_allclose(found[0], rounded(x[:1], Quantization(None, row_rank=1))[0])


def test_fixed_steps_saturate() -> None:
    x = np.array([-100, -1, 0.24, 0.26, 100], np.float32)
    found = rounded(x, Quantization(np.full((), 0.5, np.float32), zero_point=-28))
    np.testing.assert_array_equal(found, np.array([-50, -1, 0, 0.5, 77.5], np.float32))
