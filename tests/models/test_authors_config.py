from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.errors import ConfigError
from lowformer_edge.models.authors_config import read_authors_config
from lowformer_edge.models.variants import VARIANTS

ATTENTION = "bb_convattention: True, bb_convin2: True, fastit: True, "
FLAGS = {
    "b0": "smallv2: True, smallv3: True, bigit: False",
    "b1": "smallv2: True, bigit: True",
    "b15": "smallv2: True, bigit: True, middlev1: True, middlev2: True, bighead: True",
    "b2": "smallv2: True, bigit: True, middlev1: True, bighead: True",
    "b3": "huge_model: True, bigit: True, old_way_norm: False",
    "e1": "bigit: True, bighead: True, noattention: True, mlpremoved: True",
    "e2": "huge_model: True, bigit: True, noattention: True, mlpremoved: True",
    "e3": "huge_model: True, bigit: True, mlpremoved: True",
}
"""What the published config files switch on."""


def write(folder: Path, name: str, flags: str, extra: str = "") -> Path:
    path = folder / f"{name}.yaml"
    net = f"net_config: {{name: {name}, dropout: 0, grouping: 1, {ATTENTION}{flags}}}\n"
    path.write_text(net + extra)
    return path


@pytest.mark.parametrize("name", FLAGS)
def test_published_configs_give_the_registered_variants(name: str, tmp_path: Path) -> None:
    config = read_authors_config(write(tmp_path, name, FLAGS[name]))
    assert config.model == VARIANTS[name]


def test_e_variants_are_known_in_either_case(tmp_path: Path) -> None:
    assert read_authors_config(write(tmp_path, "E1", FLAGS["e1"])).model == VARIANTS["e1"]


@pytest.mark.parametrize(
    ("flag", "field", "value"),
    [
        ("just_unfused", "fused", False),
        ("mlpremoved", "mlp", False),
        ("removeatt", "attention", False),
        ("nostrideatt", "attention_strides", (1, 1)),
    ],
)
def test_ablation_switches(flag: str, field: str, value: object, tmp_path: Path) -> None:
    path = write(tmp_path, "b1", f"{FLAGS['b1']}, {flag}: True")
    assert read_authors_config(path).model == VARIANTS["b1"].replace(**{field: value})


def test_noattention_also_deepens_the_network(tmp_path: Path) -> None:
    path = write(tmp_path, "b1", f"{FLAGS['b1']}, noattention: True, mlpremoved: True")
    expected = VARIANTS["b1"].replace(attention=False, mlp=False, depths=(1, 2, 2, 7, 7))
    assert read_authors_config(path).model == expected


def test_defaults_of_parent_folders_are_merged_nearest_last(tmp_path: Path) -> None:
    inner = tmp_path / "cls" / "imagenet"
    inner.mkdir(parents=True)
    (tmp_path / "default.yaml").write_text(
        "data_provider: {rrc_config: {test_crop_ratio: 1.0, test_interpolate: bilinear}}\n"
        "net_config: {n_classes: 37}\n"
    )
    (inner / "default.yaml").write_text("data_provider: {rrc_config: {test_crop_ratio: 0.9}}\n")
    config = read_authors_config(write(inner, "b1", FLAGS["b1"]))
    assert config.model.num_classes == 37
    assert config.preprocessing.crop_ratio == 0.9
    assert config.preprocessing.interpolation == "bilinear"
    own = "data_provider: {rrc_config: {test_crop_ratio: 0.95}}\n"
    config = read_authors_config(write(inner, "b1", FLAGS["b1"], own))
    assert config.preprocessing.crop_ratio == 0.95
    assert config.preprocessing.resize == (236, 236)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: [", "not a readable YAML"),
        ("- 1", "YAML mapping"),
        ("data_provider: {}", "no net_config"),
        ("net_config: {bb_convattention: False}", "bb_convattention is off"),
        (f"net_config: {{{ATTENTION} model_mult: 2.0}}", "model_mult"),
        (f"net_config: {{{ATTENTION} fastitv3: True}}", "fastitv3"),
        (f"net_config: {{{ATTENTION} n_classes: many}}", "num_classes must be int"),
        (f"net_config: {{{ATTENTION} noattention: 'False'}}", "must be true or false"),
        ("net_config: {name: e1, " + ATTENTION + " just_unfused: True}", "no ablation of e1"),
        ("net_config: {" + ATTENTION + " 1: 2}", "sets 1"),
        ("a: 2024-99-99", "not a readable YAML"),
        ("[" * 5000, "not a readable YAML"),
        ("!!python/object/apply:os.system ['true']", "not a readable YAML"),
    ],
)
def test_configs_that_are_refused(content: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=reason):
        read_authors_config(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="absent"):
        read_authors_config(tmp_path / "absent.yaml")
