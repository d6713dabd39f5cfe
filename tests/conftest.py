"""What several tests share: small models, the demo model, and exports of it.

Conversions take most of the tests' time, and that with the number of ops, whatever their sizes.
So what several files look at is exported once for all processes of a run, and tests of what the
commands do whatever the model take the one with the fewest ops.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.artifact.manifest import Manifest, read_manifest
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.cli.export import main as export
from lowformer_edge.errors import LabError, MissingDependencyError
from lowformer_edge.lab.place import Lab, open_lab
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.runtime.qnn.simulator import sdk_version

from .damage import damage_weights

DATA = Path(__file__).parent / "data"

TINY = LowFormerConfig(
    name="tiny",
    widths=(4, 6, 8, 16, 32),
    depths=(1, 1, 2, 1, 1),
    downsample_expansions=(2, 2, 2, 2),
    block_expansion=2,
    head_widths=(24, 20),
    num_classes=5,
    fused_below=32,
    mlp_expansion=2,
    head_width=4,
    input_size=64,
)
"""Every kind of block, small enough to convert in seconds."""

SLIGHT = TINY.replace(name="slight", depths=(0, 1, 1, 0, 0))
"""The fewest ops that a config can ask for."""

ATTENTIVE = TINY.replace(name="attentive", depths=(0, 1, 1, 1, 0))
"""The fewest ops with an attention and an MLP."""

MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def tiny_config() -> LowFormerConfig:
    return TINY


@pytest.fixture(scope="session")
def demo_model() -> LoadedModel:
    return load_model()


@pytest.fixture(scope="session")
def noise_images() -> Samples:
    """Sixteen images of noise at 64 pixels."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 64, 64, 3), np.uint8)
    return Samples("noise", pixels, None)


@pytest.fixture(scope="session")
def attentive_config() -> LowFormerConfig:
    return ATTENTIVE


@pytest.fixture(scope="session")
def slight_config() -> LowFormerConfig:
    return SLIGHT


@pytest.fixture(scope="session")
def slight_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The options by which a command takes the model with the fewest ops."""
    path = tmp_path_factory.mktemp("slight") / "slight.json"
    path.write_text(json.dumps(SLIGHT.to_dict()))
    return ("--config", str(path), "--random-weights")


@pytest.fixture(scope="session")
def attentive_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The options by which a command takes the smallest model with an attention."""
    path = tmp_path_factory.mktemp("attentive") / "attentive.json"
    path.write_text(json.dumps(ATTENTIVE.to_dict()))
    return ("--config", str(path), "--random-weights")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MakeOnce:
    """Makes a folder once, by the first of the run's processes to ask; the others wait for it.

    The folder is everyone's: a test that changes it copies it first.
    """
    own = tmp_path_factory.getbasetemp()
    root = own if worker_id == "master" else own.parent

    def shared(name: str, make: Callable[[Path], None]) -> Path:
        folder = root / f"shared-{name}"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                work = tmp_path_factory.mktemp(name)
                make(work)
                work.rename(folder)
        return folder

    return shared


def exported(*arguments: str) -> None:
    assert export([*arguments, "--quiet"]) == 0


@pytest.fixture(scope="session")
def demo_bundle(made_once: MakeOnce) -> Path:
    """The demo model as TFLite in every precision, on a quarter of the evaluation images."""

    def make(folder: Path) -> None:
        precisions = ("--fp32", "--fp16", "--int8", "--int8-dynamic", "--int8-weights")
        images = ("--evaluation-images", "500", "--runs", "3")
        exported("--to", "tflite", *precisions, *images, "--output", str(folder / "demo"))

    return made_once("tflite", make) / "demo"


@pytest.fixture(scope="session")
def all_formats_bundle(made_once: MakeOnce) -> Path:
    """The demo model in all formats, from one call."""

    def make(folder: Path) -> None:
        images = ("--evaluation-images", "500", "--runs", "2")
        exported("--to", "all", "--fp32", "--int8", *images, "--output", str(folder / "all"))

    return made_once("formats", make) / "all"


@pytest.fixture(scope="session")
def coreml_bundles(made_once: MakeOnce) -> Path:
    """A bundle ``tensor`` and a bundle ``image``: the demo model as a package that takes one."""

    def make(folder: Path) -> None:
        common = ("--to", "coreml", "--evaluation-images", "20", "--runs", "1")
        for kind in ("tensor", "image"):
            exported(*common, "--input", kind, "--output", str(folder / kind))

    return made_once("coreml", make)


@pytest.fixture(scope="session")
def demo_manifest(demo_bundle: Path) -> Manifest:
    return read_manifest(demo_bundle)


def lab_or_skip(name: str) -> Lab:
    try:
        return open_lab(name)
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def arm_lab() -> Lab:
    """Emulated ARM processors, if they were built."""
    return lab_or_skip("arm")


@pytest.fixture(scope="session")
def gpu_lab() -> Lab:
    """Vulkan devices in software, if they were built."""
    return lab_or_skip("gpu")


@pytest.fixture(scope="session")
def android_lab() -> Lab:
    """What builds the Android app, if it was fetched."""
    return lab_or_skip("android")


@pytest.fixture(scope="session")
def npu_simulator() -> str:
    """The version of Qualcomm's simulator, if it is installed."""
    try:
        return sdk_version()
    except MissingDependencyError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def npu_bundle(made_once: MakeOnce, attentive_model: tuple[str, ...], npu_simulator: str) -> Path:
    """A small model compiled for a chip with floats and for one without."""

    def make(folder: Path) -> None:
        few = ("--evaluation-images", "4", "--calibration-images", "8", "--runs", "1")
        chips = ("--w8a16", "--int8", "--chip", "8gen2,8sgen3")
        exported(*attentive_model, "--to", "qnn", *chips, *few, "--output", str(folder / "npu"))

    return made_once("npu", make) / "npu"


@pytest.fixture(scope="session")
def damage_file() -> Callable[[Path, NDArray[Any], float | None], None]:
    """See :func:`damage_weights`."""
    return damage_weights
