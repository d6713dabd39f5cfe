from __future__ import annotations

import numpy as np
import torch
from torch import nn

from lowformer_edge.export.eager import eager_trace


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2, padding=1), nn.Hardswish())
        self.norm = nn.LayerNorm(4)
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.norm(self.stem(x).mean((2, 3))))


def test_every_value_is_there_with_its_module() -> None:
    torch.manual_seed(0)
    model = Small().eval().requires_grad_(requires_grad=False)
    images = np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype(np.float32)
    trace = eager_trace(model, images)
    assert trace.ops[0].module == "stem.0"
    by_module = {
        item.module: item.outputs[0] for item in trace.ops if item.outputs[0] in trace.values
    }
    assert list(by_module) == ["stem.0", "stem.1", None, "norm", "last"]
    x = torch.from_numpy(images)
    stem = model.stem(x)
    np.testing.assert_allclose(trace.values[by_module["stem.1"]], stem, atol=1e-6)
    norm = model.norm(stem.mean((2, 3)))
    np.testing.assert_allclose(trace.values[by_module["norm"]], norm, atol=1e-5)
    np.testing.assert_allclose(trace.values[by_module["last"]], model.last(norm), atol=1e-5)
    assert set(by_module.values()) <= trace.values.keys()


def test_seams_within_ops_are_values_too() -> None:
    torch.manual_seed(0)
    model = Small().eval().requires_grad_(requires_grad=False)
    images = np.random.default_rng(0).standard_normal((1, 3, 8, 8)).astype(np.float32)
    trace = eager_trace(model, images)
    values = list(trace.values.values())

    def has(expected: torch.Tensor) -> bool:
        return any(
            value.shape == tuple(expected.shape) and np.allclose(value, expected, atol=1e-5)
            for value in values
        )

    x = torch.from_numpy(images)
    norm = model.norm(model.stem(x).mean((2, 3)))
    assert has(nn.functional.pad(x, (1, 1, 1, 1)))
    assert has(norm @ model.last.weight.T)
    assert has(model.stem[0](x) + 3)
