from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.errors import ConfigError
from lowformer_edge.models.config import NAME_PATTERN, LowFormerConfig
from lowformer_edge.models.variants import VARIANTS, variant


@pytest.mark.parametrize("name", VARIANTS)
def test_registered_configs_round_trip_through_json(name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(VARIANTS[name].to_dict()))
    assert LowFormerConfig.from_json(path) == VARIANTS[name]


@given(
    st.builds(
        LowFormerConfig,
        name=st.from_regex(NAME_PATTERN, fullmatch=True),
        widths=st.tuples(*[st.integers(1, 512)] * 5),
        depths=st.tuples(
            st.integers(0, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 9), st.just(2)
        ),
        num_classes=st.integers(1, 22000),
        fused=st.booleans(),
        attention=st.booleans(),
        head_dim_ratio=st.floats(0.1, 1),
    )
)
def test_any_config_round_trips(config: LowFormerConfig) -> None:
    blocks = [*config.depths[:3], *(depth + 1 for depth in config.depths[3:])]
    if config.fused:  # whose first blocks are so in each stage
        ranks = tuple((7,) * bool(count) + (0,) * (count - 1) for count in blocks)
        config = config.replace(spatial_ranks=ranks)
    assert LowFormerConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"widths": (1, 2, 3)}, "widths needs 5"),
        ({"depths": (0, 0, 1, 1, 1)}, "stages 1 and 2 need a block"),
        ({"depths": (-1, 1, 1, 1, 1)}, "depths not negative"),
        ({"num_classes": 0}, "must be positive"),
        ({"num_classes": "10"}, "num_classes must be int"),
        ({"num_classes": True}, "num_classes must be int"),
        ({"fused": 1}, "fused must be bool"),
        ({"widths": (1, 2, 3, 4, 5.5)}, "widths must be"),
        ({"head_dim_ratio": 1.5}, "head_dim_ratio"),
        ({"name": "../evil"}, "name"),
        ({"name": "/tmp/evil"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"num_classes": 10**12}, "sizes go to"),
        ({"depths": (0, 1, 1, 1, 10**9)}, "depths to"),
        ({"input_size": 8}, "32 to 4096"),
        ({"input_size": (31, 64)}, "31 x 64 is not possible"),
        ({"input_size": (64, 5000)}, "64 x 5000 is not possible"),
        ({"input_size": (64, 64, 3)}, "a height and a width"),
        ({"input_size": 64.5}, "a side in pixels"),
        ({"hidden_channels": ((8,),)}, "as many numbers as it has blocks"),
        ({"hidden_channels": (8, 8)}, "hidden_channels must be"),
        ({"spatial_ranks": ((8,),)}, "spatial_ranks needs for each stage"),
        ({"spatial_ranks": ((0,), (-1,), (0, 0), (0, 0), (0, 0))}, "ranks and depths not negative"),
        ({"spatial_ranks": ((), (0,), (0,), (0,) * 4, (0, 0, 0, 0, 7))}, "is depthwise; give 0"),
        ({"mlp_channels": ((0, 0, 0), (4, 4))}, "must be positive"),
        ({"attention_kernels": (4, 3)}, "must be odd"),
    ],
)
def test_impossible_values_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        VARIANTS["b0"].replace(**changes)


def test_unknown_and_missing_fields_are_named() -> None:
    fields = VARIANTS["b0"].to_dict()
    with pytest.raises(ConfigError, match="unknown field depth"):
        LowFormerConfig.from_dict({**fields, "depth": 3})
    del fields["widths"]
    with pytest.raises(ConfigError, match="widths is missing"):
        LowFormerConfig.from_dict(fields)


@pytest.mark.parametrize("content", ["", "[1]", "{", "\xff"])
def test_files_that_are_no_config(content: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"config\.json"):
        LowFormerConfig.from_json(path)


def test_variants_are_found_by_the_names_that_people_use() -> None:
    assert variant("B1.5") is VARIANTS["b15"]
    assert variant("E3") is VARIANTS["e3"]
    with pytest.raises(ConfigError, match="b0, b1"):
        variant("b9")


@pytest.mark.parametrize(
    ("width", "heads", "dim"), [(128, 2, 32), (256, 4, 32), (160, 2, 40), (320, 5, 32)]
)
def test_heads_of_the_published_widths(width: int, heads: int, dim: int) -> None:
    config = VARIANTS["b0"]
    assert (config.num_heads(width), config.head_dim(width)) == (heads, dim)
