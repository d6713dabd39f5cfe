"""The other end of a session, cut off at the worst moments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lowformer_edge.targets.ssh import supervisor

SOURCE = Path(supervisor.__file__).read_text(encoding="utf-8")

MOMENTS = {
    "while the end of the pipe is dealt with": """
_real_signal = signal.signal
def _signal(number, handler):
    if handler is signal.SIG_IGN:
        signal.signal = _real_signal
        os.kill(os.getpid(), signal.SIGTERM)
    return _real_signal(number, handler)
signal.signal = _signal
""",
    "when the folder was just made": """
_real_mkdtemp = tempfile.mkdtemp
def _mkdtemp(**options):
    name = _real_mkdtemp(**options)
    os.kill(os.getpid(), signal.SIGTERM)
    return name
tempfile.mkdtemp = _mkdtemp
""",
    "when the module was just started": """
_real_start = _start
def _start(module, folder):
    process = _real_start(module, folder)
    os.kill(os.getpid(), signal.SIGTERM)
    return process
""",
    "never": "",
}
"""A signal that comes at a moment, as code that goes before the supervisor's own."""

SLEEPER = """
import os, sys, time
from pathlib import Path
Path(sys.argv[1], "..", "..", "pid").write_text(str(os.getpid()))
time.sleep(60)
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_left_whenever_a_signal_comes(moment: str, tmp_path: Path) -> None:
    request = {"token": "t", "modules": {}, "silence": 60, "module": "sleeper"}
    content = SLEEPER.encode()
    header = {"file": "code/sleeper.py", "bytes": len(content)}
    lines = [json.dumps(request).encode(), json.dumps(header).encode()]
    sent = b"\n".join([*lines, content]) + json.dumps({"file": None}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-c", f"{SOURCE}\n{MOMENTS[moment]}\nmain()\n"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        process.communicate(sent, timeout=30)
    noted = tmp_path / "pid"
    if noted.exists():
        deadline = time.monotonic() + 10
        while Path(f"/proc/{noted.read_text()}").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not Path(f"/proc/{noted.read_text()}").exists()
        noted.unlink()
    assert list(tmp_path.iterdir()) == []
