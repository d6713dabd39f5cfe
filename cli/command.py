"""What every command shows: progress and errors on stderr, results on stdout."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ..errors import LowFormerEdgeError, UsageError
from ..process.interrupt import terminate_like_ctrl_c
from ..process.text import one_line, printable
from ..progress import Advance, Progress, SilentProgress

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class CommandParser(argparse.ArgumentParser):
    """Parses arguments; bad ones are a :class:`UsageError`, of one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def run_command(command: Callable[[], int]) -> int:
    """Runs a command and turns its errors into one line and an exit code.

    Returns:
        0 if all holds, 1 for a failed check or export, 2 for bad use, 130 for Ctrl-C.
    """
    terminate_like_ctrl_c()
    try:
        code = command()
        sys.stdout.flush()
        return code
    except LowFormerEdgeError as error:
        print(f"error: {one_line(error)}", file=sys.stderr)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    except ModuleNotFoundError as error:
        package = (error.name or str(error)).split(".")[0]
        print(
            f"error: {package} is not installed; run: pip install 'lowformer-edge[all]'",
            file=sys.stderr,
        )
        return EXIT_USAGE
    except BrokenPipeError:
        # The reader of our output has left; a second message to it would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        where = f"{printable(error.filename)}: " if error.filename else ""
        print(f"error: {where}{error.strerror or error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("interrupted; nothing was changed", file=sys.stderr)
        return EXIT_INTERRUPTED
    except MemoryError:
        print("error: not enough memory; try a smaller --batch or --input-size", file=sys.stderr)
        return EXIT_FAILED


def print_json(value: Any) -> None:
    """Prints one JSON object to stdout."""
    print(json.dumps(value, indent=2))


def warn(message: str) -> None:
    """Prints a warning line to stderr."""
    print(f"warning: {message}", file=sys.stderr)


@contextlib.contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Progress]:
    """What a command tells of its steps: on the terminal, or nowhere if it is to be quiet."""
    if quiet:
        yield SilentProgress()
        return
    with TerminalProgress() as progress:
        yield progress


class TerminalProgress:
    """Shows steps with rich, on the terminal that stderr was when the command started."""

    def __init__(self) -> None:
        from rich.console import Console

        # A copy: converters' output is caught by redirecting the original descriptor.
        self._stream = os.fdopen(os.dup(sys.stderr.fileno()), "w")
        self._console = Console(file=self._stream)

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        """See :class:`lowformer_edge.progress.Progress`."""
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as RichProgress

        if not self._console.is_terminal:
            self._console.print(f"{description} ...", highlight=False)
            yield lambda count: None
            return
        columns = [SpinnerColumn(), TextColumn("{task.description}")]
        if total is not None:
            columns += [BarColumn(), MofNCompleteColumn()]
        with RichProgress(*columns, TimeElapsedColumn(), console=self._console) as bars:
            task = bars.add_task(description, total=total)
            yield lambda count: bars.advance(task, count)
            bars.update(task, total=total or 1, completed=total or 1)
