"""Commands whose streams are closed, full, or of an encoding without most characters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from lowformer_edge.cli.printable_console import PrintableConsole
from lowformer_edge.cli.terminal import say

INSPECT = f"{sys.executable} -m lowformer_edge.cli.inspect"


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """What a shell's line does."""
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, env=os.environ | variables, check=False
    )


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that the command says something of, in characters that few encodings have."""
    path = tmp_path_factory.mktemp("streams") / "größe-模型.onnx"
    path.write_bytes(b"no model")
    return path


@pytest.fixture(scope="module")
def demo_file(demo_bundle: Path) -> Path:
    return min(demo_bundle.glob("*.tflite"))


def test_closed_streams_are_no_traceback(damaged: Path) -> None:
    for closed in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        done = shell(f"{INSPECT} '{damaged}' {closed}")
        assert done.returncode in (1, 2), closed
        assert b"Traceback" not in done.stdout + done.stderr


def test_json_for_nobody_is_said_before_the_work(damaged: Path) -> None:
    done = shell(f"{INSPECT} '{damaged}' --json >&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"error: stdout is closed, and --json prints there; open it\n"


def test_json_comes_out_whole_with_stderr_closed(demo_file: Path) -> None:
    done = shell(f"{INSPECT} '{demo_file}' --json 2>&-")
    assert done.returncode == 0
    assert json.loads(done.stdout)


def test_what_a_command_opens_never_gets_a_closed_streams_number() -> None:
    code = (
        "import os, sys\n"
        "from lowformer_edge.cli.streams import prepare_streams\n"
        "prepare_streams()\n"
        "with open(os.devnull) as file:\n"
        "    os.write(int(sys.argv[1]), str(file.fileno()).encode())\n"
    )
    reading, writing = os.pipe()
    subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -c \"$1\" {writing} <&- >&- 2>&-", "sh", code],
        pass_fds=[writing],
        check=True,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert int(pipe.read()) > 2


def test_a_full_disk_is_one_line(demo_file: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell(f"{INSPECT} '{demo_file}' --json >/dev/full")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"the disk is full" in done.stderr or b"a disk is full" in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_encodings_without_a_character_get_its_escape(damaged: Path, encoding: str) -> None:
    done = shell(f"{INSPECT} '{damaged}'", PYTHONIOENCODING=encoding)
    assert done.returncode in (1, 2)
    assert b"\\u6a21\\u578b.onnx" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_tables_come_out_in_any_encoding(demo_file: Path, encoding: str) -> None:
    done = shell(f"{INSPECT} '{demo_file}'", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "image" in done.stdout.decode(encoding)


def test_messages_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("error: \x1b]0;title\x07 of \x9b31m, and\na second line")
    assert capsys.readouterr().err == "error: \\x1b]0;title\\x07 of \\x9b31m, and a second line\n"


def test_tables_cannot_steer_a_terminal() -> None:
    stream = io.StringIO()
    table = Table("file")
    table.add_row("\x1b[2J[red]x[/red] :cat: \r\x9b1A")
    PrintableConsole(file=stream, width=80).print(table)
    shown = stream.getvalue()
    assert "\\x1b[2J[red]x[/red] :cat: \\r\\x9b1A" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)
