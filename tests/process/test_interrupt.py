from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from lowformer_edge.process.interrupt import deferred_interrupt, insistent_interrupt


def test_ctrl_c_waits_for_the_end_of_the_block(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    steps = []
    with pytest.raises(KeyboardInterrupt), deferred_interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        steps.append("went on")
    assert steps == ["went on"]
    assert "stopping after this step" in capfd.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_without_ctrl_c_nothing_happens() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_errors_go_through() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="x"), deferred_interrupt():
        raise ValueError("x")
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    done = []

    def work() -> None:
        with deferred_interrupt():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_a_swallowed_ctrl_c_is_raised_at_the_end_of_the_block() -> None:
    before = signal.getsignal(signal.SIGINT)
    steps = []
    with pytest.raises(KeyboardInterrupt), insistent_interrupt():
        try:
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("went on")
        except BaseException:
            steps.append("swallowed")
        steps.append("end")
    assert steps == ["swallowed", "end"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_ctrl_c_that_became_another_error_is_a_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt), insistent_interrupt():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except BaseException as error:
            raise RuntimeError("conversion failed") from error


def test_without_ctrl_c_errors_stay_themselves() -> None:
    with pytest.raises(ValueError, match="x"), insistent_interrupt():
        raise ValueError("x")
    with insistent_interrupt():
        pass


def test_what_begins_unheard_is_not_interrupted() -> None:
    """Nor what it starts; the command itself is, at the block's end."""
    code = (
        "import os, signal, subprocess, sys, threading\n"
        "from lowformer_edge.process.interrupt import unheard_interrupt\n"
        "child = []\n"
        "def start():\n"
        "    program = 'import time; print(1, flush=True); time.sleep(60)'\n"
        "    child.append(subprocess.Popen([sys.executable, '-c', program], stdout=-1))\n"
        "    child[0].stdout.read(1)\n"
        "try:\n"
        "    with unheard_interrupt():\n"
        "        thread = threading.Thread(target=start)\n"
        "        thread.start()\n"
        "        thread.join()\n"
        "        os.killpg(0, signal.SIGINT)\n"
        "        print('within', flush=True)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', child[0].poll(), flush=True)\n"
        "child[0].kill()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=True,
    )
    assert found.stdout.split() == ["within", "interrupted", "None"]
