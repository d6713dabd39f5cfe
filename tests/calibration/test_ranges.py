from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.ranges import QUANTIZABLE, Ranges, calibrate, reusable
from lowformer_edge.errors import DataError
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model

SPEC = Preprocessing(size=64, crop_ratio=1.0)


@pytest.fixture
def model(tiny_config: LowFormerConfig) -> nn.Module:
    return rewrite(random_model(tiny_config), "tflite")


def test_ranges_are_those_of_a_plain_run(model: nn.Module, noise_images: Samples) -> None:
    seen: dict[str, list[torch.Tensor]] = {}
    hooks = [
        module.register_forward_hook(
            lambda _, inputs, output, path=path: seen.update({path: [inputs[0], output]})
        )
        for path, module in model.named_modules()
        if isinstance(module, QUANTIZABLE)
    ]
    with torch.no_grad():
        model(torch.from_numpy(SPEC.normalise(noise_images.pixels)))
    for hook in hooks:
        hook.remove()
    ranges = calibrate(model, noise_images, SPEC)
    assert list(ranges.modules) == list(seen)
    for path, (values_in, values_out) in seen.items():
        found = ranges.modules[path]
        for (low, high), values in ((found.input, values_in), (found.output, values_out)):
            assert low == pytest.approx(values.min().item(), rel=1e-4, abs=1e-5)
            assert high == pytest.approx(values.max().item(), rel=1e-4, abs=1e-5)


def test_hooks_are_removed(model: nn.Module, noise_images: Samples) -> None:
    calibrate(model, noise_images, SPEC)
    assert not any(module._forward_hooks for module in model.modules())


def test_the_digest_follows_model_data_preprocessing_and_observer(
    model: nn.Module, tiny_config: LowFormerConfig, noise_images: Samples
) -> None:
    base = calibrate(model, noise_images, SPEC)
    again = calibrate(model, noise_images, SPEC)
    fewer = Samples("noise", noise_images.pixels[:8], None)
    other = rewrite(random_model(tiny_config, seed=1), "tflite")
    changed = [
        calibrate(model, fewer, SPEC),
        calibrate(model, noise_images, SPEC, "percentile:99"),
        calibrate(model, noise_images, Preprocessing(size=64)),
        calibrate(other, noise_images, SPEC),
    ]
    assert again.digest == base.digest
    assert len({base.digest, *(ranges.digest for ranges in changed)}) == 5


def test_percentiles_are_narrower(model: nn.Module, noise_images: Samples) -> None:
    whole = calibrate(model, noise_images, SPEC)
    cut = calibrate(model, noise_images, SPEC, "percentile:99")
    for path, found in cut.modules.items():
        assert found.output[0] >= whole.modules[path].output[0]
        assert found.output[1] <= whole.modules[path].output[1]


def test_activations_that_are_not_finite_name_their_module(noise_images: Samples) -> None:
    model = nn.Sequential(nn.Conv2d(3, 2, 1), nn.Conv2d(2, 2, 1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(1e30)
    with pytest.raises(DataError, match="1: an activation is NaN or infinite on noise"):
        calibrate(model, noise_images, SPEC)


def test_progress_counts_every_image(model: nn.Module, noise_images: Samples) -> None:
    counts: list[int] = []
    calibrate(model, noise_images, SPEC, on_images=counts.append)
    assert sum(counts) == len(noise_images) == 16
    assert np.all(np.array(counts) > 0)


def test_ranges_round_trip_through_their_file(
    model: nn.Module, noise_images: Samples, tmp_path: Path
) -> None:
    ranges = calibrate(model, noise_images, SPEC)
    ranges.save(tmp_path / "ranges.json")
    assert Ranges.read(tmp_path / "ranges.json") == ranges
    ranges.check_model(model, SPEC)


def test_ranges_of_another_model_or_preprocessing_are_refused(
    model: nn.Module, tiny_config: LowFormerConfig, noise_images: Samples
) -> None:
    ranges = calibrate(model, noise_images, SPEC)
    with pytest.raises(DataError, match="another model"):
        ranges.check_model(rewrite(random_model(tiny_config, seed=1), "tflite"), SPEC)
    with pytest.raises(DataError, match="other preprocessing"):
        ranges.check_model(model, SPEC.at_size(65))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 1}, "version 1, not 2"),
        ({"observer": "mse"}, "its own digest"),
        ({"data": "0"}, "its own digest"),
        ({"modules": {"x": {"input": [0, 1], "output": [0, 1]}}}, "its own digest"),
        ({"images": "many"}, "not a readable"),
        ({"modules": {"x": {"input": [0, 1]}}}, "not a readable"),
        ({"modules": {"x": {"input": [1, 0], "output": [0, 1]}}}, "no range"),
        ({"modules": {"x": {"input": [0, float("nan")], "output": [0, 1]}}}, "no range"),
        ({"preprocessing": {"size": 0}}, "not a readable"),
        ({"modules": []}, "not a readable"),
    ],
)
def test_damaged_ranges_files(
    change: dict[str, object],
    reason: str,
    model: nn.Module,
    noise_images: Samples,
    tmp_path: Path,
) -> None:
    fields = calibrate(model, noise_images, SPEC).to_dict()
    path = tmp_path / "ranges.json"
    path.write_text(json.dumps({**fields, **change}))
    with pytest.raises(DataError, match=reason):
        Ranges.read(path)


@pytest.mark.parametrize("content", ["", "[]", "null", "{"])
def test_files_that_hold_no_ranges(content: str, tmp_path: Path) -> None:
    path = tmp_path / "ranges.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"ranges\.json: not a readable"):
        Ranges.read(path)


def test_ranges_are_reused_only_where_nothing_changed(
    model: nn.Module, tiny_config: LowFormerConfig, noise_images: Samples
) -> None:
    ranges = calibrate(model, noise_images, SPEC)
    fewer = Samples("noise", noise_images.pixels[:8], None)
    other = rewrite(random_model(tiny_config, seed=1), "tflite")
    assert reusable(ranges, model, noise_images, SPEC, "minmax") is ranges
    assert reusable(None, model, noise_images, SPEC, "minmax") is None
    assert reusable(ranges, other, noise_images, SPEC, "minmax") is None
    assert reusable(ranges, model, fewer, SPEC, "minmax") is None
    assert reusable(ranges, model, noise_images, Preprocessing(size=64), "minmax") is None
    assert reusable(ranges, model, noise_images, SPEC, "mse") is None


@pytest.mark.parametrize("end", ["input", "output"])
@pytest.mark.parametrize("bound", [0, 1])
def test_1_7_a_bound_that_was_changed_by_hand_is_refused(
    end: str, bound: int, model: nn.Module, noise_images: Samples, tmp_path: Path
) -> None:
    path = tmp_path / "ranges.json"
    calibrate(model, noise_images.first(4), SPEC).save(path)
    fields = json.loads(path.read_text())
    for name in list(fields["modules"])[::8]:
        changed = json.loads(path.read_text())
        changed["modules"][name][end][bound] += 1e-3 * (2 * bound - 1)
        other = tmp_path / "changed.json"
        other.write_text(json.dumps(changed))
        with pytest.raises(DataError, match="does not fit its own digest"):
            Ranges.read(other)


@pytest.mark.parametrize("version", [0, 1, 3, None, "2"])
def test_1_7_files_of_another_version_say_so(
    version: object, model: nn.Module, noise_images: Samples, tmp_path: Path
) -> None:
    path = tmp_path / "ranges.json"
    calibrate(model, noise_images.first(4), SPEC).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": version}))
    with pytest.raises(DataError, match=f"has version {version}, not 2; calibrate again"):
        Ranges.read(path)
