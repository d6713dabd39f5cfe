"""Real workers: their answers, errors and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge.errors import ArtifactError, CheckError
from lowformer_edge.runtime.measure.first_run import FirstRun
from lowformer_edge.runtime.measure.timing import ProcessTiming
from lowformer_edge.runtime.work import request
from lowformer_edge.runtime.work.fresh_process import ask
from lowformer_edge.runtime.work.request import FirstRunRequest, TimeRequest

SLEEPING = "import sys, time; sys.stdin.readline(); time.sleep(60)"


SOMETHING = FirstRunRequest(files=(Path("model.tflite"),), threads=1)


def test_a_file_is_timed_and_measured_alone(demo_bundle: Path) -> None:
    paths = tuple(demo_bundle / f"demo-{name}.tflite" for name in ("fp32", "int8"))
    timing = ask(TimeRequest(files=paths, threads=1, rounds=3, first=1))
    assert isinstance(timing, ProcessTiming)
    assert [len(times) for times in timing.milliseconds] == [3, 3]
    assert min(map(min, timing.milliseconds)) > 0
    first = ask(FirstRunRequest(files=paths[:1], threads=1))
    assert isinstance(first, FirstRun)
    assert (first.runtime, first.batch) == ("LiteRT", 1)
    assert first.load_ms > 0
    assert first.first_ms > 0


def test_errors_of_a_worker_are_raised_as_its_own(tmp_path: Path) -> None:
    path = tmp_path / "none.tflite"
    with pytest.raises(ArtifactError) as here:
        ask(FirstRunRequest(files=(path,), threads=1))
    assert str(here.value) == f"{path}: there is no such file"


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(CheckError, match="ended by SIGKILL; they are damaged"):
        killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        ask(SOMETHING, [sys.executable, "-c", killed])
    with pytest.raises(CheckError, match="failed: exit code 3"):
        ask(SOMETHING, [sys.executable, "-c", "raise SystemExit(3)"])


@pytest.mark.heavy
def test_a_file_whose_run_has_no_end_is_named(
    all_formats_bundle: Path, endless_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "LONGEST_SILENCE_S", 6)
    monkeypatch.setattr(request, "LONGEST_INFERENCE_S", 0)
    whole = all_formats_bundle / "demo-fp32.onnx"
    with pytest.raises(CheckError) as found:
        ask(TimeRequest(files=(whole, endless_file), threads=1, rounds=1, first=0))
    assert str(found.value) == (
        f"{endless_file}: the process that ran the files made no progress for 6 s and was ended;"
        " they are damaged, or more than this machine can do"
    )


def worker_that(does: str) -> str:
    """The code of a worker that does something else in place of a first run."""
    return (
        "import os, time\n"
        "from lowformer_edge.runtime.work import measuring, request\n"
        "def measure(self):\n"
        f"{textwrap.indent(does, '    ')}\n"
        "request.FirstRunRequest.measure = measure\n"
        "measuring.main()\n"
    )


def test_what_a_runtime_prints_is_no_part_of_the_answer(tmp_path: Path) -> None:
    loud = tmp_path / "loud.py"
    loud.write_text(
        worker_that(
            "print('loud', flush=True)\n"
            "os.write(1, b'louder')\n"
            "return request.FirstRun('shouting', 1, 2.0, 3.0, None)\n"
        )
    )
    answer = ask(SOMETHING, [sys.executable, str(loud)])
    assert answer == FirstRun("shouting", 1, 2.0, 3.0, None)


@pytest.fixture
def _ctrl_c_is_heard() -> Iterator[None]:
    """What runs in the background was started with Ctrl-C ignored."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
def test_ctrl_c_ends_the_worker(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    code = f"import os; open({str(noted)!r}, 'w').write(str(os.getpid())); {SLEEPING}"

    def press() -> None:
        deadline = time.monotonic() + 20
        while not (noted.exists() and noted.read_text()) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        ask(SOMETHING, [sys.executable, "-c", code])
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_worker_ends_when_its_parent_was_killed(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    waiting = tmp_path / "waiting.py"
    waiting.write_text(
        worker_that(f"open({str(noted)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    )
    parent = (
        "import sys\n"
        "from lowformer_edge.runtime.work.fresh_process import ask\n"
        "from lowformer_edge.runtime.work.request import FirstRunRequest\n"
        "request = FirstRunRequest(files=('model.tflite',), threads=1)\n"
        f"ask(request, [sys.executable, {str(waiting)!r}])\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        deadline = time.monotonic() + 20
        while not (noted.exists() and noted.read_text()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    worker = int(noted.read_text())
    deadline = time.monotonic() + 20
    while _runs(worker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(worker)


def _runs(number: int) -> bool:
    """Whether a process is there, and no zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_worker_needs_no_torch(demo_bundle: Path) -> None:
    code = (
        "import sys\n"
        "from lowformer_edge.runtime.work.request import REQUEST\n"
        f"asked = {{'files': [{str(demo_bundle / 'demo-int8.tflite')!r}], 'threads': 1}}\n"
        "def measure(**details): REQUEST.validate_python(asked | details).measure()\n"
        "measure(task='profile', runs=1)\n"
        "measure(task='endurance', seconds=0.1)\n"
        "measure(task='alone')\n"
        "measure(task='time', rounds=1, first=0)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
