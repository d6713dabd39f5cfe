"""The wheel and the source archive: what they hold, and the main job from the wheel alone.

``make check-wheel`` installs the wheel with all that it needs in an empty environment; here it
borrows the packages of the environment that runs the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import lowformer_edge
from lowformer_edge.artifact.manifest import read_manifest

from .conftest import MakeOnce

ROOT = Path(lowformer_edge.__file__).parent
LARGEST = 11_000_000
"""Bytes; the bundled models and their images are 9.6 million of them."""

DATA = {
    "py.typed",
    "calibration/data/LICENSE-wordnet",
    "calibration/data/imagenet.tsv",
    "demo/LICENSE-fashion-mnist",
    "demo/README.md",
    "demo/calibration.npz",
    "demo/evaluation.npz",
    "demo/lowformer_demo.safetensors",
    "demo/lowformer_detector.safetensors",
    "demo/lowformer_segmenter.safetensors",
    "lab/native/executorch_library.cpp",
    "lab/native/instruction_counter.c",
    "report/blocks.html",
    "report/page.css",
    "report/base.html",
    "report/page.html",
    "report/sweep.html",
    "targets/web/site/decoder-probes.json",
    "targets/web/site/icon.svg",
    "targets/web/site/index.html",
    "targets/web/site/isolation.js",
    "targets/web/site/licences.txt",
    "targets/web/site/main.js",
    "targets/web/site/page.css",
    "targets/web/site/worker.js",
}
"""What a wheel holds beside Python modules."""

FOREIGN = {".ci", "android_demo", "benchmarks", "build", "tests", "training"}
"""Parts of the checkout that no user of a wheel needs."""


def tracked_files() -> list[str]:
    """What a commit of the checkout would hold."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def distributions(made_once: MakeOnce) -> Path:
    """A folder with the source archive, and with the wheel that is built from it."""

    def build(folder: Path) -> None:
        checkout = folder / "checkout"
        for name in tracked_files():
            copy = checkout / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy)
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
        subprocess.run([*command, str(checkout)], check=True, capture_output=True)

    return made_once("distributions", build)


def wheel_of(distributions: Path) -> Path:
    (wheel,) = distributions.glob("*.whl")
    return wheel


def test_package_indexes_would_take_both(distributions: Path) -> None:
    files = [str(path) for path in distributions.glob("lowformer_edge-*")]
    assert len(files) == 2
    command = [sys.executable, "-m", "twine", "check", "--strict", *files]
    subprocess.run(command, check=True, capture_output=True)


def test_the_wheel_holds_every_module_and_all_data(distributions: Path) -> None:
    with zipfile.ZipFile(wheel_of(distributions)) as wheel:
        held = {PurePosixPath(name) for name in wheel.namelist() if ".dist-info/" not in name}
    files = {str(path.relative_to("lowformer_edge")) for path in held}
    modules = {
        name
        for name in tracked_files()
        if name.endswith(".py") and PurePosixPath(name).parts[0] not in {*FOREIGN, "examples"}
    }
    assert len(modules) > 180
    assert files == modules | DATA
    assert wheel_of(distributions).stat().st_size < LARGEST


def test_the_source_archive_explains_itself_and_holds_no_tests(distributions: Path) -> None:
    (path,) = distributions.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {PurePosixPath(name).relative_to(path.name[:-7]) for name in archive.getnames()}
    assert {str(name) for name in names} >= {
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "constraints.txt",
        "docs/benchmarks.md",
        "examples/finetune.py",
        "pyproject.toml",
    }
    assert not {name.parts[0] for name in names if name.parts} & FOREIGN
    assert path.stat().st_size < LARGEST


def test_the_wheel_exports_away_from_the_checkout(distributions: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*install, str(site), str(wheel_of(distributions))], check=True)
    environment = os.environ | {"PYTHONPATH": str(site)}
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    where = subprocess.run(
        [sys.executable, "-c", "import lowformer_edge; print(lowformer_edge.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
    ).stdout.strip()
    assert Path(where).is_relative_to(site)
    few = ("--evaluation-images", "20", "--calibration-images", "8", "--runs", "1")
    subprocess.run(
        [str(site / "bin" / "lowformer-export"), "--to", "tflite", "--int8", *few, "--quiet"],
        check=True,
        cwd=folder,
        env=environment,
    )
    (artifact,) = read_manifest(folder / "demo-tflite").artifacts
    assert (artifact.format, artifact.precision) == ("tflite", "int8")
