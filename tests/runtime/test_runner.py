"""Files of others, run by their own tensors in every format."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import ArtifactError
from lowformer_edge.runtime.executorch.runner import LIBRARY_VARIABLE
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.runtime.measure.timing import time_files
from lowformer_edge.runtime.onnx.runner import OnnxRunner
from lowformer_edge.runtime.runner import Runner
from lowformer_edge.runtime.tensor_values import noise, real_values, stored_values
from lowformer_edge.runtime.tflite.runner import TFLiteRunner

from ..foreign import SIDE, save, write_open_tflite

DETECTORS = ("faces.tflite", "faces.onnx", "faces.pte", "faces.mlpackage")


def opened(path: Path) -> Runner:
    return format_of(path).runner(path, 1)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_detector_is_run_with_all_its_outputs(name: str, foreign_files: Path) -> None:
    path = foreign_files / name
    inputs, outputs = format_of(path).tensors(path)
    images = np.random.default_rng(0).standard_normal((2, 3, SIDE, SIDE)).astype(np.float32)
    with opened(path) as runner:
        assert (runner.inputs, runner.outputs) == (inputs, outputs)
        assert [tensor.shape for tensor in outputs] == [(1, 896, 16), (1, 896, 1)]
        assert [tensor.layout for tensor in outputs] == ["", ""]
        assert (runner.batch, runner.height, runner.width) == (1, SIDE, SIDE)
        ran = runner.run(images)
        assert [values.shape for values in ran.values()] == [(2, 896, 16), (2, 896, 1)]
        runner.set_inputs([runner.stored(images[:1])])
        runner.invoke()
        for values, tensor in zip(runner.read_outputs(), outputs, strict=True):
            assert values.dtype == tensor.dtype
            assert np.array_equal(values, ran[tensor.name][:1])
        with pytest.raises(ArtifactError, match=r"896, 16\] is not one value a class, \[N, K\]"):
            assert runner.num_classes
        assert [values.shape[0] for values in runner.run(images[:0]).values()] == [0, 0]


def test_files_of_any_inputs_are_timed(foreign_files: Path, integer_files: Path) -> None:
    paths = [foreign_files / name for name in DETECTORS[:3]]
    paths += [foreign_files / f"{name}.onnx" for name in ("tokens", "open-tokens", "counts")]
    paths.append(integer_files / "int8.tflite")
    timing = time_files(paths, threads=1, rounds=2, first=1)
    assert [len(durations) for durations in timing.milliseconds] == [2] * len(paths)


def test_several_inputs_of_several_types(foreign_files: Path) -> None:
    with OnnxRunner(foreign_files / "counts.onnx") as runner:
        counts, few = np.array([7, -9], np.int32), np.array([1, -2, 3], np.int8)
        runner.set_inputs([counts, few, np.array([True, False])])
        runner.invoke()
        reals, same = runner.read_outputs()
        assert (reals.dtype.name, reals.tolist()) == ("float64", [7.0, 0.0])
        assert (same.dtype.name, same.tolist()) == ("int8", [1, -2, 3])
        with pytest.raises(ValueError, match="takes 3 inputs, not 1"):
            runner.set_inputs([counts])
        with pytest.raises(ValueError, match=r"counts must be int32 \[2\], not int64 \[2\]"):
            runner.set_inputs([counts.astype(np.int64), few, np.array([True, False])])
        with pytest.raises(ArtifactError, match=r"counts\.onnx: is not run by images; 3 inputs"):
            runner.run_pixels(np.zeros((1, 8, 8, 3), np.uint8), Preprocessing())


def test_open_sizes_count_as_one_unless_arrays_are_given(foreign_files: Path) -> None:
    with OnnxRunner(foreign_files / "open-tokens.onnx") as runner:
        assert runner.inputs[0].shape == (1, None)
        for length in (3, 5):
            tokens = np.arange(length, dtype=np.int64)[None] % 2
            runner.set_inputs([tokens, np.full((1, 1), 2, np.float32)])
            runner.invoke()
            (values,) = runner.read_outputs()
            assert values[0, :2].tolist() == [[2, 4, 6], [8, 10, 12]]
            assert values.shape == (1, length, 3)
        runner.set_noise()
        runner.invoke()
        assert runner.read_outputs()[0].shape == (1, 1, 3)
        runner.set_inputs([np.array([[9]]), np.ones((1, 1), np.float32)])
        with pytest.raises(
            ArtifactError, match=r"cannot compute it \(.*9.*\); give inputs of other"
        ):
            runner.invoke()


def test_a_tflite_file_takes_any_number_of_images_where_it_is_open(tmp_path: Path) -> None:
    closed, path = tmp_path / "closed.tflite", tmp_path / "open.tflite"
    write_open_tflite(closed, path)
    images = np.random.default_rng(0).standard_normal((3, 3, 16, 24)).astype(np.float32)
    with TFLiteRunner(path) as runner, TFLiteRunner(closed) as one:
        assert (runner.batch, runner.inputs[0].shape) == (1, (None, 16, 24, 3))
        assert (runner.outputs[0].shape, runner.outputs[0].layout) == ((None, 4), "NK")
        assert runner.num_classes == 4
        expected = one.run(images)[one.output_name]
        assert np.array_equal(runner.run(images)[runner.output_name], expected)
        runner.set_input(images)
        runner.invoke()
        assert np.allclose(runner.output(), expected, atol=1e-5)
        runner.set_noise()
        runner.invoke()
        assert runner.output().shape == (1, 4)


def test_integers_at_the_ends_stand_for_reals(integer_files: Path) -> None:
    images = np.random.default_rng(0).standard_normal((2, 3, 64, 64)).astype(np.float32)
    with TFLiteRunner(integer_files / "int8.tflite") as runner:
        (image,), (logits,) = runner.inputs, runner.outputs
        assert (image.dtype, image.layout, logits.dtype, logits.layout) == (
            ("int8", "NHWC", "int8", "NK")
        )
        values = runner.run(images)["logits"]
        assert np.array_equal(real_values(stored_values(values, logits), logits), values)
        runner.set_inputs([stored_values(images[1:].transpose(0, 2, 3, 1), image)])
        runner.invoke()
        assert np.array_equal(real_values(runner.read_outputs()[0], logits), values[1:])


def test_noise_is_the_same_each_time_and_within_each_type(foreign_files: Path) -> None:
    with OnnxRunner(foreign_files / "counts.onnx") as runner:
        first, again = noise(runner.inputs), noise(runner.inputs)
        assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
        assert [values.dtype.name for values in first] == ["int32", "int8", "bool"]
        assert set(first[0].tolist()) <= {0, 1}


def test_other_types_are_one_error(tmp_path: Path) -> None:
    path = tmp_path / "text.onnx"
    texts = [helper.make_tensor_value_info(name, TensorProto.STRING, (1,)) for name in "ab"]
    node = helper.make_node("Identity", ["a"], ["b"], "same")
    save(helper.make_graph([node], "text", texts[:1], texts[1:]), path)
    with pytest.raises(ArtifactError, match=r"text\.onnx: its input a is tensor\(string\); only"):
        OnnxRunner(path)
    (taken,), _ = format_of(path).tensors(path)
    assert taken.dtype == "tensor(string)"


def test_an_output_without_a_part_for_each_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.onnx"
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (2, 3, 8, 8))
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, ())
    node = helper.make_node("ReduceMean", ["image"], ["mean"], "mean", keepdims=0)
    save(helper.make_graph([node], "mean", [image], [mean]), path)
    with OnnxRunner(path) as runner, pytest.raises(ArtifactError, match="not one part for each"):
        runner.run(np.zeros((2, 3, 8, 8), np.float32))


@pytest.mark.parametrize("states_it", [False, True])
def test_pixels_and_normalised_images_for_a_file_of_pixels(states_it: bool, tmp_path: Path) -> None:
    path = tmp_path / "pixels.onnx"
    preprocessing = Preprocessing(size=(8, 9))
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ("n", 8, 9, 3))
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, ("n", 3))
    axes = onnx.numpy_helper.from_array(np.array([1, 2]), "axes")
    nodes = [
        helper.make_node("Cast", ["image"], ["floats"], "cast", to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats", "axes"], ["values"], "mean", keepdims=0),
    ]
    save(helper.make_graph(nodes, "mean", [image], [values], [axes]), path)
    if states_it:
        import json

        model = onnx.load(str(path))
        stated = {"preprocessing": preprocessing.to_dict()}
        helper.set_model_props(model, {"lowformer_edge": json.dumps(stated)})
        onnx.save(model, str(path))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3), np.uint8)
    with OnnxRunner(path) as runner:
        expected = pixels.mean((1, 2), dtype=np.float64)
        assert np.allclose(runner.run(pixels)["values"], expected, rtol=1e-5)
        assert np.allclose(runner.run_pixels(pixels, preprocessing)["values"], expected, rtol=1e-5)
        if states_it:
            ran = runner.run(preprocessing.normalise(pixels))
            assert np.allclose(ran["values"], expected, rtol=1e-5)
        else:
            with pytest.raises(
                ArtifactError, match=r"does not state its .*; give uint8 \[N, 8, 9, 3"
            ):
                runner.run(preprocessing.normalise(pixels))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_laboratorys_library_names_what_it_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from executorch.exir import to_edge_transform_and_lower

    class Sum(nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return x + y

    exported = torch.export.export(Sum(), (torch.zeros(1, 2), torch.zeros(1, 2)))
    path = tmp_path / "sum.pte"
    path.write_bytes(bytes(to_edge_transform_and_lower(exported).to_executorch().buffer))
    monkeypatch.setenv(LIBRARY_VARIABLE, "some.so")
    told = r"sum\.pte: .* takes one input, of float32 or uint8, not float32, float32; run it"
    with pytest.raises(ArtifactError, match=told):
        opened(path)


def test_a_damaged_package_of_others_is_one_error(foreign_files: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(foreign_files / "faces.mlpackage", tmp_path / "cut.mlpackage"))
    (path / "Data" / "com.apple.CoreML" / "weights" / "weight.bin").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"cut\.mlpackage"):
        opened(path)
