"""Workers in processes of their own: progress, failures, interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.targets.worker_process import job_folder, run_worker


def worker(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_progress_is_passed_on() -> None:
    heard: list[int] = []
    run_worker(
        worker("print('advance 3'); print('chatter'); print('advance 2')"),
        os.environ,
        "x",
        heard.append,
    )
    assert heard == [3, 2]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit(7)", "x: the worker failed with exit code 7"),
        ("raise ValueError('what was wrong')", "exit code 1: ValueError: what was wrong"),
        (
            "import atexit, sys; atexit.register(print, 'bye', file=sys.stderr); 1 / 0",
            "ZeroDivisionErr",
        ),
        ("import os; os.kill(os.getpid(), 11)", "was ended by SIGSEGV"),
    ],
)
def test_a_worker_that_dies_says_how(code: str, reason: str) -> None:
    with pytest.raises(TargetError, match=reason):
        run_worker(worker(code), os.environ, "x", lambda count: None)


@pytest.mark.heavy
def test_progress_gives_a_worker_more_time_and_silence_ends_it() -> None:
    """With what it started, which would hold its pipes."""
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "for _ in range(8):\n"
        "    time.sleep(0.5)\n"
        "    print('advance 1', flush=True)\n"
        "time.sleep(60)\n"
    )
    heard: list[int] = []
    begun = time.monotonic()
    with pytest.raises(TargetError, match="x: the worker made no progress for 3 s and was ended"):
        run_worker(worker(code), os.environ, "x", heard.append, patience=3)
    assert len(heard) == 8
    assert 6.5 < time.monotonic() - begun < 30


def test_an_interrupt_ends_the_worker(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = (
        "import os, pathlib, time\n"
        f"pathlib.Path({str(started)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )

    def press() -> None:
        while not started.exists() or not started.read_text():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run_worker(worker(code), os.environ, "x", lambda count: None)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, previous)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_the_package_is_found_from_a_jobs_folder() -> None:
    with job_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-S", "-c", "import lowformer_edge; print(lowformer_edge.__file__)"],
            env={"PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith(str(folder))
