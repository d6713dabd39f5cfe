"""Real workers: their answers, errors and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge.errors import ArtifactError, CheckError
from lowformer_edge.runtime.work.fresh_process import ask

SLEEPING = "import sys, time; sys.stdin.readline(); time.sleep(60)"


def test_a_file_is_timed_and_measured_alone(demo_bundle: Path) -> None:
    paths = [str(demo_bundle / f"demo-{name}.tflite") for name in ("fp32", "int8")]
    answer = ask("time", {"paths": paths, "threads": 1, "rounds": 3, "first": 1})
    assert [len(times) for times in answer["milliseconds"]] == [3, 3]
    assert min(map(min, answer["milliseconds"])) > 0
    alone = ask("alone", {"path": paths[0], "threads": 1})
    assert (alone["runtime"], alone["batch"]) == ("LiteRT", 1)
    assert alone["load_ms"] > 0
    assert alone["first_ms"] > 0


def test_errors_of_a_worker_are_raised_as_its_own(tmp_path: Path) -> None:
    path = tmp_path / "none.tflite"
    with pytest.raises(ArtifactError) as here:
        ask("alone", {"path": str(path), "threads": 1})
    assert str(here.value) == f"{path}: there is no such file"


def test_a_worker_that_fails_says_why() -> None:
    with pytest.raises(CheckError, match="KeyError: 'dance'"):
        ask("dance", {})
    with pytest.raises(CheckError, match=r"ended by SIGKILL; was there enough memory\?"):
        killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        ask("time", {}, [sys.executable, "-c", killed])
    with pytest.raises(CheckError, match="failed: exit code 3"):
        ask("time", {}, [sys.executable, "-c", "raise SystemExit(3)"])


def test_what_a_runtime_prints_is_no_part_of_the_answer(tmp_path: Path) -> None:
    loud = tmp_path / "loud.py"
    loud.write_text(
        "import os\n"
        "from lowformer_edge.runtime.work import measuring\n"
        "def shout(request):\n"
        "    print('loud', flush=True)\n"
        "    os.write(1, b'louder')\n"
        "    return request\n"
        "measuring.TASKS['shout'] = shout\n"
        "measuring.main()\n"
    )
    assert ask("shout", {"volume": 11}, [sys.executable, str(loud)]) == {"volume": 11}


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
        ask("time", {}, [sys.executable, "-c", code])
    with pytest.raises(ProcessLookupError):
        os.kill(int(noted.read_text()), 0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_a_worker_ends_when_its_parent_was_killed(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    waiting = tmp_path / "waiting.py"
    waiting.write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "from lowformer_edge.runtime.work import measuring\n"
        "def wait(request):\n"
        f"    Path({str(noted)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(60)\n"
        "measuring.TASKS['wait'] = wait\n"
        "measuring.main()\n"
    )
    parent = (
        "import sys\n"
        "from lowformer_edge.runtime.work.fresh_process import ask\n"
        f"ask('wait', {{}}, [sys.executable, {str(waiting)!r}])\n"
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
        "from lowformer_edge.runtime.work.measuring import TASKS\n"
        f"path = {str(demo_bundle / 'demo-int8.tflite')!r}\n"
        "TASKS['profile']({'path': path, 'threads': 1, 'runs': 1})\n"
        "TASKS['endurance']({'paths': [path], 'threads': 1, 'seconds': 0.1})\n"
        "TASKS['alone']({'path': path, 'threads': 1})\n"
        "TASKS['time']({'paths': [path], 'threads': 1, 'rounds': 1, 'first': 0})\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
