"""Two files of any formats compared, by all their outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from lowformer_edge import compare_files
from lowformer_edge.errors import CheckError, UsageError
from lowformer_edge.runtime.onnx.runner import OnnxRunner

from ..foreign import SIDE, save


def least(comparison: Any) -> float:
    values = [one.closeness.sqnr_db for one in comparison.outputs]
    return min(float("inf") if value == "exact" else value for value in values)


@pytest.mark.parametrize("name", ["faces.tflite", "faces.pte", "faces.mlpackage"])
def test_a_detector_follows_its_twin_in_every_format(name: str, foreign_files: Path) -> None:
    found = compare_files(foreign_files / "faces.onnx", foreign_files / name)
    assert [one.name for one in found.outputs] == ["boxes", "scores"]
    assert [one.shape for one in found.outputs] == [(1, 896, 16), (1, 896, 1)]
    assert least(found) > 100
    assert (found.data, found.inferences, found.failures) == ("noise", 1, ())


@pytest.mark.parametrize("is_nhwc", [False, True])
@pytest.mark.parametrize("has_axis", [False, True])
def test_given_images_in_either_layout(
    is_nhwc: bool, has_axis: bool, foreign_files: Path, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).standard_normal((3, 3, SIDE, SIDE)).astype(np.float32)
    if is_nhwc:
        images = images.transpose(0, 2, 3, 1)
    if has_axis:
        images = images[:, None]
    path = tmp_path / "inputs.npz"
    np.savez(path, image=images, other=np.zeros(3))
    found = compare_files(foreign_files / "faces.onnx", foreign_files / "faces.tflite", path)
    assert (found.inferences, found.data) == (3, str(path))
    assert least(found) > 100


def test_a_quantized_file_against_its_float_twin(integer_files: Path) -> None:
    pair = integer_files / "float.tflite", integer_files / "int8.tflite"
    images = np.random.default_rng(0).standard_normal((4, 64, 64, 3)).astype(np.float32)
    found = compare_files(*pair, {"image": images}, min_sqnr=1000)
    assert [(one.name, one.other, one.shape) for one in found.outputs] == [
        ("logits", "logits", (1, 5))
    ]
    assert 15 < least(found) < 100
    (line,) = found.failures
    assert "int8.tflite: its logits has" in line
    # The other way round, noise is integers that stand for reals.
    assert 10 < least(compare_files(*pair[::-1])) < 100


def test_several_inputs_are_matched_by_name_or_order(foreign_files: Path, tmp_path: Path) -> None:
    first = foreign_files / "tokens.onnx"
    model = onnx.load(str(first))
    turned = tmp_path / "turned.onnx"
    model.graph.input.reverse()
    onnx.save(model, str(turned))
    tokens, scale = np.array([[[0, 1, 1, 0]], [[1, 1, 1, 1]]]), np.full((1, 1), 3, np.float32)
    golden = {"tokens": tokens, "scale": scale}
    for second in (turned, foreign_files / "open-tokens.onnx"):
        found = compare_files(first, second, golden)
        assert (found.inferences, least(found)) == (2, float("inf"))
    model = onnx.load(str(first))
    for node in model.graph.node:
        node.input[:] = [{"tokens": "a", "scale": "b"}.get(name, name) for name in node.input]
    model.graph.input[0].name, model.graph.input[1].name = "a", "b"
    renamed = tmp_path / "renamed.onnx"
    onnx.save(model, str(renamed))
    assert least(compare_files(first, renamed, golden)) == float("inf")


def test_integers_and_doubles_are_compared_as_they_are(foreign_files: Path) -> None:
    path = foreign_files / "counts.onnx"
    golden = {
        "counts": np.array([[1, 2], [3, 4]], np.int64),
        "bytes": np.array([1, -2, 3]),
        "kept": np.array([True, True]),
    }
    found = compare_files(path, path, golden)
    assert [one.closeness.sqnr_db for one in found.outputs] == ["exact", "exact"]
    with pytest.raises(UsageError, match=r"bytes: is int64, which is no input bytes int8 \[3\]"):
        compare_files(path, path, {**golden, "bytes": np.array([1, 200, 3])})


def test_files_of_different_batches_and_layouts_of_outputs(tmp_path: Path) -> None:
    paths = []
    for batch, order in ((1, (0, 1, 2, 3)), (2, (0, 2, 3, 1))):
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (batch, 3, 4, 5))
        shape = [(batch, 3, 4, 5)[axis] for axis in order]
        same = helper.make_tensor_value_info("same", TensorProto.FLOAT, shape)
        node = helper.make_node("Transpose", ["image"], ["same"], "turn", perm=order)
        paths.append(tmp_path / f"{batch}.onnx")
        save(helper.make_graph([node], "same", [image], [same]), paths[-1])
    images = np.random.default_rng(0).standard_normal((4, 3, 4, 5)).astype(np.float32)
    found = compare_files(paths[0], paths[1], {"image": images})
    assert (found.inferences, least(found)) == (4, float("inf"))
    with pytest.raises(UsageError, match=r"image: is \[3, 3, 4, 5\], of which no parts are image"):
        compare_files(paths[0], paths[1], {"image": images[:3]})


def test_pixels_against_normalised_images(coreml_bundles: Path) -> None:
    tensor, image = (coreml_bundles / name for name in ("tensor", "image"))
    pair = next(tensor.glob("*.mlpackage")), next(image.glob("*.mlpackage"))
    for files in (pair, pair[::-1]):
        assert least(compare_files(*files)) > 30
    pixels = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), np.uint8)
    found = compare_files(*pair, {"image": pixels})
    assert found.inferences == 2
    assert least(found) > 30


@pytest.mark.parametrize(
    ("first", "second", "golden", "reason"),
    [
        ("tokens.onnx", "faces.onnx", None, "2 inputs and .*faces.onnx 1: they cannot"),
        (
            "faces.onnx",
            "faces.onnx",
            {"images": np.zeros(1)},
            "no array image, which .*; it has images",
        ),
        ("faces.onnx", "faces.onnx", {"image": np.zeros((1, 3, 4, 4), "f4")}, "of which no parts"),
        (
            "faces.onnx",
            "faces.onnx",
            {"image": np.zeros((SIDE, SIDE, 3), np.uint8)[None]},
            "is uint8, which is no input image float32 .*; give normalised floats",
        ),
        (
            "tokens.onnx",
            "tokens.onnx",
            {"tokens": np.zeros((2, 1, 4), int), "scale": np.zeros((3, 1, 1), "f4")},
            "2 inferences by tokens, but for 3 by others",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(
    first: str, second: str, golden: dict[str, Any] | None, reason: str, foreign_files: Path
) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        compare_files(foreign_files / first, foreign_files / second, golden)
    assert "\n" not in str(caught.value)


def test_outputs_that_do_not_fit(foreign_files: Path, tmp_path: Path) -> None:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, SIDE, SIDE))
    means = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 3)) for name in "ab"]
    axes = onnx.numpy_helper.from_array(np.array([2, 3]), "axes")
    nodes = [
        helper.make_node("ReduceMean", ["image", "axes"], [name], name, keepdims=0) for name in "ab"
    ]
    for count, reason in (
        (1, r"2 outputs \(boxes, scores\) and .*one 1"),
        (2, "cannot be compared"),
    ):
        path = tmp_path / "one.onnx"
        save(helper.make_graph(nodes[:count], "m", [image], means[:count], [axes]), path)
        with pytest.raises(UsageError, match=reason.replace("one 1", "one.onnx 1")):
            compare_files(foreign_files / "faces.onnx", path)
    with OnnxRunner(path) as runner:
        assert len(runner.outputs) == 2
    zeros = {"image": np.zeros((1, 3, SIDE, SIDE), np.float32) * np.nan}
    with pytest.raises(CheckError, match="NaN"):
        compare_files(path, path, zeros)
