from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from lowformer_edge.cli.command import run_command
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.errors import CheckError, DataError, ExportError, UsageError


def failing(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("bad\nrequest"), 2, "error: bad request"),
        (DataError("no data"), 2, "error: no data"),
        (ExportError("failed"), 1, "error: failed"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was changed"),
        (MemoryError(), 1, "not enough memory"),
        (PermissionError(13, "Permission denied", "x.pt"), 2, "error: x.pt: Permission denied"),
        (CheckError("wrong"), 1, "error: wrong"),
        (ModuleNotFoundError("x", name="torch.nn"), 2, "error: torch is not installed"),
    ],
)
def test_errors_become_one_line_and_a_code(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(failing(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_unexpected_errors_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(failing(ZeroDivisionError()))


def test_without_the_extras_the_missing_package_is_named() -> None:
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from lowformer_edge.cli.export import main\n"
        "sys.exit(main(['--to', 'tflite', '--quiet']))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.strip().endswith(
        "error: torch is not installed; run: pip install 'lowformer-edge[all]'"
    )


def test_a_reader_that_leaves_is_no_traceback() -> None:
    code = (
        "import sys\n"
        "from lowformer_edge.cli.command import run_command\n"
        "sys.exit(run_command(lambda: [print('x' * 100) for _ in range(10_000)] and 0))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


def test_progress_is_plain_where_stderr_is_no_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with TerminalProgress() as progress, progress.step("working", 3) as advance:
        advance(1)
    assert capfd.readouterr() == ("", "working ...\n")
