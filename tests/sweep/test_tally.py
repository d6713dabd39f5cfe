"""How far a sweep has come."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lowformer_edge.sweep.cell import cells_of
from lowformer_edge.sweep.grid import Grid
from lowformer_edge.sweep.plan import Plan, plan_sweep
from lowformer_edge.sweep.store import Store
from lowformer_edge.sweep.tally import Tally

from ..clock import Clock


@pytest.fixture
def plan(grid: Grid, tmp_path: Path) -> Plan:
    cells, _ = cells_of(grid)
    return plan_sweep(grid, cells, Store(tmp_path))


def test_a_cell_is_done_with_its_last_step(plan: Plan) -> None:
    tally = Tally(plan, plan.left(), 1)
    ended = [[cell.name for cell in tally.count(step, None)] for step in plan.steps]
    assert ended[-2:] == [["demo-onnx-fp32"], ["demo-onnx-int8"]]
    assert not any(ended[:-2])
    assert tally.told(0) == "2 of 2 cells"


def test_a_cell_fails_with_any_of_its_steps(plan: Plan) -> None:
    tally = Tally(plan, plan.left(), 1)
    (judged,) = (step for step in plan.steps if "images" in step.name)
    tally.count(judged, "no disk")
    assert tally.told(1).startswith("0 of 2 cells, 2 failed, 1 step(s) at work; ends at about ")


def test_the_end_is_told_from_what_was_done(plan: Plan) -> None:
    clock = Clock()
    tally = Tally(plan, plan.left(), 1, clock)
    first, *others = plan.steps
    clock.now += 3600
    tally.count(first, None)
    assert re.search(r"ends at about \w{3} \d\d \w{3}, \d\d:\d\d$|about \d\d:\d\d$", tally.told(2))
    far = tally.told(2)
    clock.now += 1
    for step in others[:-1]:
        tally.count(step, None)
    assert tally.told(2) != far


def test_what_was_there_already_counts_as_done(grid: Grid, swept_folder: Path) -> None:
    cells, _ = cells_of(grid)
    plan = plan_sweep(grid, cells, Store(swept_folder))
    tally = Tally(plan, plan.left(), 1)
    assert tally.told(0) == "2 of 2 cells"
