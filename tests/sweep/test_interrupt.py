"""Ctrl-C ends a sweep with its workers, and what was done is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .test_cluster import wait_for


@pytest.mark.heavy
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_all_of_it(number: signal.Signals, images: Path, tmp_path: Path) -> None:
    options = ["--models", "demo", "--to", "onnx", "--evaluation-data", str(images)]
    command = [sys.executable, "-m", "lowformer_edge.cli.sweep", *options, "--output", "out"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(tmp_path / "out" / "exports")
        if number == signal.SIGINT:  # a terminal's goes to all processes of the command
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=180)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "interrupted; what was done is kept"
    assert "Traceback" not in err
    end = time.monotonic() + 60
    while left_of(process.pid):
        assert time.monotonic() < end, left_of(process.pid)
        time.sleep(0.2)


def left_of(group: int) -> list[str]:
    """Processes of a group that have not ended."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                left.append((folder / "cmdline").read_text().replace("\0", " "))
    return left
