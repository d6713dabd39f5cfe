"""Stops a process at each step of what puts files in place, and tells what is left.

    python stop_everywhere.py JOB SYSTEM SIGNAL FOLDER

It forks, which a process with threads, such as that of the tests, cannot. Prints a JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

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


def use_two_renames() -> None:
    """Acts as a system that cannot exchange two folders in one call."""
    unknown = 1 << 20
    mock.patch.multiple(
        renaming, _UNSUPPORTED=range(10000), _NO_REPLACE=unknown, _EXCHANGE=unknown
    ).start()


def steps_of(work: Work, place: Path) -> list[str]:
    passed: list[str] = []
    with mock.patch.object(steps, "reached", passed.append):
        work(place)
    return passed


def stopped(work: Work, place: Path, number: int, sent: signal.Signals) -> int:
    """Runs something in a process that gets a signal at a step; how that ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 99
    try:
        left = number

        def stop(step: str) -> None:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), sent)
            left -= 1

        steps.reached = stop
        work(place)
        code = 0
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


def prepared(prepare: Work, folder: Path) -> Path:
    """The place in a folder of its own, as it is before the work."""
    os.environ[VARIABLE] = str(folder)
    place = lab_folder("place")
    place.parent.mkdir()
    prepare(place)
    return place


def main(job: str, system: str, sent: str, folder: str) -> None:
    """Tells how each stop ended, what was left, and what after the next run."""
    prepare, work = JOBS[job]
    if system == "two renames":
        use_two_renames()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    end_like_ctrl_c()
    place = prepared(prepare, Path(folder) / "whole")
    older = content_of(place)
    passed = steps_of(work, place)
    new = content_of(place)
    stops = []
    for number, step in enumerate(passed):
        place = prepared(prepare, Path(folder) / str(number))
        ended = stopped(work, place, number, signal.Signals[sent])
        if system == "two renames" and step == "aside" and sent == "SIGKILL":
            recover_folder(place, OWN)  # where nothing can be at the place for a moment
        left = content_of(place)
        work(place)
        names = [path.name for path in place.parent.iterdir()]
        stops.append(
            {"step": step, "ended": ended, "left": left, "then": content_of(place), "names": names}
        )
    print(json.dumps({"older": older, "new": new, "stops": stops}))


if __name__ == "__main__":
    main(*sys.argv[1:])
