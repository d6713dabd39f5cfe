"""A lowering without idle passes is ExecuTorch's own, to the byte."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import warnings
from typing import Any

import pytest

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.export.executorch import exporter, lowering_passes
from lowformer_edge.export.executorch.exporter import ExecuTorchExporter
from lowformer_edge.export.executorch.lowering_passes import NEEDED, needed_passes_alone
from lowformer_edge.export.spec import ExportSpec

from ...small_models import ATTENTIVE
from ..conversion import Conversion


@pytest.fixture(scope="module")
def passes() -> Any:
    """ExecuTorch's module of passes, whose import warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("executorch.backends.xnnpack._passes")


@pytest.mark.heavy
def test_the_program_is_the_same(noise_images: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    lowering = Conversion(ExecuTorchExporter, ATTENTIVE.replace(input_size=32), noise_images)
    spec = ExportSpec("executorch", "int8")
    ours = lowering.export(spec)
    monkeypatch.setattr(exporter, "needed_passes_alone", contextlib.nullcontext)
    assert lowering.export(spec) == ours


def test_every_pass_is_one_of_executorch(passes: Any) -> None:
    assert set(NEEDED) <= set(dir(passes))


def test_executorch_is_as_it_was_afterwards(passes: Any) -> None:
    before = passes._transform
    with pytest.raises(ZeroDivisionError), needed_passes_alone():
        assert passes._transform != before
        raise ZeroDivisionError
    assert passes._transform == before


def test_another_version_runs_all_passes(passes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert importlib.metadata.version("executorch") == lowering_passes.VERSION
    monkeypatch.setattr(lowering_passes, "VERSION", "0.0.0")
    before = passes._transform
    with needed_passes_alone():
        assert passes._transform is before
