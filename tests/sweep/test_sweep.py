"""A real sweep: what it finds out, what it keeps, and what it does again."""

from __future__ import annotations

import csv
import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import lowformer_edge as lfe
from lowformer_edge.artifact.results.sweep import SweepResult
from lowformer_edge.errors import UsageError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.sweep.budget import Budget
from lowformer_edge.sweep.cell import cells_of
from lowformer_edge.sweep.grid import Grid
from lowformer_edge.sweep.page import page_of
from lowformer_edge.sweep.plan import plan_sweep
from lowformer_edge.sweep.preview import preview_sweep
from lowformer_edge.sweep.store import Store
from lowformer_edge.sweep.sweeping import sweep, write_outcome

from ..small_disk import mounted_disk
from .conftest import IMAGES


class Steps(SilentProgress):
    """Counts the steps that were to be done."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, description: str, total: int | None = None):  # type: ignore[no-untyped-def]
        self.total += total or 0
        return super().step(description, total)


def files_of(folder: Path) -> dict[str, int]:
    """Results by name, with when they were written."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for kind in ("exports", "parts", "ranges", "times")
        for path in (folder / kind).iterdir()
    }


def test_every_cell_is_there(swept: SweepResult) -> None:
    assert [cell.name for cell in swept.cells] == ["demo-onnx-fp32", "demo-onnx-int8"]
    assert swept.measure == "top-1 %"
    for cell in swept.cells:
        assert cell.failures == ()
        assert cell.input_size == (96, 96)
        assert cell.parity is not None
        assert cell.parity.images == IMAGES
        (place,) = cell.places
        assert place.median_ms is not None
        assert place.p90_ms is not None
        assert 0 < place.median_ms <= place.p90_ms
        assert place.verdict in ("valid", "INVALID")


def test_accuracy_is_that_of_all_images_at_once(
    swept: SweepResult, swept_folder: Path, images: Path
) -> None:
    model = lfe.load_model()
    evaluation = lfe.open_images(images, model)
    for cell in swept.cells:
        assert cell.parity is not None
        found = lfe.verify(swept_folder / "cells" / cell.key, images=evaluation)
        (edge,) = [edge for edge in found.edges() if edge.first == "eager"]
        same = edge.parity.model_dump(exclude={"outputs", "data"})
        assert cell.parity.model_dump(exclude={"outputs", "data"}) == same


def test_what_is_timed_is_timed_alone(swept: SweepResult) -> None:
    spans = sorted((one.begun or 0, one.ended or 0) for cell in swept.cells for one in cell.places)
    for (_, ended), (begun, _) in itertools.pairwise(spans):
        assert ended <= begun


def test_it_is_written_as_json_as_a_table_and_as_a_page(
    swept: SweepResult, swept_folder: Path
) -> None:
    assert SweepResult.model_validate_json((swept_folder / "sweep.json").read_text()) == swept
    rows = list(csv.DictReader((swept_folder / "sweep.csv").read_text().splitlines()))
    assert [row["name"] for row in rows] == ["demo-onnx-fp32", "demo-onnx-int8"]
    assert float(rows[0]["median_ms"]) == swept.cells[0].places[0].median_ms
    page = (swept_folder / "index.html").read_text()
    assert "demo-onnx-int8" in page
    assert "Made by lowformer-sweep" in page


def test_nothing_is_done_twice(swept: SweepResult, grid: Grid, copied: Path) -> None:
    before, steps = files_of(copied), Steps()
    again = sweep(grid, copied, progress=steps)
    assert without_places(again) == without_places(swept)
    assert steps.total == 0
    assert files_of(copied) == before


def without_places(swept: SweepResult) -> SweepResult:
    """A result but for where bundles are."""
    cells = [cell.model_copy(update={"bundle": None}) for cell in swept.cells]
    return swept.model_copy(update={"cells": tuple(cells)})


@pytest.mark.heavy
def test_what_is_lost_is_done_again(swept: SweepResult, grid: Grid, copied: Path) -> None:
    before = files_of(copied)
    lost = next((copied / "parts").iterdir())
    lost.unlink()
    steps = Steps()
    again = sweep(grid, copied, jobs=1, progress=steps)
    assert steps.total == 1
    after = files_of(copied)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {f"parts/{lost.name}"}
    assert [cell.parity for cell in again.cells] == [cell.parity for cell in swept.cells]


@pytest.mark.heavy
def test_other_images_are_judged_again_and_nothing_else(
    grid: Grid, images: Path, tmp_path: Path, copied: Path
) -> None:
    others = tmp_path / "others.npz"
    shutil.copyfile(images, others)
    evaluation = grid.evaluation.model_copy(update={"data": str(others)})
    elsewhere = grid.model_copy(update={"evaluation": evaluation})
    sweep(elsewhere, copied, jobs=1, progress=SilentProgress())
    assert left_of(elsewhere, copied) == []
    state = others.stat()
    os.utime(others, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))
    assert left_of(elsewhere, copied) == ["demo: images, part 1 of 1"]


def left_of(grid: Grid, folder: Path) -> list[str]:
    """Steps that are to be done."""
    cells, _ = cells_of(grid)
    return [step.name for step in plan_sweep(grid, cells, Store(folder)).steps if not step.is_done]


def test_invalid_times_are_taken_again_where_that_is_asked_for(grid: Grid, copied: Path) -> None:
    first, *others = sorted((copied / "times").iterdir())
    for path in others:
        path.write_text(json.dumps({**json.loads(path.read_text()), "doubts": []}))
    first.write_text(json.dumps({**json.loads(first.read_text()), "doubts": ["too busy"]}))
    before, steps = files_of(copied), Steps()
    sweep(grid, copied, progress=steps)
    assert steps.total == 0
    sweep(grid, copied, jobs=1, retry_invalid=True, progress=steps)
    assert steps.total == 1
    after = files_of(copied)
    assert {name for name in after if after[name] != before[name]} == {f"times/{first.name}"}


@pytest.mark.heavy
def test_a_full_disk_is_a_line_and_the_second_call_completes(
    grid: Grid, swept: SweepResult, tmp_path: Path
) -> None:
    alone = grid.model_copy(update={"precisions": ("fp32",)})
    with mounted_disk(tmp_path / "disk", 12) as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(11_800_000))
        output = disk / "sweep"
        found = sweep(alone, output, jobs=1, progress=SilentProgress())
        assert any("the disk is full" in line for line in found.complaints)
        ballast.unlink()
        (again,) = sweep(alone, output, jobs=1, progress=SilentProgress()).cells
        assert again.parity == swept.cells[0].parity
        assert again.places[0].median_ms


def test_the_best_cells_bundle_is_written(swept: SweepResult, grid: Grid, copied: Path) -> None:
    for path in (copied / "times").iterdir():  # whether or not this machine was quiet
        path.write_text(json.dumps({**json.loads(path.read_text()), "doubts": []}))
    found = sweep(grid, copied, budget=Budget(megabytes=100.0))
    assert found.best is not None
    assert lfe.open_bundle(found.best.bundle).manifest.artifacts[0].precision in found.best.name
    assert Path(found.best.bundle) == copied / "best"


def test_a_preview_writes_nothing(grid: Grid, tmp_path: Path) -> None:
    found = preview_sweep(grid, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert found.cells == ("demo-onnx-fp32", "demo-onnx-int8")
    assert found.to_do == {
        "activation ranges": 1,
        "exports": 2,
        "parts of the images": 1,
        "measurements": 2,
    }
    assert found.seconds > 0


@pytest.mark.parametrize("content", ["{}", "[1]", '{"median_ms": "long", "doubts": []}', "{"])
def test_figures_that_nobody_wrote_are_told(grid: Grid, copied: Path, content: str) -> None:
    for path in (copied / "times").iterdir():
        path.write_text(content)
    found = sweep(grid, copied)
    for cell in found.cells:
        (place,) = cell.places
        assert (place.verdict, place.median_ms) == ("failed", None)
        assert "is not as it was written; remove it" in place.reasons[0]


def test_counts_that_nobody_wrote_are_told(grid: Grid, copied: Path) -> None:
    for path in (copied / "parts").iterdir():
        np.savez(path, images=np.array(3))
    for cell in sweep(grid, copied).cells:
        assert cell.parity is None
        assert "is not as it was written; remove it" in cell.failures[-1]


def test_no_worker_at_all(grid: Grid, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`jobs` must be a whole number of at least 1, not 0"):
        sweep(grid, tmp_path / "sweep", jobs=0)


def test_one_sweep_at_a_time_works_in_a_folder(grid: Grid, copied: Path) -> None:
    with Store(copied).opened(), pytest.raises(UsageError, match="another sweep works there"):
        sweep(grid, copied)


def test_random_weights_have_neither_accuracy_nor_a_front(swept: SweepResult) -> None:
    assert 'class="plot"' in page_of(valid(swept))
    random = [one.model_copy(update={"random_weights": True}) for one in valid(swept).cells]
    page = page_of(swept.model_copy(update={"cells": tuple(random)}))
    assert 'class="plot"' not in page
    assert "demo-onnx-int8" in page


def valid(swept: SweepResult) -> SweepResult:
    """A result whose times mean something, whether or not this machine was quiet."""
    cells = [
        cell.model_copy(
            update={"places": tuple(p.model_copy(update={"verdict": "valid"}) for p in cell.places)}
        )
        for cell in swept.cells
    ]
    return swept.model_copy(update={"cells": tuple(cells)})


def test_a_folder_of_somebody_else_is_left_alone(grid: Grid, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="is no sweep's folder; give another `output`"):
        sweep(grid, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_failures_are_lines_of_the_result_and_of_the_page(
    swept: SweepResult, tmp_path: Path
) -> None:
    first, second = swept.cells
    place = second.places[0].model_copy(update={"verdict": "INVALID", "reasons": ("too busy",)})
    changed = swept.model_copy(
        update={
            "cells": (
                first.model_copy(update={"failures": ("demo-onnx-fp32: no disk",), "places": ()}),
                second.model_copy(update={"places": (place,)}),
            )
        }
    )
    assert changed.complaints == (
        "demo-onnx-fp32: no disk",
        "demo-onnx-int8 on host, INVALID: too busy",
    )
    write_outcome(changed, Store(tmp_path))
    assert "demo-onnx-fp32: no disk" in (tmp_path / "index.html").read_text()
