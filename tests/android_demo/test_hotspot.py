"""The app's own classes with ExecuTorch's Android library, against ExecuTorch on this machine."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lowformer_edge import demo
from lowformer_edge.android_demo.tools.offline.hotspot import Classification, HotSpot
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import CheckError
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.runtime.executorch.runner import ExecuTorchRunner
from lowformer_edge.targets.adb.protocol import (
    ANSWERS,
    JOB,
    PIXELS,
    DeviceJob,
    RawArray,
    RunResult,
    RunTask,
    device_file,
    parse_answer,
    parse_run,
    read_array,
)

from .exchange import with_file

SIZES = ((96, 96), (97, 61), (61, 97), (1, 1), (3, 500), (33, 32), (640, 481), (28, 28))
"""Width and height in pixels: the model's own, odd ones, tiny ones, flat ones, a photo's."""

BOUND = {"fp32": 1e-4, "int8": 0.02}
"""Both are bit-equal on the processors that were tried."""


def odd_images() -> list[Image.Image]:
    """Noise, gradients and garments of all sizes."""
    generator = np.random.default_rng(7)
    with np.load(demo.EVALUATION) as arrays:
        garments = arrays["images"]
    images = []
    for number, (width, height) in enumerate(SIZES):
        noise = generator.integers(0, 256, (height, width, 3), np.uint8)
        slope = np.linspace(0, 255, width * height * 3).reshape(height, width, 3).astype(np.uint8)
        garment = Image.fromarray(garments[number]).convert("RGB").resize((width, height))
        images += [Image.fromarray(noise), Image.fromarray(slope), garment]
    return images


@pytest.fixture(scope="module")
def classification(hotspot: HotSpot, android_bundle: Path) -> Classification:
    return hotspot.classify(android_bundle, odd_images())


def preprocessing_of(bundle: Path) -> Preprocessing:
    return Preprocessing.from_dict(read_manifest(bundle).preprocessing)


def on_this_machine(bundle: Path, path: str, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    with ExecuTorchRunner(bundle / path) as runner:
        return runner.run_pixels(pixels, preprocessing_of(bundle))["logits"]


def test_pixels_are_pythons(classification: Classification, android_bundle: Path) -> None:
    spec = preprocessing_of(android_bundle)
    expected = np.stack([spec.pixels(image) for image in odd_images()])
    assert len(expected) >= 24
    np.testing.assert_array_equal(classification.pixels, expected)


@pytest.mark.parametrize(
    "stated",
    [
        {"resize_mode": "squash"},
        {"resize_mode": "letterbox", "padding_place": "around", "padding": (114, 9, 250)},
        {"resize_mode": "letterbox", "padding_place": "bottom-right", "interpolation": "bilinear"},
    ],
)
def test_pixels_are_pythons_without_a_crop(
    hotspot: HotSpot, android_bundle: Path, tmp_path: Path, stated: dict[str, Any]
) -> None:
    bundle = tmp_path / "b"
    shutil.copytree(android_bundle, bundle)
    spec = dataclasses.replace(preprocessing_of(bundle), **stated)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["preprocessing"] = spec.to_dict()
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    found = hotspot.classify(bundle, odd_images()).pixels
    np.testing.assert_array_equal(found, np.stack([spec.pixels(image) for image in odd_images()]))


def test_a_rectangle_is_pythons(hotspot: HotSpot, android_bundle: Path, tmp_path: Path) -> None:
    """Without files, whose inputs would be of another size."""
    bundle = tmp_path / "b"
    shutil.copytree(android_bundle, bundle)
    spec = preprocessing_of(bundle).at_size((40, 96))
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest |= {"preprocessing": spec.to_dict(), "artifacts": []}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    found = hotspot.classify(bundle, odd_images()).pixels
    assert found.shape[1:] == (40, 96, 3)
    np.testing.assert_array_equal(found, np.stack([spec.pixels(image) for image in odd_images()]))


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_logits_are_this_machines(
    classification: Classification, android_bundle: Path, precision: str
) -> None:
    golden = GoldenVectors.load(android_bundle / "golden.npz")
    path = f"demo-{precision}.pte"
    outcome = classification.files[path]
    for pixels, logits in (
        (golden.pixels, outcome.golden),
        (classification.pixels, outcome.images),
    ):
        expected = on_this_machine(android_bundle, path, pixels)
        np.testing.assert_allclose(logits, expected, rtol=0, atol=BOUND[precision])


def failure_of(hotspot: HotSpot, bundle: Path) -> str:
    """Why the fp32 program failed; the int8 one beside it goes on."""
    files = hotspot.classify(bundle).files
    assert files["demo-int8.pte"].failure is None
    failure = files["demo-fp32.pte"].failure
    assert failure is not None
    assert "\n" not in failure
    return failure


def test_other_weights_are_noticed(
    hotspot: HotSpot,
    android_bundle: Path,
    tmp_path: Path,
    demo_model: LoadedModel,
    damage_file: Callable[[Path, NDArray[Any], float | None], None],
) -> None:
    other = tmp_path / "other.pte"
    shutil.copyfile(android_bundle / "demo-fp32.pte", other)
    weight = demo_model.network.state_dict()["head.op_list.3.linear.weight"].numpy()
    damage_file(other, weight, None)
    bundle = with_file(android_bundle, tmp_path / "b", "demo-fp32.pte", other.read_bytes())
    golden = GoldenVectors.load(bundle / "golden.npz")
    logits = hotspot.classify(bundle).files["demo-fp32.pte"].golden
    expected = on_this_machine(android_bundle, "demo-fp32.pte", golden.pixels)
    assert np.abs(logits - expected).max() > 100 * BOUND["fp32"]


def test_a_program_that_is_cut_off_is_refused(
    hotspot: HotSpot, android_bundle: Path, tmp_path: Path
) -> None:
    content = (android_bundle / "demo-fp32.pte").read_bytes()
    bundle = with_file(android_bundle, tmp_path / "b", "demo-fp32.pte", content[:100_000])
    expected = f"demo-fp32.pte: cut off, 100000 of {len(content)} bytes are there; copy it again"
    assert failure_of(hotspot, bundle) == expected


def test_a_tflite_file_called_pte_is_refused(
    hotspot: HotSpot, android_bundle: Path, tmp_path: Path
) -> None:
    content = (android_bundle / "demo-fp32.tflite").read_bytes()
    bundle = with_file(android_bundle, tmp_path / "b", "demo-fp32.pte", content)
    assert failure_of(hotspot, bundle) == (
        "demo-fp32.pte: not an ExecuTorch program; export it again"
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"XnnpackBackend\0", b"XnnpackBackenX\0", "needs XnnpackBackenX, which this build's"),
        (b"XH00", b"XH99", "ExecuTorch cannot load it"),
        (b"forward\0", b"forwarX\0", "ExecuTorch cannot load it"),
    ],
)
def test_a_damaged_program_is_refused(
    hotspot: HotSpot, android_bundle: Path, tmp_path: Path, old: bytes, new: bytes, reason: str
) -> None:
    content = (android_bundle / "demo-fp32.pte").read_bytes()
    assert old in content
    damaged = content.replace(old, new)
    bundle = with_file(android_bundle, tmp_path / "b", "demo-fp32.pte", damaged)
    assert reason in failure_of(hotspot, bundle)


def test_a_bundle_whose_file_was_exchanged_is_refused(
    hotspot: HotSpot, android_bundle: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "b"
    shutil.copytree(android_bundle, bundle)
    shutil.copyfile(bundle / "demo-int8.pte", bundle / "demo-fp32.pte")
    with pytest.raises(CheckError, match=r"demo-fp32\.pte\W+is not \d+ bytes long"):
        hotspot.classify(bundle)


def test_tflite_files_are_refused_where_there_is_no_litert(
    classification: Classification,
) -> None:
    outcome = classification.files["demo-int8.tflite"]
    assert outcome.failure == "demo-int8.tflite: this build of the app has no LiteRT"
    assert outcome.runtime is None


def test_a_whole_job_is_done(
    hotspot: HotSpot, android_bundle: Path, classification: Classification, tmp_path: Path
) -> None:
    manifest = read_manifest(android_bundle)
    job = tmp_path / "0123456789abcdef"
    shutil.copytree(android_bundle, job)
    pixels = classification.pixels[:5]
    (job / PIXELS).write_bytes(pixels.tobytes())
    files = []
    for record in manifest.artifacts:
        path = job / record.file.path
        files.append(device_file(path.name, path, record.inputs, record.outputs))
    task = RunTask(
        files=tuple(range(len(files))),
        threads=1,
        accelerator="cpu",
        timeout_s=60,
        pixels=RawArray(file=PIXELS, shape=pixels.shape, dtype="uint8"),
        preprocessing=manifest.preprocessing,
    )
    (job / JOB).write_text(DeviceJob(files=tuple(files), requests=(task,)).model_dump_json())
    phone = tmp_path / "phone"
    hotspot.perform(phone, job, 0)
    folder = phone / ANSWERS.removeprefix("/") / job.name / "0"
    answer = parse_answer((folder / "answer.json").read_bytes(), "here")
    result = parse_run(answer, RunResult, [file.outputs for file in files], len(pixels), "here")
    for file, ran, arrays in zip(files, result.files, result.outputs, strict=True):
        if file.path.endswith(".tflite"):
            assert ran.failure == f"{file.path}: this build of the app has no LiteRT"
            continue
        assert arrays is not None
        array = arrays["logits"]
        assert str(ran.runtime).startswith("ExecuTorch ")
        logits = read_array((folder / array.file).read_bytes(), array, "here")
        expected = on_this_machine(android_bundle, file.path, pixels)
        bound = BOUND["int8" if "int8" in file.path else "fp32"]
        np.testing.assert_allclose(logits, expected, rtol=0, atol=bound)
