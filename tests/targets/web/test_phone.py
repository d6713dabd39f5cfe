"""A phone's browser by way of adb: the phone is a stand-in, the browser is a real one."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.progress import SilentProgress
from lowformer_edge.targets.registry import open_target
from lowformer_edge.targets.target import Work

from ..adb.adb_server import AdbServer
from .chromium import PROGRAM, QUIET, chromium_or_skip

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("web_lab")]


@pytest.fixture
def phone(server: AdbServer) -> Iterator[AdbServer]:
    """A phone whose browser is this machine's."""
    pytest.importorskip("adbutils", reason="adbutils is not installed")
    chromium_or_skip()
    script, process = server.root / "browser", server.root / "browser.pid"
    flags = [*QUIET, "--headless", "--disable-gpu", f"--user-data-dir={server.root}/profile"]
    command = shlex.join([str(PROGRAM), *flags])
    script.write_text(f'#!/bin/sh\necho $$ > {process}\nexec {command} "$1"\n')
    script.chmod(0o755)
    server.browser = str(script)
    yield server
    if process.exists():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(process.read_text()), signal.SIGKILL)


def test_a_phone_on_adb_runs_files_without_an_app(demo_bundle: Path, phone: AdbServer) -> None:
    opened = open_bundle(demo_bundle)
    work = Work(
        [demo_bundle / "demo-int8.tflite"],
        opened.golden().pixels[:1],
        opened.preprocessing,
        threads=2,
    )
    run = open_target("web:adb").run(work, SilentProgress())
    (ran,) = run.ran
    assert ran.answer.failure is None
    assert ran.outputs is not None
    assert run.machine["secure"] == run.machine["isolated"] == "yes"
    assert phone.shared == []
    assert not (phone.root / "installs").exists()
