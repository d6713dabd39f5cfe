"""What a plot shows is not covered by what explains it, as its .svg file says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lowformer_edge.calibration.sensitivity import Loss, OpSensitivity, Sensitivity
from lowformer_edge.cli.plots import save_family_plot, save_search_plot, save_sensitivity_plot
from lowformer_edge.export.search.bound import MeasuredLoss
from lowformer_edge.export.search.search import Found, Tried
from lowformer_edge.export.search.solver import Mix
from lowformer_edge.workflows.family import Member, Placed

SVG = "{http://www.w3.org/2000/svg}"


def span(path: Path, group: str) -> tuple[float, float]:
    """Top and bottom of the first shape in a group of a figure."""
    root = ElementTree.parse(path).getroot()
    (found,) = (item for item in root.iter(f"{SVG}g") if item.get("id") == group)
    shape = next(found.iter(f"{SVG}path"))
    heights = [float(text) for text in re.findall(r"[-\d.]+", shape.get("d", ""))[1::2]]
    return min(heights), max(heights)


def assert_apart(path: Path) -> None:
    """Holds that the legend is above all that is drawn, and within the picture."""
    top, bottom = span(path, "legend_1")
    axes_top, _ = span(path, "patch_2")
    assert 0 <= top < bottom <= axes_top


@pytest.mark.parametrize("count", [1, 3, 60])
def test_the_legend_covers_no_op(count: int, tmp_path: Path) -> None:
    loss = Loss(0.001, 1.0)
    ops = tuple(OpSensitivity(f"op{k}", "conv", "int8", loss, loss) for k in range(count))
    save_sensitivity_plot(tmp_path / "ops.svg", Sensitivity(loss, ops, 1, "noise"))
    assert_apart(tmp_path / "ops.svg")


def test_the_legend_covers_no_model(tmp_path: Path) -> None:
    models = [
        Placed(Member("b0", Path("b0.onnx"), 10**8, None, "b0"), 1.0),
        Placed(Member("rival", Path("rival.onnx"), 10**9, None), 9.0),
    ]
    save_family_plot(tmp_path / "family.svg", models, 1)
    assert_apart(tmp_path / "family.svg")


def test_the_legend_covers_no_mix(tmp_path: Path) -> None:
    loss = MeasuredLoss(0.1, 40.0, 8)
    tried = tuple(Tried(Mix({}, 0.1**k, float(k)), loss) for k in range(3))
    found = Found(Mix({}, 0.0, 0.0), loss, tried, 1)
    save_search_plot(tmp_path / "front.svg", found)
    assert_apart(tmp_path / "front.svg")
