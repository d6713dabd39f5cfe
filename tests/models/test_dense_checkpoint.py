"""Checkpoints of detectors and segmenters, as mmengine's trainers and others save them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lowformer_edge as lfe
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckpointError, ConfigError, UsageError
from lowformer_edge.models.checkpoint import read_checkpoint, save_checkpoint
from lowformer_edge.models.checkpoint_fit import advice_on, fitting_variant, shapes_of_model
from lowformer_edge.models.dense_fit import dense_head_of, described_weights
from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead
from lowformer_edge.models.mmengine_settings import TrainedHead
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.models.weight_names import networks_in, published_names
from lowformer_edge.workflows.checkpoint import inspect_checkpoint

from .checkpoint_files import State, changed, prefixed
from .head_strategies import detection_heads, segmentation_heads

SMALL = {
    "detection": DetectionHead(neck_channels=6, channels=8, convs=2, levels=4),
    "segmentation": SegmentationHead(neck_channels=6, channels=8),
}
CLASSES = ("cat", "dog", "bird")
MARK = {"detection": "bbox_head.retina_cls.bias", "segmentation": "decode_head.conv_seg.bias"}
TIMM_KEYS = Path(__file__).parents[1] / "data" / "timm" / "b0_keys.json"


class HistoryBuffer:
    """What mmengine's message hub holds, of a class that is not there when the file is read."""

    def __init__(self) -> None:
        self._log_history = np.arange(3.0)
        self.statistics = {"mean": HistoryBuffer.mean}

    def mean(self) -> float:
        return 0.0


@pytest.fixture(params=list(SMALL))
def config(
    request: pytest.FixtureRequest, slight_config: lfe.LowFormerConfig
) -> lfe.LowFormerConfig:
    return slight_config.replace(
        dense_head=SMALL[request.param], num_classes=3, input_size=64, name="small"
    )


@pytest.fixture
def detector(slight_config: lfe.LowFormerConfig) -> lfe.LowFormerConfig:
    return slight_config.replace(dense_head=SMALL["detection"], num_classes=3, name="small")


def classifier_of(config: lfe.LowFormerConfig) -> lfe.LowFormerConfig:
    return config.replace(dense_head=None)


def mmengine_file(state: State, **meta: Any) -> dict[str, Any]:
    """What mmengine's runner saves."""
    return {
        "meta": {
            "epoch": 12,
            "mmengine_version": "0.10.7",
            "dataset_meta": {"classes": CLASSES, "palette": [(1, 2, 3)]},
            **meta,
        },
        "state_dict": state,
        "message_hub": {"log_scalars": {"train/loss": HistoryBuffer()}},
        "optimizer": {"state": {0: {"exp_avg": torch.zeros(2)}}},
        "param_schedulers": [{"last_step": 3}],
    }


def test_what_mmengine_saves_is_read(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    state = dict(random_model(config).state_dict())
    torch.save(mmengine_file(state), tmp_path / "epoch_12.pth")
    model = lfe.load_model(
        config=classifier_of(config),
        task=config.task,
        weights=tmp_path / "epoch_12.pth",
        input_size=64,
    )
    assert model.config == config
    assert model.labels == CLASSES
    assert all(torch.equal(value, state[key]) for key, value in model.network.state_dict().items())
    assert model.preprocessing == Preprocessing(
        64, 1.0, interpolation="bilinear", resize_mode="letterbox"
    )
    assert model.notes[0].startswith("epoch_12.pth: does not hold its config; took ")
    assert "usual for " in model.notes[1]


def test_mmengines_average_is_where_others_keep_what_was_trained(
    config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    """Its EMAHook swaps the two as it saves."""
    average = dict(random_model(config).state_dict())
    trained = changed(average, 0.5)
    content = mmengine_file(average)
    content["ema_state_dict"] = {**prefixed(trained, "module."), "steps": torch.tensor(9)}
    torch.save(content, tmp_path / "last.pth")
    mark = MARK[config.task]
    usual = read_checkpoint(tmp_path / "last.pth")
    assert torch.equal(usual.state[mark], average[mark])
    assert usual.notes[:2] == (
        "holds several sets of weights; took state_dict (averaged over training) of state_dict,"
        " ema_state_dict",
        "mmengine saves the average as state_dict, and what was trained as ema_state_dict",
    )
    asked = read_checkpoint(tmp_path / "last.pth", "ema_state_dict")
    assert torch.equal(asked.state[mark], trained[mark])
    assert [one.averaged for one in inspect_checkpoint(tmp_path / "last.pth").sets] == [True, False]


def test_averages_of_other_trainers_are_where_they_say(
    config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    trained = dict(random_model(config).state_dict())
    average = changed(trained, 0.5)
    torch.save({"state_dict": trained, "ema_state_dict": average}, tmp_path / "last.pth")
    found = read_checkpoint(tmp_path / "last.pth").state[MARK[config.task]]
    assert torch.equal(found, average[MARK[config.task]])


def plain(name: str) -> str:
    return name


def authors(name: str) -> str:
    """The authors' network, head and all, registered as a backbone."""
    return f"backbone.{name}" if name.startswith("backbone.") else name


WRAPPED: dict[str, Callable[[str], str]] = {
    "bare": plain,
    "the authors' network as the backbone": authors,
    "a prefix of all": lambda name: f"module.{name}",
    "a student": lambda name: f"student.{authors(name)}",
    "a wrapped backbone": lambda name: name.replace("backbone.", "backbone.body.net."),
    "a compiled backbone": lambda name: name.replace("backbone.", "backbone._orig_mod."),
}


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_names_of_the_backbone_within_wrappers(
    wrapped: str, config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    state = dict(random_model(config).state_dict())
    torch.save({WRAPPED[wrapped](key): value for key, value in state.items()}, tmp_path / "a.pth")
    checkpoint = read_checkpoint(tmp_path / "a.pth")
    assert {k: v for k, v in checkpoint.state.items() if not torch.equal(v, state[k])} == {}
    assert checkpoint.state.keys() == state.keys()
    assert not any("left out" in note for note in checkpoint.notes)


@pytest.mark.parametrize("start", ["", "timm_model.", "module.model."])
@pytest.mark.parametrize("flattened", [False, True])
@pytest.mark.parametrize("task", SMALL)
def test_names_of_timms_backbone(task: str, flattened: bool, start: str) -> None:
    """As a module, and as ``features_only`` makes it, whose names have ``stages_0``."""
    expected = shapes_of_model(VARIANTS["b0"].replace(dense_head=SMALL[task], num_classes=3))
    found = {key: shape for key, shape in expected.items() if not key.startswith("backbone.")}
    for name, shape in json.loads(TIMM_KEYS.read_text()):
        if flattened:
            if not name.startswith(("stem.", "stages.")):
                continue
            name = name.replace(".", "_", 1)
        if "num_batches_tracked" not in name:
            found[f"backbone.{start}{name}"] = tuple(shape)
    ((prefix, network),) = networks_in(found).items()
    names, names_are_timms = published_names(network)
    assert (prefix, names_are_timms) == ("", True)
    assert {names[name]: shape for name, shape in network.items()} == expected


def test_what_only_training_has_is_left_out_and_said(
    config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    state = dict(random_model(config).state_dict())
    beside = {
        "auxiliary_head.conv_seg.weight": torch.ones(3),
        "backbone.head.weight": torch.ones(2),
    }
    torch.save(state | beside, tmp_path / "a.pth")
    checkpoint = read_checkpoint(tmp_path / "a.pth")
    assert checkpoint.state.keys() == state.keys()
    assert checkpoint.notes[0] == (
        "left out what is beside the network, 2 weights: auxiliary_head (1), backbone.head (1)"
    )


def test_teacher_and_student_are_two_networks(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    state = dict(random_model(config).state_dict())
    both = prefixed(state, "student.") | prefixed(changed(state, 0.5), "teacher.")
    torch.save({"state_dict": both}, tmp_path / "a.pth")
    key = "state_dict.teacher"
    found = read_checkpoint(tmp_path / "a.pth", key).state[MARK[config.task]]
    assert torch.equal(found, state[MARK[config.task]] + 0.5)


@settings(max_examples=30, deadline=None)
@given(
    head=detection_heads(300, convs=5) | segmentation_heads(300),
    num_classes=st.integers(1, 400),
)
def test_shapes_tell_head_and_classes(
    head: DetectionHead | SegmentationHead, num_classes: int, slight_config: lfe.LowFormerConfig
) -> None:
    config = slight_config.replace(dense_head=head, num_classes=num_classes)
    assert dense_head_of(shapes_of_model(config)) == (head, num_classes)


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "neck.lateral_convs.0.conv.weight",
                *(f"neck.fpn_convs.{level}.conv.weight" for level in range(10)),
                "bbox_head.retina_cls.weight",
                "bbox_head.retina_reg.weight",
                "bbox_head.cls_convs.0.conv.weight",
                "decode_head.conv_seg.weight",
                "decode_head.scale_heads.0.0.conv.weight",
                "head.op_list.3.linear.weight",
                "backbone.input_stem.op_list.0.conv.weight",
            ]
        ),
        st.one_of(
            st.just((36, 6, 3, 3)),
            st.tuples(*[st.integers(0, 2**40)] * 4),
            st.lists(st.integers(0, 9), max_size=5).map(tuple),
        ),
    )
)
def test_any_shapes_are_described(shapes: dict[str, tuple[int, ...]]) -> None:
    assert fitting_variant(shapes) is None
    assert described_weights(shapes).isprintable()
    assert advice_on(shapes).isprintable()


@pytest.mark.parametrize("task", SMALL)
@pytest.mark.parametrize("name", ["b0", "e3", "demo"])
def test_the_variant_is_found_with_its_head(name: str, task: str) -> None:
    config = VARIANTS[name].for_task(task, channels=9).replace(num_classes=7)
    assert fitting_variant(shapes_of_model(config)) == config


SETTINGS = {
    "detection": {
        "neck": "add_extra_convs='on_input', num_outs=4, start_level=1, out_channels=6",
        "bbox_head": "anchor_generator=dict(octave_base_scale=4, scales_per_octave=3,"
        " ratios=[0.5, 1.0, 2.0], strides=[8, 16, 32, 64]), bbox_coder=dict("
        "target_means=[0.0, 0.0, 0.0, 0.0], target_stds=[1.0, 1.0, 1.0, 1.0]), num_classes=80",
        "data_preprocessor": "mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375],"
        " bgr_to_rgb=True, pad_size_divisor=32",
    },
    "segmentation": {
        "neck": "num_outs=4, upsample_cfg=dict(mode='nearest')",
        "decode_head": "align_corners=False, norm_cfg=dict(type='SyncBN', requires_grad=True)",
        "data_preprocessor": "mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375],"
        " bgr_to_rgb=True, pad_val=0",
    },
}


def config_text(task: str, change: tuple[str, str] = ("", "")) -> str:
    """A trainer's config as mmengine saves it, with one setting changed."""
    parts = ", ".join(f"{name}=dict({fields})" for name, fields in SETTINGS[task].items())
    text = (
        "base_lr = 0.0001\n"
        f"model = dict({parts}, backbone=dict(init_cfg=None, out_indices=(1, 2, 3, 4)))\n"
        "lr = [base_lr * 2 for _ in range(3)]\n"
    )
    assert change[0] in text
    return text.replace(*change) if change[0] else text


def test_a_config_in_the_file_is_followed(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    state = dict(random_model(config).state_dict())
    text = config_text(config.task, ("std=[58.395, 57.12, 57.375]", "std=[51, 51.0, 51]"))
    torch.save(mmengine_file(state, cfg=text), tmp_path / "a.pth")
    model = lfe.load_model(
        config=classifier_of(config), task=config.task, weights=tmp_path / "a.pth"
    )
    assert model.preprocessing.mean == (0.485, 0.456, 0.406)
    assert model.preprocessing.std == (0.2, 0.2, 0.2)
    assert model.preprocessing_sources["std"] == "checkpoint"
    assert not any("does not hold its config" in note for note in model.notes)


@pytest.mark.parametrize(
    ("task", "change", "told"),
    [
        ("detection", ("'on_input'", "'on_output'"), "neck.add_extra_convs 'on_output'"),
        ("detection", ("num_outs=4", "num_outs=5"), "neck.num_outs 5"),
        (
            "detection",
            ("start_level=1", "start_level=1, relu_before_extra_convs=True"),
            "neck.relu_before_extra_convs True",
        ),
        ("detection", ("octave_base_scale=4", "octave_base_scale=8"), "octave_base_scale 8"),
        ("detection", ("[0.5, 1.0, 2.0]", "[0.33, 1.0, 3.0]"), r"ratios \[0.33, 1.0, 3.0\]"),
        ("detection", ("[8, 16, 32, 64]", "[4, 8, 16, 32]"), r"strides \[4, 8, 16, 32\]"),
        ("detection", ("[1.0, 1.0, 1.0, 1.0]", "[0.1, 0.1, 0.2, 0.2]"), "target_stds"),
        ("detection", ("bgr_to_rgb=True", "bgr_to_rgb=False"), "bgr_to_rgb False"),
        ("detection", ("octave_base_scale=4", "scales=[8]"), r"scales \[8\]"),
        (
            "detection",
            ("num_classes=80", "num_classes=2, loss_cls=dict(use_sigmoid=False)"),
            "use_sigmoid False",
        ),
        ("segmentation", ("align_corners=False", "align_corners=True"), "align_corners True"),
        ("segmentation", ("'nearest'", "'bilinear'"), "upsample_cfg.mode 'bilinear'"),
    ],
)
def test_a_network_that_weights_do_not_show_is_refused(
    task: str,
    change: tuple[str, str],
    told: str,
    slight_config: lfe.LowFormerConfig,
    tmp_path: Path,
) -> None:
    config = slight_config.replace(dense_head=SMALL[task], num_classes=3)
    text = config_text(task, change)
    torch.save(mmengine_file(dict(random_model(config).state_dict()), cfg=text), tmp_path / "a.pth")
    with pytest.raises(
        CheckpointError, match=rf"a\.pth: was trained with .*{told}.*, which the we"
    ):
        lfe.load_model(config=config, weights=tmp_path / "a.pth")
    (found,) = inspect_checkpoint(tmp_path / "a.pth").sets
    assert found.variant is None
    assert found.nearest
    assert found.nearest.startswith("was trained with")


def test_a_pyramid_without_levels_beyond_the_maps(
    slight_config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    head = DetectionHead(neck_channels=6, channels=8, convs=2, levels=3)
    config = slight_config.replace(dense_head=head, num_classes=3)
    text = "model = dict(neck=dict(num_outs=3, add_extra_convs=False))"
    torch.save(mmengine_file(dict(random_model(config).state_dict()), cfg=text), tmp_path / "a.pth")
    trained = read_checkpoint(tmp_path / "a.pth").trained_head
    assert trained == TrainedHead(CLASSES, (), None)


def test_a_config_without_the_network_is_none(
    detector: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    text = "model = dict(type='SemiBase', detector=dict(neck=dict(num_outs=4)))"
    torch.save(
        mmengine_file(dict(random_model(detector).state_dict()), cfg=text), tmp_path / "a.pth"
    )
    trained = read_checkpoint(tmp_path / "a.pth").trained_head
    assert trained
    (note,) = trained.notes
    assert note.startswith("does not hold its config; took ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model = dict(",
        "model = build()",
        "model = dict(neck=open('/etc/passwd'), **{'a': 1})",
        "model = dict(neck=[dict(1)], data_preprocessor=dict(mean=3, std=[0, 0, 0]))",
        "model = dict(data_preprocessor=dict(mean=[1e999, 2, 3], std='wide'))",
        "model = {'neck': 3, **x}",
        "model = " + "(" * 10_000,
        "model = " + "-" * 100_000 + "1",
        "x.model = dict()",
        "\0",
        "\ud800",
        7,
    ],
)
def test_configs_that_cannot_be_read_state_nothing(
    text: Any, detector: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    state = dict(random_model(detector).state_dict())
    torch.save(mmengine_file(state, cfg=text), tmp_path / "a.pth")
    checkpoint = read_checkpoint(tmp_path / "a.pth")
    assert checkpoint.stated == {}
    assert checkpoint.trained_head
    assert checkpoint.trained_head.why_not is None


def test_names_of_other_data_are_left_and_said(
    detector: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    state = dict(random_model(detector).state_dict())
    content = mmengine_file(state, dataset_meta={"classes": ("a", "b")})
    torch.save(content, tmp_path / "a.pth")
    model = lfe.load_model(config=detector, weights=tmp_path / "a.pth")
    assert model.labels is None
    assert "a.pth: names 2 classes, and has 3; left the names" in model.notes


def test_weights_for_another_task_say_what_they_are(
    config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(random_model(config).state_dict(), tmp_path / "a.pth")
    other = ({*SMALL} - {config.task}).pop()
    for task in (None, other):
        with pytest.raises(
            CheckpointError,
            match=rf"holds weights for {config.task}, a .* head of 8 channels.* of 6, with 3"
            rf" classes, but the model is for \w+; give `task` '{config.task}'$",
        ):
            lfe.load_model(config=classifier_of(config), task=task, weights=tmp_path / "a.pth")


def test_a_classifiers_weights_are_no_detectors(
    config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(random_model(classifier_of(config)).state_dict(), tmp_path / "a.pth")
    with pytest.raises(
        CheckpointError,
        match=rf"holds a classifier's weights, with 3 classes, but the model is for {config.task};"
        r" .*load_backbone takes the backbone of these",
    ):
        lfe.load_model(config=config, weights=tmp_path / "a.pth")


def test_another_head_of_the_same_task(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    torch.save(random_model(config).state_dict(), tmp_path / "a.pth")
    usual = config.for_task(config.task)
    with pytest.raises(CheckpointError, match=r"has a .* of 8 channels .*; correct dense_head in"):
        lfe.load_model(config=usual, weights=tmp_path / "a.pth")


def test_another_number_of_classes(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    torch.save(random_model(config).state_dict(), tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="has 3 classes, the model 5; give `num_classes` 3"):
        lfe.load_model(config=config, weights=tmp_path / "a.pth", num_classes=5)


def test_a_checkpoint_without_architecture_says_what_it_fits(tmp_path: Path) -> None:
    config = VARIANTS["e1"].for_task("detection", channels=8, convs=1).replace(num_classes=2)
    state = {key: torch.zeros(shape) for key, shape in shapes_of_model(config).items()}
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(
        ConfigError,
        match=r"give `name` or `config`: it fits model e1 with a RetinaNet head of 8 channels and 1"
        r" convolutions on 5 levels of 8; its `task` is detection",
    ):
        lfe.load_model(weights=tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda s: {**s, "bbox_head.retina_reg.weight": torch.zeros(60, 8, 3, 3)},
            "has 60 rows, 15 anchors at a place",
        ),
        (
            lambda s: {k.replace("retina_", "atss_"): v for k, v in s.items()},
            "its head is of another kind; read are RetinaNet and Semantic FPN",
        ),
        (
            lambda s: {**s, "bbox_head.cls_convs.0.gn.weight": torch.zeros(8)},
            "has besides bbox_head.cls_convs.0.gn.weight",
        ),
        (
            lambda s: {k: v for k, v in s.items() if "fpn_convs.1" not in k},
            "lacks neck.fpn_convs.1.conv.weight",
        ),
    ],
)
def test_heads_of_other_kinds_are_told(
    change: Callable[[State], State], told: str, detector: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    torch.save(change(dict(random_model(detector).state_dict())), tmp_path / "a.pth")
    with pytest.raises(UsageError) as caught:
        lfe.load_model(config=detector, weights=tmp_path / "a.pth")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("task", "beside"),
    [
        ("detection", {"rpn_head.rpn_cls.weight", "roi_head.bbox_head.fc_cls.weight"}),
        ("detection", {"bbox_head.gfl_cls.weight"}),
        ("segmentation", {"decode_head.linear_pred.weight", "decode_head.conv_seg.weight"}),
    ],
)
def test_other_heads_on_a_lowformer_say_what_is_read(
    task: str, beside: set[str], slight_config: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    state = {
        key: value
        for key, value in random_model(slight_config).state_dict().items()
        if key.startswith("backbone.")
    } | {name: torch.ones(2, 2, 1, 1) for name in beside}
    torch.save(state, tmp_path / "a.pth")
    for asked in (None, task):
        with pytest.raises(UsageError, match="its head is of another kind; read are RetinaNet"):
            lfe.load_model(config=slight_config, task=asked, weights=tmp_path / "a.pth")
    assert inspect_checkpoint(tmp_path / "a.pth").sets[0].task == task


def test_our_own_files_state_the_head(config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    preprocessing = Preprocessing(64, resize_mode="squash")
    save_checkpoint(path, random_model(config), preprocessing, CLASSES)
    model = lfe.load_model(weights=path)
    assert (model.config, model.labels) == (config, CLASSES)
    assert model.preprocessing == preprocessing
    assert model.notes == ()


def test_a_named_variant_is_what_our_own_file_states(tmp_path: Path) -> None:
    config = VARIANTS["demo"].for_task("segmentation", channels=4).replace(input_size=64)
    path = tmp_path / "own.safetensors"
    labels = [str(number) for number in range(150)]
    save_checkpoint(path, random_model(config), Preprocessing(64), labels)
    for task in (None, "segment"):
        assert lfe.load_model("demo", task=task, weights=path).config == config
    with pytest.raises(UsageError, match="asks for detection, but the model has a Semantic FPN"):
        lfe.load_model("demo", task="detect", weights=path)


@pytest.mark.parametrize("shape", [None, ()])
def test_odd_classifiers_are_refused_too(
    shape: tuple[int, ...] | None, detector: lfe.LowFormerConfig, tmp_path: Path
) -> None:
    """Pruned ones have ``weight_orig`` in place of ``weight``."""
    state = dict(random_model(classifier_of(detector)).state_dict())
    weight = state.pop("head.op_list.3.linear.weight")
    if shape is None:
        state["head.op_list.3.linear.weight_orig"] = weight
    else:
        state["head.op_list.3.linear.weight"] = torch.zeros(shape)
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match="a classifier's weights, with unknown classes"):
        lfe.load_model(config=detector, weights=tmp_path / "a.pth")


@pytest.mark.parametrize("task", SMALL)
def test_a_classifiers_config_has_no_say_in_another_tasks_size_and_classes(
    task: str, slight_config: lfe.LowFormerConfig
) -> None:
    model = lfe.load_model(config=slight_config, task=task, random_weights=True)
    assert model.config == slight_config.for_task(task)
    assert model.preprocessing.size == model.config.input_size


def test_inspecting_tells_task_and_head(tmp_path: Path) -> None:
    config = VARIANTS["demo"].for_task("segmentation", channels=4).replace(num_classes=3)
    torch.save(mmengine_file(dict(random_model(config).state_dict())), tmp_path / "a.pth")
    found = inspect_checkpoint(tmp_path / "a.pth")
    (one,) = found.sets
    assert (one.variant, one.task, one.classes) == ("demo", "segmentation", 3)
    assert one.head == {"task": "segmentation", "neck_channels": 4, "channels": 4}
    assert found.labels == CLASSES
    assert found.input_size is None


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("segment", "`task` asks for segmentation, but the model has a RetinaNet head"),
        (DetectionHead(), "asks for a RetinaNet head of 256 channels"),
        ("classification", "asks for classification"),
        ("pose", "`task` 'pose' is unknown; choose one of classify, detect, segment"),
    ],
)
def test_a_task_that_contradicts_the_config(
    task: Any, told: str, detector: lfe.LowFormerConfig
) -> None:
    with pytest.raises(UsageError) as caught:
        lfe.load_model(config=detector, task=task, random_weights=True)
    assert told in str(caught.value)


@pytest.mark.parametrize("task", ["detect", "detection", DetectionHead(8, 8, 1)])
def test_a_task_gives_a_variant_its_head(task: Any) -> None:
    model = lfe.load_model("demo", task=task, random_weights=True, input_size=64)
    assert model.config.task == "detection"
    assert model.num_classes == 80
    head = task if isinstance(task, DetectionHead) else DetectionHead()
    assert model.config.dense_head == head


def test_no_detector_is_published() -> None:
    with pytest.raises(UsageError, match="model b0 for detection needs its checkpoint"):
        lfe.load_model("b0", task="detect")
