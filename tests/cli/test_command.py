from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable

import pytest

from lowformer_edge.cli.command import Answer, Command, CommandParser, run_command, with_flags
from lowformer_edge.cli.terminal import TerminalProgress
from lowformer_edge.errors import CheckError, DataError, ExportError, UsageError
from lowformer_edge.progress import Progress
from lowformer_edge.targets.retry import LostError


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


class CountCommand(Command):
    """A command that does what the test says."""

    name = "count"
    description = "Counts."

    def __init__(self, work: Callable[[], Answer]) -> None:
        self._work = work

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("-c", "--classes", dest="num_classes", type=int)
        parser.add_argument("--fp32", dest="precisions", action="append_const", const="fp32")
        parser.add_argument("--int8", dest="precisions", action="append_const", const="int8")
        parser.add_argument("bundle", nargs="?")

    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        return self._work()


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("give `num_classes` 5", "give --classes 5"),
        ("`num_classes`, or `num_classes`", "--classes, or --classes"),
        ("`weights` is no option here", "`weights` is no option here"),
        ("`bundle` has no flag", "`bundle` has no flag"),
        ("`precisions` has several", "`precisions` has several"),
        ("see `ssh num_classes true`", "see `ssh num_classes true`"),
        ("num_classes is 5", "num_classes is 5"),
    ],
)
def test_parameters_are_shown_as_flags(message: str, shown: str) -> None:
    parser = CommandParser()
    CountCommand(lambda: Answer(dict, lambda: None)).add_options(parser)
    assert with_flags(message, parser) == shown


@pytest.mark.parametrize("error", [UsageError, LostError])
def test_errors_name_flags(
    error: Callable[[str], Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> Answer:
        raise error("give `num_classes`; see `adb devices`")

    assert CountCommand(work).main([]) != 0
    assert capsys.readouterr().err == "error: give --classes; see `adb devices`\n"


def test_complaints_name_flags(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(dict, lambda: None, ("failed: wrong `num_classes`",))
    assert CountCommand(lambda: answer).main([]) == 1
    assert capsys.readouterr().err == "failed: wrong --classes\n"


def test_progress_is_plain_where_stderr_is_no_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with TerminalProgress() as progress, progress.step("working", 3) as advance:
        advance(1)
    assert capfd.readouterr() == ("", "working ...\n")


def test_a_long_name_is_one_line_where_stderr_is_no_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    name = "checking [red]" + "x" * 300
    with TerminalProgress() as progress, progress.step(name):
        pass
    assert capfd.readouterr().err == f"{name} ...\n"


def test_an_option_that_also_says_no_is_told_by_its_yes() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fold", action=argparse.BooleanOptionalAction)
    assert with_flags("give `fold`", parser) == "give --fold"
