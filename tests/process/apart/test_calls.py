"""Calls in processes of their own: their order, how many at a time, deaths and interrupts."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lowformer_edge.errors import DataError
from lowformer_edge.process.apart.call import Call
from lowformer_edge.process.apart.calls import run_calls
from lowformer_edge.process.apart.travel import CannotTravelError
from lowformer_edge.progress import QUIET, Advance, SilentProgress

WORK = '''
"""What a user's own module may hold."""
import os, signal, tempfile, time
from lowformer_edge.errors import DataError

class OwnError(DataError):
    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")

def wait(seconds, progress):
    begun = time.monotonic()
    time.sleep(seconds)
    return seconds, begun, time.monotonic()

def tell(name, progress):
    with progress.step(f"writing {name}"), progress.step("counting", 3) as advance:
        print("chatter of native code")
        advance(2)
        advance(1)
    progress.note("mind the gap")

def threads(argument, progress):
    return os.environ["OMP_NUM_THREADS"]

def fail(argument, progress):
    raise OwnError("this", "that")

def crash(argument, progress):
    return 1 / argument

def die(number, progress):
    with progress.step("dying"):
        os.kill(os.getpid(), number)

def work_on(folder, progress):
    handle, path = tempfile.mkstemp()
    (folder / f"{os.getpid()}.pid").write_text(path)
    time.sleep(600)
'''

STARTER = """
import signal, sys
from pathlib import Path
sys.path.append({folder!r})
import work
from lowformer_edge.process.apart.call import Call
from lowformer_edge.process.apart.calls import run_calls
from lowformer_edge.process.interrupt import end_like_ctrl_c
from lowformer_edge.process.system_limit import scratch_folder
from lowformer_edge.progress import QUIET
signal.signal(signal.SIGINT, signal.default_int_handler)
end_like_ctrl_c()
with scratch_folder() as folder:
    calls = [Call(str(number), work.work_on, Path({folder!r})) for number in range(2)]
    run_calls(calls, 2, folder, QUIET)
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module that lies where no other process looks by itself."""
    (tmp_path / "work.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("work")
    del sys.modules["work"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


class Listener(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        self.heard.append(f"{description} of {total}")
        try:
            yield lambda count: self.heard.append(f"{description} {count}")
        except BaseException:
            self.heard.append(f"{description} stopped")
            raise
        self.heard.append(f"{description} done")

    def note(self, text: str) -> None:
        self.heard.append(text)


def test_what_comes_of_calls_is_in_their_order(work: ModuleType, place: Path) -> None:
    calls = [Call(str(seconds), work.wait, seconds) for seconds in (1.5, 0.0, 0.1)]
    values = [outcome.value[0] for outcome in run_calls(calls, 3, place, QUIET)]
    assert values == [1.5, 0.0, 0.1]
    assert not list(place.iterdir())


def test_no_more_than_so_many_work_at_a_time(work: ModuleType, place: Path) -> None:
    calls = [Call(str(number), work.wait, 0.3) for number in range(4)]
    spans = [outcome.value[1:] for outcome in run_calls(calls, 2, place, QUIET)]
    for begun, _ in spans:
        assert sum(first <= begun < last for first, last in spans) <= 2


def test_steps_are_told_with_the_calls_name(work: ModuleType, place: Path) -> None:
    listener = Listener()
    run_calls([Call("onnx", work.tell, "ONNX fp32")], 1, place, listener)
    assert listener.heard == [
        "writing ONNX fp32 of None",
        "onnx: counting of 3",
        "onnx: counting 2",
        "onnx: counting 1",
        "onnx: counting done",
        "writing ONNX fp32 done",
        "mind the gap",
    ]


def test_a_call_has_the_threads_that_it_is_given(work: ModuleType, place: Path) -> None:
    (outcome,) = run_calls([Call("one", work.threads, None, threads=3)], 1, place, QUIET)
    assert outcome.value == "3"


def test_an_error_comes_back_as_the_nearest_of_ours(work: ModuleType, place: Path) -> None:
    (outcome,) = run_calls([Call("one", work.fail, None)], 1, place, QUIET)
    assert type(outcome.error) is DataError
    assert str(outcome.error) == "this and that"
    assert not outcome.ended


def test_a_call_that_dies_says_by_which_signal_and_the_others_go_on(
    work: ModuleType, place: Path
) -> None:
    listener = Listener()
    calls = [Call("dead", work.die, signal.SIGSEGV), Call("alive", work.wait, 0.5)]
    dead, alive = run_calls(calls, 2, place, listener)
    assert dead.ended == "was ended by SIGSEGV"
    assert (alive.error, alive.ended, alive.value[0]) == (None, "", 0.5)
    assert listener.heard == ["dead: dying of None", "dead: dying stopped"]
    assert not list(place.iterdir())


def test_an_error_that_is_not_ours_is_told_with_its_line(work: ModuleType, place: Path) -> None:
    (outcome,) = run_calls([Call("one", work.crash, 0)], 1, place, QUIET)
    assert outcome.ended == "failed with exit code 1: ZeroDivisionError: division by zero"


def test_what_the_main_program_defines_is_not_sent(
    work: ModuleType, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work.wait, "__module__", "__main__")
    with pytest.raises(CannotTravelError, match="wait is the main program's"):
        run_calls([Call("one", work.wait, 0)], 1, place, QUIET)


def begun_children(folder: Path, starter: subprocess.Popen[bytes]) -> list[int]:
    """The children's numbers, once both work."""
    for _ in range(600):
        found = [path for path in folder.glob("*.pid") if path.read_text()]
        if len(found) == 2:
            return [int(path.stem) for path in found]
        assert starter.poll() is None
        time.sleep(0.05)
    pytest.fail("they do not begin")


def is_gone(number: int) -> bool:
    """Whether a process has ended within a while."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{number}/stat").read_text()
        except OSError:
            return True
        if state.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_interrupt_leaves_no_process_and_no_file(sent: str, tmp_path: Path) -> None:
    """Of what SIGKILL leaves, the next run clears the files, see :mod:`.workplace`."""
    (tmp_path / "work.py").write_text(WORK)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER.format(folder=str(tmp_path))],
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    with starter:
        children = begun_children(tmp_path, starter)
        assert len(list(temporary.rglob("call-*"))) == 2
        starter.send_signal(getattr(signal, sent))
    assert all(map(is_gone, children))
    if sent != "SIGKILL":
        assert not list(temporary.iterdir())
