from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from lowformer_edge.errors import ConfigError
from lowformer_edge.models.authors_config import read_authors_config
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.values_file import read_values

from ..small_models import TINY

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in itertools.pairwise("abcdefghi")
)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_aliases_that_stand_for_little(tmp_path: Path) -> None:
    text = "a: &a [1, 2]\nb: [*a, *a]\nc: {d: *a}\n"
    expected = {"a": [1, 2], "b": [[1, 2], [1, 2]], "c": {"d": [1, 2]}}
    assert read_values(written(tmp_path, "x.yaml", text)) == expected


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.yaml", BOMB, "stands for more than 1000000 values"),
        ("x.yaml", "a: &a [*a]", "stands for what holds it"),
        ("x.yaml", "a: 0x" + "f" * 5000, "a number of 20000 bits"),
        ("x.yaml", "[" * 5000, "nested too deeply"),
        ("x.json", "[" * 50_000, "nested too deeply"),
        ("x.json", "1" * 4000, "a number of"),
        ("x.json", "1" * 5000, "Exceeds the limit"),
    ],
)
def test_what_nobody_writes(name: str, text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=reason):
        read_values(written(tmp_path, name, text))


def test_a_config_of_aliases(tmp_path: Path) -> None:
    path = written(tmp_path, "b0.yaml", BOMB + "net_config: {name: *i, fastit: true}\n")
    with pytest.raises(ConfigError, match="more than 1000000 values") as caught:
        read_authors_config(path)
    assert len(str(caught.value)) < 1000


def test_a_wrong_value_is_shown_in_short(tmp_path: Path) -> None:
    text = '{"widths": [' + "2, " * 10_000 + '"x"], "name": "x", "depths": [0, 1, 1, 1, 1]}'
    with pytest.raises(ConfigError, match="widths must be") as caught:
        LowFormerConfig.from_json(written(tmp_path, "x.json", text))
    assert len(str(caught.value)) < 300


def test_a_model_beyond_memory() -> None:
    with pytest.raises(ConfigError, match="GB of weights, more than"):
        random_model(TINY.replace(widths=(100_000,) * 5))
