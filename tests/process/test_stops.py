"""A process that is stopped at any step leaves the older or the new content whole, no debris."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lowformer_edge.artifact.files import contents_of
from lowformer_edge.process.replacing import (
    Ownership,
    recover_folder,
    replaced_file,
    replaced_folder,
)

from .stop_everywhere import JOBS

SCRIPT = Path(__file__).with_name("stop_everywhere.py")
SIGNALS = {"SIGKILL": -9, "SIGTERM": 130, "SIGHUP": 130, "SIGINT": 130}
"""With what a process ends that gets them."""

SYSTEMS = ("exchange", "two renames")
OWN = Ownership(contents_of)

LEAST_STEPS = 38
"""Of all jobs together, which makes 300 stops with each signal on both systems."""


def stops(job: str, system: str, sent: str, folder: Path) -> dict[str, Any]:
    """What each stop left."""
    done = subprocess.run(
        [sys.executable, SCRIPT, job, system, sent, folder],
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("job", JOBS)
def test_3_3_stopped_at_every_step(job: str, sent: str, system: str, tmp_path: Path) -> None:
    found = stops(job, system, sent, tmp_path)
    older, new = found["older"], found["new"]
    for stop in found["stops"]:
        assert stop["ended"] == SIGNALS[sent], stop
        assert stop["left"] in (older, new), stop
        assert stop["then"] == new, stop
        assert stop["names"] == ["place"] * (new is not None), stop


def test_3_3_these_are_300_stops(tmp_path: Path) -> None:
    steps = 0
    for number, job in enumerate(JOBS):
        folder = tmp_path / str(number)
        folder.mkdir()
        steps += len(stops(job, "exchange", "SIGKILL", folder)["stops"])
    assert steps >= LEAST_STEPS
    assert LEAST_STEPS * len(SIGNALS) * len(SYSTEMS) >= 300


def test_3_3_two_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    """One looks for what dead runs left while the other is at work."""
    place = tmp_path / "place"
    with replaced_folder(place, OWN) as folder:
        (folder / "new").write_text("new")
        with replaced_file(tmp_path / "other") as other:
            other.write_text("new")
        recover_folder(place, OWN)
        assert (folder / "new").read_text() == "new"
    assert (place / "new").read_text() == "new"
