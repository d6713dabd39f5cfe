"""A process that is stopped at any step leaves the older or the new content whole, no debris."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lowformer_edge.artifact.files import contents_of
from lowformer_edge.lab.place import VARIABLE, lab_folder, new_lab, remove_lab
from lowformer_edge.process import renaming, steps
from lowformer_edge.process.interrupt import end_like_ctrl_c
from lowformer_edge.process.replacing import (
    Ownership,
    recover_folder,
    replaced_file,
    replaced_folder,
)

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
SYSTEMS = ("exchange", "two renames")
OWN = Ownership(contents_of)

Content = dict[str, str]
Work = Callable[[Path], None]

OLDER: Content = {"a.tflite": "old", "manifest.json": "old", "x.mlpackage/weight.bin": "old"}
NEW: Content = {"manifest.json": "new", "x.mlpackage/weight.bin": "new", "y.onnx": "new"}


def fill(folder: Path, content: Content) -> None:
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def content_of(place: Path) -> Content | str | None:
    if not os.path.lexists(place):
        return None
    if place.is_file():
        return place.read_text()
    files = (path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_text() for path in files}


def replace_bundle(place: Path) -> None:
    with replaced_folder(place, OWN) as folder:
        fill(folder, NEW)


def replace_file(place: Path) -> None:
    with replaced_file(place) as new:
        new.write_text("new")


def build_lab(place: Path) -> None:
    with new_lab(place.name, {}) as folder:
        fill(folder, {"tool": "new"})


def remove(place: Path) -> None:
    remove_lab(place.name)


def with_older_bundle(place: Path) -> None:
    place.mkdir()
    fill(place, OLDER)


def with_older_file(place: Path) -> None:
    place.write_text("old")


def with_older_lab(place: Path) -> None:
    with new_lab(place.name, {}) as folder:
        fill(folder, {"tool": "old", "inner/library": "old"})
    (place / "inner" / "__pycache__").mkdir()
    (place / "inner" / "__pycache__" / "module.pyc").write_text("made by who uses it")


def nothing(place: Path) -> None:
    """Where nothing was."""


JOBS: dict[str, tuple[Work, Work]] = {
    "a new bundle": (nothing, replace_bundle),
    "an older bundle": (with_older_bundle, replace_bundle),
    "a file": (with_older_file, replace_file),
    "an older lab": (with_older_lab, build_lab),
    "a lab to remove": (with_older_lab, remove),
}


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One that exchanges two folders in one call, and one that does not."""
    if request.param == "two renames":
        monkeypatch.setattr(renaming, "_UNSUPPORTED", range(10000))
        monkeypatch.setattr(renaming, "_NO_REPLACE", 1 << 20)
        monkeypatch.setattr(renaming, "_EXCHANGE", 1 << 20)
    return str(request.param)


def steps_of(work: Work, place: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    passed: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(steps, "reached", passed.append)
        work(place)
    return passed


def stopped(work: Work, place: Path, step: int, number: signal.Signals) -> int:
    """Runs something in a process that gets a signal at a step; how that ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 99
    try:
        for handled in SIGNALS[1:]:
            signal.signal(handled, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        end_like_ctrl_c()
        left = step

        def stop(step: str) -> None:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), number)
            left -= 1

        steps.reached = stop
        work(place)
        code = 0
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize(("prepare", "work"), JOBS.values(), ids=JOBS)
def test_3_3_stopped_at_every_step(
    prepare: Work,
    work: Work,
    number: signal.Signals,
    system: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "whole"))
    place = lab_folder("place")
    place.parent.mkdir()
    prepare(place)
    older = content_of(place)
    passed = steps_of(work, place, monkeypatch)
    new = content_of(place)
    assert len(passed) >= 6
    for step in range(len(passed)):
        monkeypatch.setenv(VARIABLE, str(tmp_path / str(step)))
        place = lab_folder("place")
        place.parent.mkdir()
        prepare(place)
        ended = stopped(work, place, step, number)
        assert ended == (-9 if number == signal.SIGKILL else 130), passed[step]
        if system == "two renames" and passed[step] == "aside" and number == signal.SIGKILL:
            recover_folder(place, OWN)  # where nothing can be at the place for a moment
        assert content_of(place) in (older, new), passed[step]
        work(place)
        assert content_of(place) == new, passed[step]
        left = [path.name for path in place.parent.iterdir()]
        assert left == [place.name] * (new is not None), passed[step]


def test_3_3_these_are_300_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    for number, (prepare, work) in enumerate(JOBS.values()):
        monkeypatch.setenv(VARIABLE, str(tmp_path / str(number)))
        place = lab_folder("place")
        place.parent.mkdir()
        prepare(place)
        count += len(steps_of(work, place, monkeypatch)) * len(SIGNALS) * len(SYSTEMS)
    assert count >= 300


def test_3_3_two_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    """The second begins, and clears what the dead left, while the first is at work."""
    first, second = tmp_path / "first", tmp_path / "first"
    with replaced_folder(first, OWN) as folder:
        fill(folder, NEW)
        with replaced_file(tmp_path / "other") as other:
            other.write_text("new")
        recover_folder(second, OWN)
        assert content_of(folder) == NEW
    assert content_of(first) == NEW
