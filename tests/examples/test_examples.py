"""The examples, run as a reader would, with few steps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge import demo
from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.progress import SilentProgress
from lowformer_edge.workflows.bundled import bundled_scenes

EXAMPLES = Path(__file__).parents[2] / "examples"
CLASSES = {"bag": 8, "sneaker": 7}


def run(name: str, *arguments: str | Path, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images for each of two classes."""
    folder = tmp_path_factory.mktemp("photos")
    with np.load(demo.EVALUATION) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    for name, number in CLASSES.items():
        (folder / name).mkdir()
        for index in np.flatnonzero(labels == number)[:50]:
            Image.fromarray(images[index]).save(folder / name / f"{index}.png")
    return folder


@pytest.mark.heavy
def test_finetuning_learns_classes_that_classifying_tells(photos: Path, tmp_path: Path) -> None:
    out = run("finetune.py", photos, "--output", "bundle", cwd=tmp_path)
    losses = [float(line.rpartition(" ")[2]) for line in out.splitlines() if "loss" in line]
    assert losses[-1] < losses[0]
    accuracies = [line for line in out.splitlines() if line.endswith("of 20 others")]
    assert len(accuracies) == 2
    assert all(float(line.split()[1]) > 75 for line in accuracies)
    shown = sorted(photos.rglob("*.png"))
    out = run("classify.py", "bundle", *shown, "--artifact", "tflite/int8", cwd=tmp_path)
    told = [line.rpartition(": ")[2].split()[0] for line in out.splitlines()]
    right = sum(name == path.parent.name for name, path in zip(told, shown, strict=True))
    assert right > 0.75 * len(shown)


def test_finetuning_is_short() -> None:
    assert len((EXAMPLES / "finetune.py").read_text(encoding="utf-8").splitlines()) < 100


def test_classifying_needs_no_torch(demo_bundle: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('torch is not there')\n")
    photo = next((photos / "bag").iterdir())
    path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    out = run("classify.py", demo_bundle / "demo-int8.tflite", photo, cwd=tmp_path, PYTHONPATH=path)
    assert out.startswith(f"{photo}: Bag ")


def test_classifying_tells_what_is_wrong_in_a_line(demo_bundle: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "classify.py", demo_bundle, "no.png"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.heavy
def test_the_steps_of_an_export(tmp_path: Path) -> None:
    out = run("export.py", cwd=tmp_path, COUNT="100")
    assert "failures: ()" in out
    assert (tmp_path / "exported" / "demo-int8.tflite").is_file()
    assert "label='Shirt'" in out


@pytest.mark.heavy
def test_scenes_as_files_are_those_that_the_bundled_models_are_judged_by(tmp_path: Path) -> None:
    run("scenes.py", "scenes", "--count", "3", cwd=tmp_path)
    images = tmp_path / "scenes" / "images"
    for task, labels in (("detect", "objects.json"), ("segment", "annotations")):
        model = lfe.load_model(task=task)
        annotations = tmp_path / "scenes" / labels
        read = lfe.open_images(images, model, labels=annotations, progress=SilentProgress())
        made = decode(bundled_scenes(model), model.preprocessing).first(3)
        np.testing.assert_array_equal(read.pixels, made.pixels)
        assert read.annotations is not None
        assert made.annotations is not None
        for ours, theirs in zip(read.annotations, made.annotations, strict=True):
            if isinstance(ours, ObjectAnnotations) and isinstance(theirs, ObjectAnnotations):
                np.testing.assert_array_equal(ours.boxes, theirs.boxes)
                np.testing.assert_array_equal(ours.classes, theirs.classes)
            else:
                np.testing.assert_array_equal(ours, theirs)


def test_scenes_replace_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = subprocess.run(
        [sys.executable, EXAMPLES / "scenes.py", tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path}: is not empty; choose another folder\n"
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_results_are_drawn_beside_each_other(demo_bundle: Path, tmp_path: Path) -> None:
    for number, size in enumerate([(30, 40), (50, 20)]):
        Image.new("RGB", size).save(tmp_path / f"{number}.png")
    photos = sorted(tmp_path.glob("*.png"))
    run("draw.py", demo_bundle / "demo-fp32.tflite", *photos, "--output", "all.png", cwd=tmp_path)
    with Image.open(tmp_path / "all.png") as picture:
        assert picture.size == (100, 40)
        assert picture.getpixel((99, 39)) == (255, 255, 255)
        assert picture.getpixel((0, 39)) == (0, 0, 0)
