"""What every command shows: progress and errors on stderr, results on stdout."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ..errors import LowFormerEdgeError, UsageError
from ..process.interrupt import terminate_like_ctrl_c
from ..process.text import one_line, printable

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


def exit_code_of(doubts: Sequence[tuple[int, Sequence[str]]]) -> int:
    """Prints what speaks against the figures, by number of threads; gives the exit code."""
    for threads, lines in doubts:
        for line in lines:
            print(f"INVALID, {threads} thread(s): {line}", file=sys.stderr)
    return EXIT_FAILED if any(lines for _, lines in doubts) else EXIT_OK
