"""Files that take pixels and files that give probabilities, in every format."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lowformer_edge.artifact.pixel_file import Pixels
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.export.file_interface import PixelInput, ranges_for_pixels, with_scaled_stem
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.rewrites.table import rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.tasks.classification import softmax
from lowformer_edge.tasks.closeness import sqnr

from .conversion import SPEC, Conversion

FORMATS = ("tflite", "executorch", "onnx", "coreml")
UNEQUAL = Preprocessing(64, 1.0, mean=(0.1, 0.5, 0.9), std=(0.1, 0.3, 0.9))


@pytest.fixture(scope="module")
def conversions(slight_config: LowFormerConfig, noise_images: Samples) -> dict[str, Conversion]:  # type: ignore[type-arg]
    return {name: Conversion(EXPORTERS[name], slight_config, noise_images) for name in FORMATS}


def outputs_of(path: Path, pixels: Pixels) -> dict[str, np.ndarray]:
    with format_of(path).runner(path, 1) as runner:
        return dict(runner.run_pixels(pixels, SPEC))


def test_the_shift_is_exact_at_padded_borders(tiny_config: LowFormerConfig) -> None:
    """In float64, with a mean and a deviation of each channel that are far apart."""
    network = random_model(tiny_config).double()
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    scaled = with_scaled_stem(rewrite(network, "tflite"), UNEQUAL)
    wrapped = PixelInput(scaled, UNEQUAL)
    wrapped.shift = 255 * torch.tensor(UNEQUAL.mean, dtype=torch.float64)
    mean, std = (np.array(values) for values in (UNEQUAL.mean, UNEQUAL.std))
    images = np.moveaxis((pixels / 255 - mean) / std, -1, 1)
    with torch.no_grad():
        expected = network(torch.from_numpy(np.ascontiguousarray(images)))
        difference = wrapped(torch.from_numpy(pixels).double()) - expected
    assert difference.abs().max() < 1e-6


@pytest.mark.heavy
@pytest.mark.parametrize("name", FORMATS)
def test_pixels_give_what_normalised_values_give(
    name: str,
    conversions: dict[str, Any],
    noise_images: Samples,
    tmp_path: Path,
) -> None:
    tensor = conversions[name].write(ExportSpec(name), tmp_path)
    image = conversions[name].write(ExportSpec(name, input="image"), tmp_path)
    expected, found = (outputs_of(path, noise_images.pixels)["logits"] for path in (tensor, image))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    inputs, _ = format_of(image).tensors(image)
    assert inputs[0].dtype == "uint8"
    assert inputs[0].quantization is None
    one, other = (format_of(path).residency(path, 1) for path in (tensor, image))
    assert other.partitions == one.partitions


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["tflite", "executorch", "onnx"])
def test_int8_keeps_its_quality(
    name: str, conversions: dict[str, Any], noise_images: Samples, tmp_path: Path
) -> None:
    conversion = conversions[name]
    expected = conversion.reference(SPEC.normalise(noise_images.pixels))
    decibels = []
    for taken in ("tensor", "image"):
        path = conversion.write(ExportSpec(name, "int8", input=taken), tmp_path)
        decibels.append(sqnr(expected, outputs_of(path, noise_images.pixels)["logits"]))
    assert decibels[1] > decibels[0] - 3


@pytest.mark.parametrize("taken", ["tensor", "image"])
@pytest.mark.parametrize("name", FORMATS)
def test_probabilities_are_the_softmax(
    name: str, taken: str, conversions: dict[str, Any], noise_images: Samples, tmp_path: Path
) -> None:
    spec = ExportSpec(name, input=taken, output="probabilities")
    path = conversions[name].write(spec, tmp_path)
    (outputs,) = outputs_of(path, noise_images.pixels).items()
    expected = softmax(conversions[name].reference(SPEC.normalise(noise_images.pixels)))
    assert outputs[0] == "probabilities"
    np.testing.assert_allclose(outputs[1], expected, rtol=0, atol=1e-5)


Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def open_tflite(path: Path) -> Run:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    return run


def open_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda image: np.asarray(session.run(None, {"image": image})[0])


def open_executorch(path: Path) -> Run:
    bindings: Any = importlib.import_module("executorch.extension.pybindings.portable_lib")
    program = bindings._load_for_executorch(str(path))
    return lambda image: np.asarray(program.forward([torch.from_numpy(image)])[0])


PLAIN = {"tflite": open_tflite, "onnx": open_onnx, "executorch": open_executorch}


@pytest.mark.heavy
@pytest.mark.parametrize("name", PLAIN)
def test_what_pillow_reads_is_all_that_plain_runtimes_need(name: str, tmp_path: Path) -> None:
    """The bundled model on 200 test images, without anything of ours beside the file."""
    from PIL import Image

    from lowformer_edge import demo, load_model, open_images

    model = load_model()
    exporter = EXPORTERS[name](model)
    spec = ExportSpec(name, input="image")
    path = tmp_path / f"a{exporter.suffix_of(spec)}"
    path.write_bytes(exporter.export(spec, exporter.model, None))  # type: ignore[arg-type]
    images = open_images(demo.EVALUATION, model, count=200)
    with torch.no_grad():
        logits = model.network(torch.from_numpy(model.preprocessing.normalise(images.pixels)))
    run = PLAIN[name](path)
    for number, pixels in enumerate(images.pixels):
        Image.fromarray(pixels).save(tmp_path / "a.png")
        image = np.array(Image.open(tmp_path / "a.png"))[None]
        assert run(image).argmax() == logits[number].argmax()


def test_the_range_of_pixels_is_known(conversions: dict[str, Any]) -> None:
    ranges = ranges_for_pixels(conversions["tflite"].ranges, UNEQUAL)
    low, high = ranges.modules["backbone.input_stem.op_list.0.conv"].input
    assert (low, high) == pytest.approx((-0.9 * 255, 0.9 * 255))
