"""Real packages, computed by our interpreter."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from lowformer_edge.artifact.content import write_content
from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.calibration.recipe import Recipe, Rule
from lowformer_edge.errors import ExportError, MissingDependencyError, UsageError
from lowformer_edge.export.coreml.compression import CoreMLCompressor
from lowformer_edge.export.coreml.exporter import CoreMLExporter
from lowformer_edge.export.coreml.internals import check_version, repaired
from lowformer_edge.export.coreml.package import package_content
from lowformer_edge.export.rewrites.layer_norm import ChannelLayerNorm
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.random_weights import random_model
from lowformer_edge.models.variants import VARIANTS
from lowformer_edge.process.native_output import captured_output
from lowformer_edge.runtime.coreml.constants import constant_value
from lowformer_edge.runtime.coreml.interpreter import Interpreter
from lowformer_edge.runtime.coreml.package import read_package
from lowformer_edge.runtime.coreml.program import Operation, Reference
from lowformer_edge.runtime.coreml.runner import InterpreterRunner
from lowformer_edge.tasks.closeness import sqnr

from ..conversion import LABELS, SPEC, Conversion

CoreMLConversion = Conversion[CoreMLExporter]

LEAST_DB = {
    "fp32": 110,
    "fp16": 50,
    "int8-weights": 26,
    "int8": 20,
    "palettized-6bit": 15,
    "palettized-4bit": 3,
}


@pytest.fixture(scope="module")
def conversion(tiny_config: LowFormerConfig, noise_images: Samples) -> CoreMLConversion:
    return Conversion(CoreMLExporter, tiny_config, noise_images)


def run(path: Path, images: np.ndarray) -> np.ndarray:
    with InterpreterRunner(path) as runner:
        return runner.run(images)["logits"]


def relative_error(expected: np.ndarray, found: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def converted(model: nn.Module, *shape: int) -> Any:
    """coremltools' own lowering to half precision."""
    import coremltools

    with torch.no_grad(), captured_output(), repaired():
        program = torch.export.export(model.eval(), (torch.zeros(shape),)).run_decompositions({})
        return coremltools.convert(
            program,
            inputs=[coremltools.TensorType("image", shape)],
            outputs=[coremltools.TensorType("result")],
            minimum_deployment_target=coremltools.target.iOS17,
        )


def named(item: Operation, argument: str) -> str:
    """The variable that is an op's argument."""
    (reference,) = item.inputs[argument]
    assert isinstance(reference, Reference)
    return reference.name


def computed(model: Any, image: np.ndarray, folder: Path) -> np.ndarray:
    write_content(folder / "model.mlpackage", package_content(model))
    program = read_package(folder / "model.mlpackage").program
    return Interpreter(program).run({"image": image})["result"]


@pytest.mark.parametrize(
    ("precision", "system"),
    [
        *((precision, "iOS17") for precision in FORMATS["coreml"].precisions),
        ("int8-weights", "iOS16"),
        ("int8-weights", "iOS18"),
        ("palettized-4bit", "iOS18"),
    ],
)
def test_every_precision_follows_the_model(
    precision: str,
    system: str,
    conversion: CoreMLConversion,
    inputs: np.ndarray,
    tmp_path: Path,
) -> None:
    spec = ExportSpec.of("coreml", precision, deployment_target=system)
    path = conversion.write(spec, tmp_path)
    assert read_package(path).deployment_target == system
    assert sqnr(conversion.reference(inputs), run(path, inputs)) > LEAST_DB[precision]


@pytest.mark.heavy
@pytest.mark.parametrize("variant", ["b0", "e1"])
def test_published_variants_convert_and_agree(
    variant: str, noise_images: Samples, tmp_path: Path
) -> None:
    # `make check-coreml` does so for all of them, at their own input sizes.
    config = VARIANTS[variant].replace(input_size=64)
    conversion = Conversion(CoreMLExporter, config, noise_images, labels=None)
    images = np.random.default_rng(0).standard_normal((2, 3, 64, 64)).astype(np.float32)
    path = conversion.write(ExportSpec("coreml", "fp16"), tmp_path)
    assert relative_error(conversion.reference(images), run(path, images)) < 3e-3


def test_float32_is_exact_to_its_last_digits(
    conversion: CoreMLConversion, inputs: np.ndarray, tmp_path: Path
) -> None:
    path = conversion.write(ExportSpec("coreml", "fp32"), tmp_path)
    assert relative_error(conversion.reference(inputs), run(path, inputs)) < 1e-5


@pytest.mark.parametrize(
    ("changes", "batch"),
    [
        ({"input_size": 71}, 1),
        ({"input_size": 100, "fused": False}, 3),
        ({"attention": False, "mlp": False}, 2),
        ({"mlp": False, "attention_strides": (1, 1)}, 1),
    ],
    ids=str,
)
def test_odd_sizes_batches_and_ablations(
    changes: dict[str, Any],
    batch: int,
    tiny_config: LowFormerConfig,
    noise_images: Samples,
    tmp_path: Path,
) -> None:
    config = tiny_config.replace(**changes)
    conversion = Conversion(CoreMLExporter, config, noise_images, batch)
    height, width = sides_of(config.input_size)
    images = np.random.default_rng(0).standard_normal((4, 3, height, width)).astype(np.float32)
    path = conversion.write(ExportSpec.of("coreml", "fp16", batch=batch), tmp_path)
    assert relative_error(conversion.reference(images), run(path, images)) < 3e-3


def test_everything_but_the_logits_has_rank_four(
    conversion: CoreMLConversion, tmp_path: Path
) -> None:
    program = read_package(conversion.write(ExportSpec("coreml", "fp16"), tmp_path)).program
    ranks = {
        len(output.type.shape)
        for item in program.operations
        if not item.is_constant
        for output in item.outputs
        if output.name not in program.outputs
    }
    assert ranks == {4}
    assert not {"transpose", "expand_dims", "squeeze", "reduce_sum"} & set(program.op_counts)


def test_fewer_ops_than_the_stock_lowering(conversion: CoreMLConversion, tmp_path: Path) -> None:
    ours = read_package(conversion.write(ExportSpec("coreml", "fp16"), tmp_path)).program
    write_content(
        tmp_path / "stock.mlpackage",
        package_content(converted(conversion.loaded.network, 1, 3, 64, 64)),
    )
    stock = read_package(tmp_path / "stock.mlpackage").program
    assert sum(ours.op_counts.values()) < 0.65 * sum(stock.op_counts.values())


def test_group_norm_stands_where_the_stock_lowering_overflows(tmp_path: Path) -> None:
    image = 300 * np.random.default_rng(0).standard_normal((1, 8, 6, 6)).astype(np.float32)
    norm = nn.GroupNorm(1, 8)
    with torch.no_grad():
        expected = norm(torch.from_numpy(image)).numpy()
    assert np.square(image).sum() > 65504
    ours = computed(converted(ChannelLayerNorm(norm.eps), 1, 8, 6, 6), image, tmp_path)
    assert relative_error(expected, ours) < 2e-3
    stock = computed(converted(norm, 1, 8, 6, 6), image, tmp_path)
    # The squares are infinite in half precision, so that everything is divided by infinity.
    assert relative_error(expected, stock) > 0.99


def test_image_inputs_and_tensors_give_the_same_logits(
    conversion: CoreMLConversion, noise_images: Samples, tmp_path: Path
) -> None:
    images = SPEC.normalise(noise_images.pixels)
    path = conversion.write(ExportSpec.of("coreml", "fp16", input="image"), tmp_path)
    with InterpreterRunner(path) as runner:
        outputs = runner.run_pixels(noise_images.pixels, SPEC)
    assert relative_error(conversion.reference(images), outputs["logits"]) < 3e-3
    package = read_package(path)
    (image,) = package.inputs
    assert (image.kind, image.shape) == ("image", (1, 3, 64, 64))


def test_a_classifier_names_the_best_class(
    conversion: CoreMLConversion, noise_images: Samples, tmp_path: Path
) -> None:
    path = conversion.write(ExportSpec.of("coreml", "fp32", input="image"), tmp_path)
    package = read_package(path)
    assert (package.predicted, package.probabilities) == ("classLabel", "classLabel_probs")
    pixels = np.moveaxis(noise_images.pixels[:1].astype(np.float32), -1, 1)
    found = Interpreter(package.program).run({"image": pixels})
    powers = np.exp(found["logits"][0].astype(np.float64))
    assert np.allclose(found["classLabel_probs"][0], powers / powers.sum(), atol=1e-6)
    assert str(found["classLabel"]) == LABELS[found["logits"].argmax()]


def test_1_1_a_classifier_keeps_classes_of_one_name_apart(
    slight_config: LowFormerConfig, noise_images: Samples, tmp_path: Path
) -> None:
    names = ("crane", "kite", "crane", "jay", "hen")
    conversion = Conversion(CoreMLExporter, slight_config, noise_images, labels=names)
    package = read_package(
        conversion.write(ExportSpec.of("coreml", "fp32", input="image"), tmp_path)
    )
    (told,) = (item.description for item in package.outputs if item.name == "classLabel")
    assert "with its number where several classes have that name" in told
    for image in noise_images.pixels[:8]:
        pixels = np.moveaxis(image[None].astype(np.float32), -1, 1)
        found = Interpreter(package.program).run({"image": pixels})
        number = int(found["logits"].argmax())
        shown = f"crane ({number})" if names[number] == "crane" else names[number]
        assert str(found["classLabel"]) == shown
    assert package.metadata is not None
    assert package.metadata["labels"] == list(names)


def test_an_image_input_without_class_names_gives_logits_alone(
    tiny_config: LowFormerConfig, noise_images: Samples, tmp_path: Path
) -> None:
    conversion = Conversion(CoreMLExporter, tiny_config, noise_images, labels=None)
    spec = ExportSpec.of("coreml", "fp16", input="image")
    package = read_package(conversion.write(spec, tmp_path))
    assert [output.name for output in package.outputs] == ["logits"]
    assert package.predicted == ""


def test_the_package_says_what_it_is(conversion: CoreMLConversion, tmp_path: Path) -> None:
    spec = ExportSpec.of(
        "coreml", "fp16", input="image", author="A. Uthor", license="MIT", model_version="2.1"
    )
    package = read_package(conversion.write(spec, tmp_path))
    assert package.about == {
        "description": "LowFormer tiny, fp16-image: image classification",
        "author": "A. Uthor",
        "license": "MIT",
        "version": "2.1",
    }
    assert all(item.description for item in (*package.inputs, *package.outputs))
    assert package.metadata is not None
    assert ExportSpec.from_dict(package.metadata["spec"]) == spec
    assert package.metadata["labels"] == list(LABELS)


@pytest.mark.heavy
def test_the_same_spec_gives_the_same_bytes(conversion: CoreMLConversion) -> None:
    spec = ExportSpec("coreml", "int8")
    conversion.export(ExportSpec("coreml", "int8-weights"))  # from the same conversion
    first, second = (
        exporter.export(spec, exporter.model, conversion.ranges)
        for exporter in (conversion.exporter, CoreMLExporter(conversion.loaded))
    )
    assert first == second
    assert isinstance(first, dict)
    assert set(first) == {
        "Manifest.json",
        "Data/com.apple.CoreML/model.mlmodel",
        "Data/com.apple.CoreML/weights/weight.bin",
    }
    json.loads(first["Manifest.json"])


def test_static_int8_uses_the_given_ranges(conversion: CoreMLConversion, tmp_path: Path) -> None:
    program = read_package(conversion.write(ExportSpec("coreml", "int8"), tmp_path)).program
    constants = {
        item.outputs[0].name: constant_value(item)
        for item in program.operations
        if item.is_constant
    }
    kinds = {output.name: item.kind for item in program.operations for output in item.outputs}
    scales = set()
    for item in program.operations:
        # coremltools divides both operands' scales of an addition, and that of its result, by one.
        if item.kind == "quantize" and kinds.get(named(item, "input")) != "add":
            scales.add(float(np.asarray(constants[named(item, "scale")])))
    steps = set()
    for path, found in conversion.ranges.modules.items():
        module = conversion.exporter.model.get_submodule(path)
        if isinstance(module, nn.Conv2d):
            for low, high in (found.input, found.output):
                steps.add((max(high, 0) - min(low, 0)) / 255)
    assert scales
    for scale in scales:
        assert min(abs(scale - step) / step for step in steps) < 2e-3


def test_recipes_choose_op_by_op(conversion: CoreMLConversion, tmp_path: Path) -> None:
    recipe = Recipe((Rule("int8-weights"), Rule("int8", name=r"input_stem")))
    spec = ExportSpec.of("coreml", "int8", recipe=recipe)
    few = read_package(conversion.write(spec, tmp_path)).program.op_counts["quantize"]
    whole = ExportSpec("coreml", "int8")
    many = read_package(conversion.write(whole, tmp_path)).program.op_counts["quantize"]
    assert 0 < few < many
    refused = ExportSpec.of("coreml", "int8", recipe=Recipe((Rule("int8"),)))
    with pytest.raises(UsageError, match="quantizes no activations of transposed conv"):
        conversion.export(refused)


@pytest.mark.parametrize(
    ("precision", "system"),
    [("int8-weights", "iOS18"), ("palettized-6bit", "iOS17"), ("palettized-4bit", "iOS18")],
)
def test_compressed_weights_are_read_as_coremltools_reads_them(
    precision: str, system: str, conversion: CoreMLConversion, tmp_path: Path
) -> None:
    import coremltools

    spec = ExportSpec.of("coreml", precision, deployment_target=system)
    path = conversion.write(spec, tmp_path)
    with captured_output(), repaired():
        model = coremltools.models.MLModel(str(path), skip_model_load=True)
        plain = coremltools.optimize.coreml.decompress_weights(model)
        write_content(tmp_path / "plain.mlpackage", package_content(plain))
    image = np.random.default_rng(0).standard_normal((1, 3, 64, 64)).astype(np.float32)
    assert np.array_equal(run(path, image), run(tmp_path / "plain.mlpackage", image))
    sizes = [sum(f.stat().st_size for f in p.rglob("weight.bin")) for p in (path, path.parent)]
    assert sizes[0] < sizes[1] / 2.2


@pytest.mark.heavy
def test_dead_activations_stay_finite(
    tiny_config: LowFormerConfig, noise_images: Samples, tmp_path: Path
) -> None:
    network = random_model(tiny_config)
    conv = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    with torch.no_grad():
        conv.weight.zero_()
        conv.bias = None
    dead = Conversion(CoreMLExporter, tiny_config, noise_images, network=network)
    path = dead.write(ExportSpec("coreml", "int8"), tmp_path)
    assert np.isfinite(run(path, SPEC.normalise(noise_images.pixels[:1]))).all()


def test_a_module_without_an_op_is_named(conversion: CoreMLConversion) -> None:
    exporter = CoreMLExporter(conversion.loaded)
    with captured_output(), repaired():
        model = exporter._converted(ExportSpec("coreml", "fp16"), exporter.model)
    with torch.no_grad():
        next(iter(exporter.model.modules())).get_parameter(
            "backbone.input_stem.op_list.0.conv.weight"
        ).add_(1)
    with pytest.raises(ExportError, match=r"no op has the weights of .*input_stem"):
        CoreMLCompressor(model, exporter.model)


def test_repairs_last_as_long_as_the_block() -> None:
    from coremltools.converters.mil.backend.mil import load
    from coremltools.converters.mil.frontend.torch import ops
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    def state() -> list[Any]:
        known = _TORCH_OPS_REGISTRY.name_to_func_mapping
        return [known.get("alias"), ops._cast, load._add_classify_op]

    before = state()
    with repaired():
        assert all(now is not then for now, then in zip(state(), before, strict=True))
    assert state() == before


class KeepsAll(nn.Module):
    """A slice that keeps everything, which torch turns into ``aten.alias``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x * 2)[:, :, :6, :6] + 1


def test_slices_that_keep_everything_convert_with_the_repair(tmp_path: Path) -> None:
    import coremltools

    image = np.random.default_rng(0).standard_normal((1, 3, 6, 6)).astype(np.float32)
    program = torch.export.export(KeepsAll(), (torch.zeros(1, 3, 6, 6),)).run_decompositions({})
    with captured_output(), pytest.raises(NotImplementedError, match="alias"):
        coremltools.convert(program, convert_to="milinternal")
    result = computed(converted(KeepsAll(), 1, 3, 6, 6), image, tmp_path)
    assert np.allclose(result, 2 * image + 1, atol=5e-3)


class Flattens(nn.Module):
    """A size taken from the shape, which a traced model makes a number of a constant."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.size(0), -1)


def test_sizes_of_traced_models_become_numbers_with_the_repair() -> None:
    import coremltools

    shape = (1, 3, 4, 4)
    with captured_output():
        traced = torch.jit.trace(Flattens(), torch.zeros(shape))  # type: ignore[no-untyped-call]

    def convert() -> Any:
        inputs = [coremltools.TensorType("image", shape)]
        return coremltools.convert(traced, inputs=inputs, convert_to="milinternal")

    with captured_output(), pytest.raises(TypeError, match="only 0-dimensional arrays"):
        convert()
    with captured_output(), repaired():
        program = convert()
    assert program.functions["main"].outputs[0].shape == (1, 48)


@pytest.mark.parametrize(
    ("version", "reason"), [("8.3", "needs coremltools 9.0, and 8.3"), (None, "not installed")]
)
def test_missing_or_old_coremltools_is_named(
    version: str | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> str:
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", found)
    with pytest.raises(MissingDependencyError, match=reason):
        check_version()


def test_newer_versions_are_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "10.1b2")
    check_version()
