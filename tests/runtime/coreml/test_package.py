"""Packages read whole and damaged; the bundled model's package is written once."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.files import digest_of, size_of
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import ArtifactError
from lowformer_edge.export.coreml.exporter import CoreMLExporter
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import LoadedModel
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.coreml import package as mlpackage
from lowformer_edge.runtime.coreml.constants import constant_value
from lowformer_edge.runtime.coreml.interpreter import Interpreter
from lowformer_edge.runtime.coreml.kernels import KERNELS
from lowformer_edge.runtime.coreml.package import read_metadata, read_package, tensors
from lowformer_edge.runtime.coreml.runner import InterpreterRunner, open_runner, residency

SPEC = Preprocessing(size=32, crop_ratio=1.0)
MODEL = "Data/com.apple.CoreML/model.mlmodel"
WEIGHTS = "Data/com.apple.CoreML/weights/weight.bin"


@pytest.fixture(scope="module")
def packages(
    tiny_config: LowFormerConfig, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A package for each kind of input."""
    folder = tmp_path_factory.mktemp("packages")
    config = tiny_config.replace(input_size=32)
    loaded = LoadedModel(random_model(config), SPEC, tuple("abcde"), "random weights", None)
    exporter = CoreMLExporter(loaded)
    paths = {}
    for kind in ("tensor", "image"):
        paths[kind] = folder / f"{kind}.mlpackage"
        spec = ExportSpec.of("coreml", "fp16", input=kind)
        write_content(paths[kind], exporter.export(spec, exporter.model, None))
    return paths


@pytest.fixture
def copy(packages: dict[str, Path], tmp_path: Path) -> Path:
    """A package that may be damaged."""
    return Path(shutil.copytree(packages["tensor"], tmp_path / "copy.mlpackage"))


def assert_refused(path: Path, reason: str) -> None:
    for read in (read_package, InterpreterRunner, residency, tensors, read_metadata):
        with pytest.raises(ArtifactError, match=reason):
            read(path)


@pytest.mark.heavy
def test_a_package_is_read_as_coremltools_reads_it(packages: dict[str, Path]) -> None:
    from coremltools.converters.mil.frontend.milproto.load import load
    from coremltools.models import MLModel

    path = packages["tensor"]
    model = MLModel(str(path), skip_model_load=True)
    spec = model.get_spec()
    function = load(
        spec, specification_version=spec.specificationVersion, file_weights_dir=model.weights_dir
    ).functions["main"]
    package = read_package(path)
    assert [item.kind for item in package.program.operations] == [
        item.op_type for item in function.operations
    ]
    ours = {
        item.outputs[0].name: constant_value(item)
        for item in package.program.operations
        if item.is_constant
    }
    for item in function.operations:
        if item.op_type == "const":
            found = ours[item.outputs[0].name]
            expected = item.outputs[0].val
            if isinstance(expected, np.ndarray | np.generic):
                assert np.array_equal(np.asarray(found), expected)
                assert np.asarray(found).dtype == expected.dtype
            elif isinstance(expected, str):
                assert found == expected
    described = spec.description
    assert [item.name for item in package.inputs] == [item.name for item in described.input]
    assert [item.name for item in package.outputs] == [item.name for item in described.output]
    assert package.specification == spec.specificationVersion


def test_inputs_and_outputs(packages: dict[str, Path]) -> None:
    ((image,), (logits,)) = tensors(packages["tensor"])
    assert (image.name, image.shape, image.dtype, image.layout) == (
        "image",
        (1, 3, 32, 32),
        "float16",
        "NCHW",
    )
    assert (logits.name, logits.shape, logits.layout) == ("logits", (1, 5), "NK")
    ((image,), outputs) = tensors(packages["image"])
    assert (image.shape, image.dtype, image.layout) == ((1, 3, 32, 32), "uint8", "NCHW")
    assert [item.name for item in outputs] == ["classLabel", "classLabel_probs", "logits"]


def test_runs_do_not_remember_each_other(packages: dict[str, Path]) -> None:
    images = np.random.default_rng(0).standard_normal((3, 3, 32, 32)).astype(np.float32)
    with open_runner(packages["tensor"], threads=2) as runner:
        assert (runner.runtime, runner.is_stand_in) == ("MIL interpreter", True)
        together = runner.run(images)["logits"]
        single = np.concatenate([runner.run(image[None])["logits"] for image in images[::-1]])
    assert np.array_equal(together, single[::-1])
    assert len({logits.tobytes() for logits in together}) == 3


class Predictor:
    """Stands for Core ML's own prediction, which only a Mac has."""

    def __init__(self, path: str) -> None:
        package = read_package(Path(path))
        self._kind = package.inputs[0].kind
        self._interpreter = Interpreter(package.program)

    def predict(self, inputs: dict[str, Any]) -> dict[str, Any]:
        (image,) = inputs.values()
        if self._kind == "image":
            assert isinstance(image, Image.Image)
            image = np.moveaxis(np.asarray(image, np.float32), -1, 0)[None]
        return dict(self._interpreter.run({"image": image}))


@pytest.mark.parametrize("kind", ["tensor", "image"])
def test_on_a_mac_core_ml_itself_is_asked(
    kind: str, packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    images = SPEC.normalise(pixels)
    with open_runner(packages[kind]) as runner:
        expected = runner.run(images)["logits"]
    coremltools = SimpleNamespace(models=SimpleNamespace(MLModel=Predictor))
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("importlib.import_module", lambda name: coremltools)
    with open_runner(packages[kind]) as runner:
        assert (runner.runtime, runner.is_stand_in) == ("Core ML", False)
        assert np.array_equal(runner.run(images)["logits"], expected)


def test_ops_are_listed_and_units_unknown(packages: dict[str, Path]) -> None:
    where = residency(packages["tensor"])
    assert (where.delegate, where.partitions, where.refused) == (None, 0, ())
    assert set(where.op_counts) <= set(KERNELS)
    assert where.op_counts["conv"] > 10


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.995])
@pytest.mark.parametrize("part", [MODEL, WEIGHTS, "Manifest.json"])
def test_truncated_packages_are_one_error(share: float, part: str, copy: Path) -> None:
    content = (copy / part).read_bytes()
    (copy / part).write_bytes(content[: int(share * len(content))])
    assert_refused(copy, r"copy\.mlpackage.*: (is|its|has)")


@pytest.mark.parametrize("part", [MODEL, WEIGHTS, "Manifest.json"])
def test_missing_parts_are_one_error(part: str, copy: Path) -> None:
    (copy / part).unlink()
    assert_refused(copy, r"copy\.mlpackage.*: (is no Core ML|has lost|its weights cannot)")


def test_other_things_are_told_apart(copy: Path, tmp_path: Path) -> None:
    assert_refused(tmp_path / "none.mlpackage", "there is no such package")
    file = tmp_path / "file.mlpackage"
    file.write_bytes(b"PK")
    assert_refused(file, "is no Core ML package, a folder with a Manifest")
    (copy / MODEL).write_bytes(b"\x08\x04" + (copy / MODEL).read_bytes()[2:])
    assert_refused(copy, "is of Core ML's specification 4; only 7, 8, 9")


def test_older_kinds_of_models_are_named(copy: Path) -> None:
    from coremltools.proto.Model_pb2 import Model

    model = Model(specificationVersion=8)
    model.neuralNetwork.SetInParent()
    (copy / MODEL).write_bytes(model.SerializeToString())
    assert_refused(copy, "is no ML Program")


@pytest.mark.parametrize("path", ["../../../secret", "/etc/hostname", "com.apple.CoreML/../../.."])
def test_packages_cannot_lead_outside(path: str, copy: Path) -> None:
    manifest = json.loads((copy / "Manifest.json").read_text())
    manifest["itemInfoEntries"][manifest["rootModelIdentifier"]]["path"] = path
    (copy / "Manifest.json").write_text(json.dumps(manifest))
    assert_refused(copy, "leads out of the package|has lost its model")


def test_weights_cannot_lie_outside(copy: Path) -> None:
    content = (copy / MODEL).read_bytes()
    inside = b"@model_path/weights/weight.bin"
    outside = b"@model_path/../../../../../xxx"
    assert len(inside) == len(outside)
    (copy / MODEL).write_bytes(content.replace(inside, outside))
    assert_refused(copy, "weights lie outside it")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_damage_of_the_model_is_an_error_or_harmless(
    data: st.DataObject, packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.mlpackage"
    if not path.exists():
        shutil.copytree(packages["tensor"], path)
    content = bytearray((packages["tensor"] / MODEL).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (path / MODEL).write_bytes(content)
    image = np.zeros((1, 3, 32, 32), np.float32)
    with contextlib.suppress(ArtifactError), InterpreterRunner(path) as runner:
        if (runner.batch, *runner.shape) == image.shape:
            runner.set_input(image)
            runner.invoke()


def test_an_unknown_op_is_named(packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(KERNELS, "gelu")
    with pytest.raises(ArtifactError, match="holds gelu, which the interpreter does not know"):
        InterpreterRunner(packages["tensor"])


def test_an_image_without_its_preprocessing_takes_pixels_alone(
    packages: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    with InterpreterRunner(packages["image"]) as runner:
        assert (runner.takes_pixels, runner.shape) == (True, (32, 32, 3))
        expected = runner.run(pixels)["logits"]
        # Normalised images become the same pixels again.
        assert np.array_equal(runner.run(SPEC.normalise(pixels))["logits"], expected)
        assert np.array_equal(runner.run_pixels(pixels, SPEC)["logits"], expected)
    monkeypatch.setattr(mlpackage, "METADATA_NAME", "other")
    with InterpreterRunner(packages["image"]) as runner:
        assert np.array_equal(runner.run(pixels)["logits"], expected)
        with pytest.raises(ArtifactError, match="does not state its preprocessing; give uint8"):
            runner.run(SPEC.normalise(pixels))


def test_computing_a_package_loads_no_torch_and_no_coremltools(packages: dict[str, Path]) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import numpy as np\n"
        "from lowformer_edge.runtime.coreml.runner import InterpreterRunner\n"
        f"with InterpreterRunner(Path({str(packages['tensor'])!r})) as runner:\n"
        "    assert runner.run(np.zeros((1, 3, 32, 32), np.float32))['logits'].shape == (1, 5)\n"
        "assert not {'torch', 'coremltools', 'google.protobuf'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_folders_digest_is_what_the_shell_gives(packages: dict[str, Path]) -> None:
    (packages["image"] / ".DS_Store").write_bytes(b"left by a Mac")
    command = "find . -type f ! -name .DS_Store | LC_ALL=C sort | xargs sha256sum | sha256sum"
    result = subprocess.run(
        command, shell=True, cwd=packages["image"], check=True, capture_output=True, text=True
    )
    assert digest_of(packages["image"]) == result.stdout.split()[0]
    (packages["image"] / ".DS_Store").unlink()
    files = [path for path in packages["image"].rglob("*") if path.is_file()]
    assert size_of(packages["image"]) == sum(path.stat().st_size for path in files)


def test_a_link_in_a_folder_is_refused(copy: Path) -> None:
    (copy / "link").symlink_to("/etc/hostname")
    with pytest.raises(ArtifactError, match="is a link or no file"):
        digest_of(copy)
