"""Hidden folders are the living's own, and the dead's are cleared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lowformer_edge.process.workplace import LOCK, MARK, workplace

WORK = """
import sys, time
from pathlib import Path
from lowformer_edge.process.workplace import workplace
with workplace(Path(sys.argv[1]), "bundle") as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def process(tmp_path: Path) -> subprocess.Popen[str]:
    """A run that has begun to work, and its folder's path on its stdout."""
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )


def folder_of(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().rstrip())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_nothing_stays(tmp_path: Path) -> None:
    with workplace(tmp_path, "bundle") as folder:
        (folder / "file").write_text("x")
        (folder / "inner").mkdir()
        (folder / "inner" / "file").write_text("x")
        (folder / "link").symlink_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["bundle", "b", "", "x" * 255, "é" * 127, "a\nb"])
def test_it_is_hidden_whatever_the_name(name: str, tmp_path: Path) -> None:
    with workplace(tmp_path, name) as folder:
        assert folder.parent == tmp_path
        assert folder.name.startswith(".")
        assert folder.name.endswith(MARK)


def test_what_a_dead_run_left_is_cleared(process: subprocess.Popen[str], tmp_path: Path) -> None:
    left = folder_of(process)
    kill(process)
    assert (left / "half").exists()
    with workplace(tmp_path, "bundle") as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_what_a_living_run_works_on_stays(process: subprocess.Popen[str], tmp_path: Path) -> None:
    theirs = folder_of(process)
    try:
        with workplace(tmp_path, "bundle"):
            pass
        assert (theirs / "half").read_text() == "half"
    finally:
        kill(process)


def test_what_this_run_works_on_stays(tmp_path: Path) -> None:
    with workplace(tmp_path, "bundle") as first, workplace(tmp_path, "bundle") as second:
        assert first != second
        assert first.is_dir()


def test_other_names_stay(process: subprocess.Popen[str], tmp_path: Path) -> None:
    left = folder_of(process)
    kill(process)
    with workplace(tmp_path, "other"):
        assert left.exists()


def test_what_looks_like_it_and_is_none_stays(tmp_path: Path) -> None:
    """A folder without a lock holds what somebody put there, or what had to stay."""
    for name in ("full", "linked", "file"):
        (tmp_path / f".bundle.{name}{MARK}").mkdir()
    (tmp_path / f".bundle.full{MARK}" / "thesis.txt").write_text("mine")
    (tmp_path / f".bundle.linked{MARK}").rmdir()
    (tmp_path / f".bundle.linked{MARK}").symlink_to(tmp_path / f".bundle.full{MARK}")
    (tmp_path / f".bundle.file{MARK}").rmdir()
    (tmp_path / f".bundle.file{MARK}").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with workplace(tmp_path, "bundle"):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_one_that_died_before_its_lock_is_cleared(tmp_path: Path) -> None:
    (tmp_path / f".bundle.x{MARK}").mkdir()
    with workplace(tmp_path, "bundle"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    left = tmp_path / f".bundle.x{MARK}"
    left.mkdir()
    (left / LOCK).symlink_to(tmp_path / "mine")
    with workplace(tmp_path, "bundle"):
        pass
    assert (tmp_path / "mine").read_text() == "mine"
    assert left.exists()


def test_a_failure_to_settle_is_made_good_by_the_next_run(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise OSError

    with pytest.raises(OSError), workplace(tmp_path, "bundle", fail) as folder:  # noqa: PT011
        (folder / "file").write_text("x")
    assert folder.exists()
    with workplace(tmp_path, "bundle"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_ignored_stays_so(number: signal.Signals, tmp_path: Path) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with workplace(tmp_path, "bundle", lambda folder: os.kill(os.getpid(), number)):
            pass
    finally:
        signal.signal(number, before)
    assert list(tmp_path.iterdir()) == []
