"""What a report calls formats."""

from __future__ import annotations

import pytest

from lowformer_edge.artifact.formats import FORMATS
from lowformer_edge.report.files import format_name


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_its_title(name: str) -> None:
    assert format_name(name) == FORMATS[name].title


def test_a_format_of_a_later_version_keeps_its_name() -> None:
    assert format_name("onnx2") == "onnx2"
