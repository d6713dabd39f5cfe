"""A few seconds of the fuzzer, and what it once found."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.cli import verify

from ..conftest import DATA
from .fuzzer import BUILD, FINE, Child, Zygote, fuzz, replay
from .material import Material

ROUNDS = 5
"""Of each kind; always the same inputs, so that no change is held up by another one's luck."""

FINDINGS = sorted((DATA / "fuzz").iterdir())


@pytest.fixture(scope="module")
def material(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small bundles of every task, where ``make fuzz`` has made them; else the demo model's."""
    made = BUILD / "bundles"
    if (made / "done").exists():
        return made
    folder = tmp_path_factory.mktemp("material")
    shutil.copytree(request.getfixturevalue("all_formats_bundle"), folder / "classification")
    return folder


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    with Zygote() as socket:
        yield socket


@pytest.fixture(scope="module")
def child(material: Path, socket: str) -> Iterator[Child]:
    child = Child(material, socket)
    yield child
    child.close()


@pytest.mark.heavy
def test_commands_say_in_a_line_what_is_wrong(material: Path, socket: str) -> None:
    tally = fuzz(material, socket, math.inf, seed=0, jobs=1, rounds=ROUNDS)
    assert not tally.faults, "\n".join(tally.lines())
    assert tally.share_reached >= 0.5, "\n".join(tally.lines())


def test_what_is_not_changed_is_accepted(material: Path, tmp_path: Path) -> None:
    """So that what is refused of the others is what was changed."""
    for task, bundle in Material.of(material).bundles.items():
        (name,) = bundle.files(".onnx")[:1]
        placed = bundle.place_alone(tmp_path / task, name)
        assert [path.name for path in open_bundle(placed).files] == [name]
        assert verify.main([str(placed), "--quiet"]) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: path.name)
def test_what_was_found_is_not_found_again(child: Child, finding: Path) -> None:
    result = replay(child, finding)
    assert result.outcome in FINE, result.about
