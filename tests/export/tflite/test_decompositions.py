"""A conversion that decomposes once is the converter's own, to the byte."""

from __future__ import annotations

import contextlib
import importlib.metadata

import pytest
from litert_torch._convert import core
from litert_torch.fx_infra import CanonicalizePass

from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.export.tflite import decompositions, exporter
from lowformer_edge.export.tflite.decompositions import decomposed_once
from lowformer_edge.export.tflite.exporter import TFLiteExporter
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.loading import from_module
from lowformer_edge.models.random_weights import random_model

from ...small_models import ATTENTIVE, SLIGHT

CASES = {
    "classification": (ATTENTIVE, ExportSpec()),
    "an image": (SLIGHT, ExportSpec(input="image")),
    "segmentation": (
        SLIGHT.for_task("segmentation", channels=8),
        ExportSpec.of(upsampling="resize"),
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize(("config", "spec"), CASES.values(), ids=CASES)
def test_the_file_is_the_same(
    config: LowFormerConfig, spec: ExportSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = from_module(random_model(config.replace(input_size=64)))
    ours = TFLiteExporter(model).converted(spec)
    monkeypatch.setattr(exporter, "decomposed_once", contextlib.nullcontext)
    assert TFLiteExporter(model).converted(spec) == ours


def test_the_converter_is_as_it_was_afterwards() -> None:
    before = core.export_torch_signature, CanonicalizePass.call
    with pytest.raises(ZeroDivisionError), decomposed_once():
        assert core.export_torch_signature != before[0]
        assert CanonicalizePass.call != before[1]
        raise ZeroDivisionError
    assert (core.export_torch_signature, CanonicalizePass.call) == before


def test_another_version_goes_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    assert importlib.metadata.version("litert-torch") == decompositions.VERSION
    monkeypatch.setattr(decompositions, "VERSION", "0.0.0")
    before = core.export_torch_signature
    with decomposed_once():
        assert core.export_torch_signature is before
