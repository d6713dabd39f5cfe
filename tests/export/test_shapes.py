"""Rectangles, in every format: one partition, the model's function, INT8 as good as on squares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.artifact.size import Size, sides_of
from lowformer_edge.export.formats import EXPORTERS
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.tasks.closeness import sqnr

from .conversion import SPEC, Conversion

SIZES: tuple[Size, ...] = ((96, 64), (64, 80), (71, 101))
"""The last has odd sides at every stage."""

FORMATS = ("tflite", "executorch", "onnx", "coreml")


def conversion_of(name: str, config: LowFormerConfig, size: Size) -> Conversion:  # type: ignore[type-arg]
    images = noise(size, 16)
    return Conversion(EXPORTERS[name], config.replace(input_size=size), images)


def noise(size: Size, count: int) -> Samples:
    shape = (count, *sides_of(size), 3)
    return Samples("noise", np.random.default_rng(0).integers(0, 256, shape, np.uint8))


@pytest.mark.heavy
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_float32_follows_the_model_in_one_partition(
    name: str, size: Size, tiny_config: LowFormerConfig, tmp_path: Path
) -> None:
    conversion = conversion_of(name, tiny_config, size)
    path = conversion.write(ExportSpec(name), tmp_path)
    pixels = noise(size, 3).pixels
    with format_of(path).runner(path, 1) as runner:
        assert (runner.height, runner.width) == size
        outputs = runner.run_pixels(pixels, SPEC)
    expected = conversion.reference(SPEC.normalise(pixels))
    np.testing.assert_allclose(outputs["logits"], expected, rtol=0, atol=1e-4)
    if name in ("tflite", "executorch"):
        assert format_of(path).residency(path, 1).partitions == 1


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["tflite", "onnx"])
def test_int8_loses_no_more_than_on_squares(
    name: str, attentive_config: LowFormerConfig, tmp_path: Path
) -> None:
    decibels = {}
    for size in ((64, 64), (96, 64)):
        conversion = conversion_of(name, attentive_config, size)
        path = conversion.write(ExportSpec(name, "int8"), tmp_path)
        pixels = noise(size, 16).pixels
        with format_of(path).runner(path, 1) as runner:
            outputs = runner.run_pixels(pixels, SPEC)
        decibels[size] = sqnr(conversion.reference(SPEC.normalise(pixels)), outputs["logits"])
    assert decibels[96, 64] > decibels[64, 64] - 2
