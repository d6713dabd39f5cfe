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


@pytest.mark.parametrize(
    ("config", "planted"),
    [
        ("b1.yaml", "../default.yaml"),
        ("runs/b1.yaml", "default.yaml"),
        ("a/b/b1.yaml", "a/default.yaml"),
        ("configs/cls/imagenet/b1.yaml", "default.yaml"),
        ("cls/imagenet/b1.yaml", "../default.yaml"),
        (".exp/cls/imagenet/b1/checkpoint/b1.yaml", "default.yaml"),
        ("configs/a/b/c/d/e/f/b1.yaml", "default.yaml"),
    ],
)
def test_3_12_a_default_above_the_configs_own_tree_is_not_read_and_said(
    config: str, planted: str, tmp_path: Path
) -> None:
    root = tmp_path / "home"
    path, other = root / config, (root / planted).resolve()
    path.parent.mkdir(parents=True)
    other.write_text("data_provider: {rrc_config: {test_crop_ratio: 0.5}}\n")
    write(path.parent, "b1", FLAGS["b1"])
    read = read_authors_config(path)
    assert read.preprocessing.crop_ratio == 0.95
    assert read.notes == (f"b1.yaml: left {other} alone, outside of its folders",)


@pytest.mark.parametrize(
    ("config", "default"),
    [
        ("b1.yaml", "default.yaml"),
        ("configs/cls/imagenet/b1.yaml", "configs/default.yaml"),
        ("configs/cls/imagenet/b1.yaml", "configs/cls/default.yaml"),
        ("configs/b1.yaml", "configs/default.yaml"),
        ("configs/mine/b1.yaml", "configs/default.yaml"),
        ("cls/imagenet/b1.yaml", "default.yaml"),
        (".exp/cls/imagenet/b1/b1.yaml", ".exp/cls/imagenet/default.yaml"),
    ],
)
def test_3_12_a_default_in_the_configs_own_tree_is_read_and_said(
    config: str, default: str, tmp_path: Path
) -> None:
    path, other = tmp_path / config, tmp_path / default
    path.parent.mkdir(parents=True, exist_ok=True)
    other.write_text("data_provider: {rrc_config: {test_crop_ratio: 0.5}}\n")
    write(path.parent, "b1", FLAGS["b1"])
    read = read_authors_config(path)
    assert read.preprocessing.crop_ratio == 0.5
    assert read.notes == (f"b1.yaml: merged over {other}",)


def test_3_12_a_config_called_default_is_not_merged_over_itself(tmp_path: Path) -> None:
    write(tmp_path, "default", FLAGS["b1"])
    assert read_authors_config(tmp_path / "default.yaml").notes == ()


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("run_config: {eval_image_size: 256}", {"size": 256}),
        ("run_config: {eval_image_size: [256]}", {"size": 256}),
        ("run_config: {eval_image_size: ['192-256']}", {"size": (192, 256)}),
        ("run_config: {eval_image_size: [[192, 256]]}", {"size": (192, 256)}),
        ("run_config: {eval_image_size: [192, 256]}", {"size": 256}),
        (
            "data_provider: {mean_std: {mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25]}}",
            {"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)},
        ),
        ("data_provider: {mean: [0.5, 0.5, 0.5]}", {"mean": (0.5, 0.5, 0.5)}),
        (
            "data_provider: {rrc_config: {test_interpolate: bilinear}}",
            {"interpolation": "bilinear"},
        ),
        ("data_provider: {rrc_config: {test_crop_ratio: 1}}", {"crop_ratio": 1.0}),
        ("data_provider:\nrun_config:", {}),
    ],
)
def test_1_3_all_that_a_config_states_of_the_evaluation_is_taken(
    extra: str, expected: dict[str, object], tmp_path: Path
) -> None:
    read = read_authors_config(write(tmp_path, "b1", FLAGS["b1"], extra))
    assert read.stated == expected
    assert read.model.input_size == expected.get("size", 224)


def test_1_3_of_several_sizes_the_largest_is_taken_and_said(tmp_path: Path) -> None:
    extra = "run_config: {eval_image_size: [192, 256]}"
    assert read_authors_config(write(tmp_path, "b1", FLAGS["b1"], extra)).notes == (
        "b1.yaml: evaluates at 192 x 192, 256 x 256 pixels; took 256 x 256",
    )


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("run_config: {eval_image_size: large}", "eval_image_size must be a side"),
        ("run_config: {eval_image_size: []}", "eval_image_size is empty"),
        ("run_config: {eval_image_size: [0]}", "eval_image_size must be a side"),
        ("run_config: {eval_image_size: 20000}", "32 to 4096"),
        ("run_config: 3", "run_config must be a mapping"),
        ("data_provider: {rrc_config: [1]}", "rrc_config must be a mapping"),
        (
            "data_provider: {rrc_config: {test_crop_ratio: high}}",
            "test_crop_ratio must be a number",
        ),
        ("data_provider: {rrc_config: {test_crop_ratio: 2}}", "crop_ratio must be in"),
        ("data_provider: {rrc_config: {test_interpolate: box}}", "interpolation 'box' is unknown"),
        ("data_provider: {mean: 0.5}", "mean must be three numbers"),
        ("data_provider: {mean_std: {std: [0, 1, 1]}}", "std must be positive"),
    ],
)
def test_1_3_an_evaluation_that_cannot_be_followed_is_one_line(
    extra: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"b1\.yaml: .*{reason}"):
        read_authors_config(write(tmp_path, "b1", FLAGS["b1"], extra))
