"""The other end of a session, cut off at the worst moments."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lowformer_edge.targets.ssh import supervisor

from ..conftest import until

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
def _start(*arguments):
    process = _real_start(*arguments)
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


KILLED = {
    "when the folder was just made": """
_real_mkdtemp = tempfile.mkdtemp
def _mkdtemp(**options):
    _real_mkdtemp(**options)
    os.kill(os.getpid(), signal.SIGKILL)
tempfile.mkdtemp = _mkdtemp
""",
    "when its lock was just made": """
_real_flock = fcntl.flock
def _flock(handle, how):
    os.kill(os.getpid(), signal.SIGKILL)
fcntl.flock = _flock
""",
    "when files came": """
_real_start = _start
def _start(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
""",
    "while the folder is removed": """
_real_rmtree = shutil.rmtree
def _rmtree(path, **options):
    _real_rmtree(path, **options)
    os.kill(os.getpid(), signal.SIGKILL)
shutil.rmtree = _rmtree
""",
    "when all but the lock was removed": """
_real_rmdir = os.rmdir
def _rmdir(path, **options):
    if Path(path).name.startswith(PREFIX):
        os.kill(os.getpid(), signal.SIGKILL)
    _real_rmdir(path, **options)
os.rmdir = _rmdir
""",
}
"""A SIGKILL at a moment, likewise."""


def supervise(folder: Path, changes: str, module: str = SLEEPER) -> subprocess.Popen[bytes]:
    """A supervisor with changes of its code, to which a module was sent."""
    request = {"token": "t", "modules": {}, "silence": 60, "module": "sleeper"}
    content = module.encode()
    header = {"file": "code/sleeper.py", "bytes": len(content)}
    lines = [json.dumps(request).encode(), json.dumps(header).encode()]
    process = subprocess.Popen(
        [sys.executable, "-c", f"{SOURCE}\n{changes}\nmain()\n"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdin is not None
    sent = b"\n".join([*lines, content]) + json.dumps({"file": None}).encode() + b"\n"
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(sent)
        process.stdin.flush()
    return process


def finish(process: subprocess.Popen[bytes]) -> None:
    """Ends the beats of one, and waits for its end."""
    with contextlib.suppress(BrokenPipeError):
        process.communicate(timeout=30)


@pytest.mark.parametrize("moment", KILLED)
def test_what_a_killed_one_leaves_the_next_one_removes(moment: str, tmp_path: Path) -> None:
    finish(supervise(tmp_path, KILLED[moment], "pass"))
    assert len(list(tmp_path.iterdir())) == 1
    strange = [tmp_path / f"{supervisor.PREFIX}mine", tmp_path / f"{supervisor.PREFIX}link"]
    strange[0].mkdir()
    (strange[0] / "thesis.txt").write_text("x")
    strange[1].symlink_to(strange[0])
    finish(supervise(tmp_path, "", "pass"))
    assert sorted(tmp_path.iterdir()) == sorted(strange)
    assert (strange[0] / "thesis.txt").read_text() == "x"


def test_what_lives_is_left_alone(tmp_path: Path) -> None:
    living = supervise(tmp_path, "")
    noted = tmp_path / "pid"
    until(lambda: noted.exists() and noted.read_text())
    (folder,) = tmp_path.glob(f"{supervisor.PREFIX}*")
    finish(supervise(tmp_path, "", "pass"))
    assert (folder / "code" / "sleeper.py").exists()
    assert living.poll() is None
    finish(living)
    noted.unlink()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_left_alone_as_long_as_the_module_lives(tmp_path: Path) -> None:
    killed = supervise(tmp_path, "")
    noted = tmp_path / "pid"
    until(lambda: noted.exists() and noted.read_text())
    (folder,) = tmp_path.glob(f"{supervisor.PREFIX}*")
    killed.kill()
    finish(killed)
    finish(supervise(tmp_path, "", "pass"))
    assert (folder / "code" / "sleeper.py").exists()
    os.kill(int(noted.read_text()), signal.SIGKILL)
    until(lambda: not Path(f"/proc/{noted.read_text()}").exists())
    noted.unlink()
    finish(supervise(tmp_path, "", "pass"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_left_whenever_a_signal_comes(moment: str, tmp_path: Path) -> None:
    finish(supervise(tmp_path, MOMENTS[moment]))
    noted = tmp_path / "pid"
    if noted.exists():
        deadline = time.monotonic() + 10
        while Path(f"/proc/{noted.read_text()}").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not Path(f"/proc/{noted.read_text()}").exists()
        noted.unlink()
    assert list(tmp_path.iterdir()) == []
