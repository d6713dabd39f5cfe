from __future__ import annotations

import pytest

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.preprocessing_text import (
    described_preprocessing,
    described_sources,
)

ALL = ("size", "crop_ratio", "mean", "resize_mode", "padding", "padding_place")


def test_1_3_what_was_used_is_said() -> None:
    used = Preprocessing(size=224, crop_ratio=0.875, interpolation="bilinear", std=(0.5, 0.5, 0.5))
    assert described_preprocessing(used) == (
        "resize the short side to 256 (bilinear), crop the central 224 x 224;"
        " mean 0.485 0.456 0.406, std 0.5 0.5 0.5"
    )


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("crop", "size, mean, resize_mode from default; crop_ratio from given"),
        ("squash", "all from default"),
        ("letterbox", "size, mean, resize_mode from default; padding, padding_place from file"),
    ],
)
def test_1_3_sources_are_said_of_what_matters(mode: str, expected: str) -> None:
    sources = dict.fromkeys(ALL, "default") | {"crop_ratio": "given", "padding": "file"}
    sources["padding_place"] = "file"
    assert described_sources(Preprocessing(resize_mode=mode), sources) == expected
