"""Which tensors are images, what files are for, and how images become what files take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lowformer_edge.artifact.manifest import Quantization, Tensor
from lowformer_edge.errors import ArtifactError
from lowformer_edge.runtime.images import (
    ImageInput,
    image_input,
    image_layout,
    stated_classes,
    task_of,
    with_layouts,
    without_guesses,
)


def tensor(shape: tuple[int | None, ...], dtype: str = "float32", **fields: Any) -> Tensor:
    return Tensor(name="some", shape=shape, dtype=dtype, layout="", **fields)


@pytest.mark.parametrize(
    ("shape", "usual", "layout"),
    [
        ((1, 3, 224, 192), "NHWC", "NCHW"),
        ((1, 224, 192, 3), "NCHW", "NHWC"),
        ((None, None, None, 3), "NCHW", "NHWC"),
        ((1, 1, 28, 28), "NHWC", "NCHW"),
        ((1, 28, 28, 1), "NCHW", "NHWC"),
        ((1, 4, 4, 3), "NCHW", "NHWC"),
        ((1, 3, 8, 3), "NHWC", "NHWC"),
        ((1, 3, 8, 3), "NCHW", "NCHW"),
        ((1, 21, 64, 64), "NCHW", ""),
        ((1, 1, 1, 512), "NCHW", ""),
        ((1, 896, 16), "NCHW", ""),
        ((1, 1000), "NCHW", ""),
    ],
)
def test_only_images_have_a_layout(shape: tuple[int | None, ...], usual: str, layout: str) -> None:
    assert image_layout(shape, usual) == layout


@pytest.mark.parametrize(
    ("inputs", "outputs", "task"),
    [
        ([(1, 3, 8, 8)], [(1, 10)], "classification"),
        ([(None, 3, 8, 8)], [(None, 10)], "classification"),
        ([(1, 3, 8, 8)], [(1, 896, 16), (1, 896, 1)], "2 outputs: some float32 [1, 896, 16], some"),
        ([(1, 3, 8, 8)], [(1, 896, 16)], "its output is [1, 896, 16], not one value a class"),
        ([(1, 3, 8, 8)], [(896, 16)], "its output is [896, 16], not one value a class"),
        ([(1, 1, 8, 8)], [(1, 10)], "no RGB image: some float32 [1, 1, 8, 8]"),
        ([(1, 4), (1, 4)], [(1, 10)], "2 inputs: some float32 [1, 4]"),
        ([(1, None)], [(1, 10)], "no RGB image: some float32 [1, ?]"),
    ],
)
def test_what_a_file_is_for(
    inputs: list[tuple[int | None, ...]], outputs: list[tuple[int | None, ...]], task: str
) -> None:
    name, reason = task_of(
        *with_layouts(list(map(tensor, inputs)), list(map(tensor, outputs)), "NCHW")
    )
    if task == "classification":
        assert (name, reason) == (task, None)
    else:
        assert name is None
        assert str(reason).startswith("no image classifier: ")
        assert task in str(reason)


def image_of(shape: tuple[int | None, ...], dtype: str, **fields: Any) -> ImageInput | None:
    inputs, _ = with_layouts([tensor(shape, dtype, **fields)], [], "NCHW")
    return image_input(inputs)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_normalised_images_become_what_a_file_takes(dtype: str, layout: str) -> None:
    images = np.random.default_rng(0).standard_normal((2, 3, 5, 6)).astype(np.float32)
    fields = {"quantization": Quantization(scale=0.1, zero_point=3)} if dtype == "int8" else {}
    image = image_of((2, 3, 5, 6) if layout == "NCHW" else (2, 5, 6, 3), dtype, **fields)
    assert image is not None
    assert (image.batch, image.height, image.width, image.takes_pixels) == (2, 5, 6, False)
    stored = image.stored(images)
    assert stored.dtype == dtype
    expected = images if layout == "NCHW" else images.transpose(0, 2, 3, 1)
    if dtype == "int8":
        assert np.abs((stored.astype(np.float32) - 3) * 0.1 - expected).max() <= 0.0501
    else:
        assert np.array_equal(stored, expected.astype(dtype))


@pytest.mark.parametrize("shape", [(1, 3, 5, 6), (1, 5, 6, 3)])
def test_pixels_are_fed_as_they_are(shape: tuple[int, ...]) -> None:
    image = image_of(shape, "uint8")
    assert image is not None
    assert image.takes_pixels
    pixels = np.random.default_rng(0).integers(0, 256, (1, 5, 6, 3), np.uint8)
    assert image.takes(pixels.shape)
    assert not image.takes((1, 3, 5, 6))
    stored = image.stored(pixels)
    assert stored.shape == shape
    assert np.array_equal(stored if shape[3] == 3 else stored.transpose(0, 2, 3, 1), pixels)


def test_integers_that_stand_for_nothing_known_are_no_image() -> None:
    assert image_of((1, 3, 8, 8), "int32") is None
    assert image_of((1, 3, 8, 8), "int8") is None


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 3, 8, 6), "NCHW"),
        ((None, None, None, 3), "NHWC"),
        ((1, 3, 8, 3), ""),
        ((1, 1, 28, 28), ""),
        ((1, 4, 16, 16), ""),
        ((1, 10), ""),
    ],
)
def test_a_strangers_layout_is_told_where_there_is_no_doubt(
    shape: tuple[int | None, ...], layout: str
) -> None:
    inputs, outputs = with_layouts([tensor(shape)], [tensor((1, 10))], "NHWC")
    (told,), _ = without_guesses(inputs, outputs)
    assert told.layout == layout


def test_nothing_is_told_of_the_layout_of_a_strangers_outputs() -> None:
    shapes = [(1, 10), (1, 3, 8, 6)]
    inputs, outputs = with_layouts([tensor((1, 8, 6, 3))], list(map(tensor, shapes)), "NHWC")
    assert [item.layout for item in outputs] == ["NK", "NCHW"]
    _, told = without_guesses(inputs, outputs)
    assert [item.layout for item in told] == ["", ""]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"model": None},
        {"model": {}},
        {"model": {"num_classes": 0}},
        {"model": {"num_classes": "7"}},
    ],
)
def test_metadata_that_state_no_number_of_classes(metadata: dict[str, Any] | None) -> None:
    assert stated_classes(Path("a.onnx"), {"model": {"num_classes": 7}}) == 7
    with pytest.raises(ArtifactError, match=r"a\.onnx: its metadata do not state how many classes"):
        stated_classes(Path("a.onnx"), metadata)
