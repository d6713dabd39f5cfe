"""What several tests share: small models, the demo model, and exports of it.

Conversions take most of the tests' time, and that with the number of ops, whatever their sizes.
So what several files look at is exported once for all processes of a run, and tests of what the
commands do whatever the model take the one with the fewest ops.
"""

from __future__ import annotations

import fcntl
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lowformer_edge import demo, export_model, open_images
from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.formats import FORMATS, IN_ALL
from lowformer_edge.artifact.manifest import Manifest, read_manifest
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import LabError, MissingDependencyError
from lowformer_edge.export.spec import INPUTS, ExportSpec
from lowformer_edge.export.tflite.exporter import TFLiteExporter
from lowformer_edge.lab.place import Lab, open_lab
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel, load_model
from lowformer_edge.process.collection import collect_rarely
from lowformer_edge.runtime.qnn.simulator import sdk_version

from . import foreign
from .damage import damage_weights
from .endless import make_endless
from .export.conversion import Conversion
from .killing import make_killing
from .small_models import ATTENTIVE, SLIGHT, TINY

DATA = Path(__file__).parent / "data"

MakeOnce = Callable[[str, Callable[[Path], None]], Path]


def pytest_configure() -> None:
    """Has tests run as commands do, see there."""
    collect_rarely()


@pytest.fixture(autouse=True)
def seed() -> None:
    """Draws the same weights in every run: a test that fails one time in thirty tells nothing."""
    torch.manual_seed(0)


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


def evaluation_of(model: LoadedModel, count: int) -> Samples:
    return open_images(demo.EVALUATION, model, count=count)


@pytest.fixture(scope="session")
def demo_bundle(made_once: MakeOnce) -> Path:
    """The demo model as TFLite in every precision, on a quarter of the evaluation images."""

    def make(folder: Path) -> None:
        model = load_model()
        specs = [f"tflite/{precision}" for precision in FORMATS["tflite"].precisions]
        evaluation = evaluation_of(model, 500)
        export_model(model, folder / "demo", specs, evaluation=evaluation, runs=3)

    return made_once("tflite", make) / "demo"


@pytest.fixture(scope="session")
def all_formats_bundle(made_once: MakeOnce) -> Path:
    """The demo model in all formats, from one call."""

    def make(folder: Path) -> None:
        model = load_model()
        specs = [
            f"{name}/{precision}"
            for name in IN_ALL
            for precision in ("fp32", "int8")
            if precision in FORMATS[name].precisions
        ]
        evaluation = evaluation_of(model, 500)
        export_model(model, folder / "all", specs, evaluation=evaluation, runs=2)

    return made_once("formats", make) / "all"


@pytest.fixture(scope="session")
def endless_file(all_formats_bundle: Path, made_once: MakeOnce) -> Path:
    """A sound file, an inference of which has no end."""
    whole = all_formats_bundle / "demo-fp32.onnx"
    return made_once("endless", lambda into: make_endless(whole, into / "endless.onnx")) / (
        "endless.onnx"
    )


@pytest.fixture(scope="session")
def killing_file(all_formats_bundle: Path, made_once: MakeOnce) -> Path:
    """A program for the demo model's images that ends the process that runs it."""
    _, *shape = open_bundle(all_formats_bundle).golden().pixels.shape

    def make(folder: Path) -> None:
        make_killing((1, *shape), folder / "killing.pte")

    return made_once("killing", make) / "killing.pte"


@pytest.fixture(scope="session")
def coreml_bundles(made_once: MakeOnce) -> Path:
    """A bundle ``tensor`` and a bundle ``image``: the demo model as a package that takes one."""

    def make(folder: Path) -> None:
        model = load_model()
        for taken in INPUTS:
            spec = ExportSpec.of("coreml", FORMATS["coreml"].default_precision, input=taken)
            evaluation = evaluation_of(model, 20)
            export_model(model, folder / taken, spec, evaluation=evaluation, runs=1)

    return made_once("coreml", make)


@pytest.fixture(scope="session")
def foreign_files(made_once: MakeOnce) -> Path:
    """Files of others: a face detector in every format, and ONNX files with other inputs."""

    def make(folder: Path) -> None:
        with warnings.catch_warnings():
            # What the converters say of themselves and of each other.
            warnings.simplefilter("ignore")
            for name in ("tflite", "onnx", "pte", "mlpackage"):
                getattr(foreign, f"write_{name}")(folder / f"faces.{name}")
        foreign.write_tokens(folder / "tokens.onnx")
        foreign.write_tokens(folder / "open-tokens.onnx", "length")
        foreign.write_counts(folder / "counts.onnx")

    return made_once("foreign", make)


@pytest.fixture(scope="session")
def refused_file(made_once: MakeOnce) -> Path:
    """A TFLite file for images of the demo model, with an op that LiteRT's GPU refuses."""
    pytest.importorskip("litert_torch")

    def make(folder: Path) -> None:
        foreign.write_refused(folder / "refused.tflite")

    return made_once("refused", make) / "refused.tflite"


@pytest.fixture(scope="session")
def integer_files(made_once: MakeOnce, noise_images: Samples) -> Path:
    """The smallest classifier as TFLite in float32, and with int8 at its input and output."""

    def make(folder: Path) -> None:
        conversion = Conversion(TFLiteExporter, SLIGHT, noise_images)
        for name, spec in {
            "float": ExportSpec(),
            "int8": ExportSpec.of(precision="int8", io="int8"),
        }.items():
            write_content(folder / f"{name}.tflite", conversion.export(spec))

    return made_once("integers", make)


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
def web_lab() -> Lab:
    """Runtimes for browsers and what builds the page, if they were fetched."""
    return lab_or_skip("web")


@pytest.fixture(scope="session")
def npu_simulator() -> str:
    """The version of Qualcomm's simulator, if it is installed."""
    try:
        return sdk_version()
    except MissingDependencyError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def npu_bundle(made_once: MakeOnce, npu_simulator: str) -> Path:
    """A small model compiled for a chip with floats and for one without."""

    def make(folder: Path) -> None:
        model = load_model(config=ATTENTIVE, random_weights=True)
        pixels = np.load(demo.CALIBRATION)["images"][:8]
        specs = [
            ExportSpec.of("qnn", precision, chip=chip)
            for precision in ("w8a16", "int8")
            for chip in ("", "8gen2", "8sgen3")
        ]
        images = open_images(pixels, model)
        export_model(model, folder / "npu", specs, calibration=images, evaluation=images, runs=1)

    return made_once("npu", make) / "npu"


@pytest.fixture(scope="session")
def damage_file() -> Callable[[Path, NDArray[Any], float | None], None]:
    """See :func:`damage_weights`."""
    return damage_weights
