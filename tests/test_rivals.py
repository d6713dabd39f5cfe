"""The rivals' definitions are held to the figures of their papers."""

from __future__ import annotations

import pytest
import torch

from lowformer_edge.benchmarks.complexity import complexity
from lowformer_edge.benchmarks.rivals import CLASSES, RIVALS, SIZE


@pytest.mark.parametrize(
    ("name", "macs", "params"),
    [("mobilenetv2", 300e6, 3.4e6), ("resnet50", 4.1e9, 25.6e6)],
)
def test_a_rival_is_the_one_of_its_paper(name: str, macs: float, params: float) -> None:
    with torch.device("meta"):
        model = RIVALS[name]().eval()
        assert model(torch.zeros(1, 3, SIZE, SIZE)).shape == (1, CLASSES)
        found = complexity(model, SIZE)
    assert found.macs == pytest.approx(macs, rel=0.01)
    assert found.params == pytest.approx(params, rel=0.035)
