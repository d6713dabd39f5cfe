"""What every command shows: progress and errors on stderr, results on stdout."""

from __future__ import annotations

import abc
import argparse
import collections
import dataclasses
import functools
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NoReturn

from ..errors import LowFormerEdgeError, UsageError
from ..process.collection import collect_rarely
from ..process.interrupt import end_like_ctrl_c
from ..process.system_limit import limit_behind
from ..process.waiting import let_threads_sleep
from ..progress import Progress
from .streams import drop_unwritable, prepare_streams
from .terminal import say, shown_progress

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

_PARAMETER = re.compile(r"`(\w+)`")


class CommandParser(argparse.ArgumentParser):
    """Parses arguments; bad ones are a :class:`UsageError`, of one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def run_command(command: Callable[[], int], kept: str = "nothing was changed") -> int:
    """Runs a command and turns its errors into one line and an exit code.

    Args:
        command: Runs it.
        kept: What there is after an interrupt.

    Returns:
        0 if all holds, 1 for a failed check or export, 2 for bad use, 130 for Ctrl-C.
    """
    end_like_ctrl_c()
    try:
        code = command()
        sys.stdout.flush()
        return code
    except LowFormerEdgeError as error:
        say(f"error: {limit_behind(error) or error}")
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    except ModuleNotFoundError as error:
        package = (error.name or str(error)).split(".")[0]
        say(f"error: {package} is not installed; run: pip install 'lowformer-edge[all]'")
        return EXIT_USAGE
    except BrokenPipeError:
        # The reader of our output has left; a second message to it would fail again.
        drop_unwritable()
        return EXIT_FAILED
    except OSError as error:
        drop_unwritable()
        where = f"{error.filename}: " if error.filename else ""
        say(f"error: {limit_behind(error) or f'{where}{error.strerror or error}'}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        say(f"interrupted; {kept}")
        return EXIT_INTERRUPTED
    except MemoryError:
        say("error: not enough memory; try a smaller --batch or --input-size")
        return EXIT_FAILED


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a command found out.

    Attributes:
        to_json: Gives it as plain values.
        show: Prints it for people.
        complaints: What does not hold, a line each; where there is one, the command has failed.
    """

    to_json: Callable[[], Any]
    show: Callable[[], None]
    complaints: tuple[str, ...] = ()


class Command(abc.ABC):
    """A command: it parses, calls what does the work, and says how its result is shown.

    Attributes:
        name: As it is called.
        description: What it does.
        examples: Calls with what they are for, below the options.
        kept: What there is after an interrupt.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    examples: ClassVar[str] = ""
    kept: ClassVar[str] = "nothing was changed"

    @abc.abstractmethod
    def add_options(self, parser: CommandParser) -> None:
        """Adds the command's own options."""

    @abc.abstractmethod
    def run(self, options: argparse.Namespace, progress: Progress) -> Answer:
        """Does what the options say.

        Raises:
            LowFormerEdgeError: It cannot be done.
        """

    def main(self, arguments: Sequence[str] | None) -> int:
        """Runs the command as its entry point does.

        Args:
            arguments: The command line's; the process's own if None.

        Returns:
            The exit code, see :func:`run_command`.
        """
        let_threads_sleep()
        collect_rarely()
        is_read = prepare_streams()
        return run_command(lambda: self._main(arguments, is_read), self.kept)

    def _main(self, arguments: Sequence[str] | None, is_read: bool) -> int:
        parser = self._parser()
        options = parser.parse_args(arguments)
        if options.json and not is_read:
            raise UsageError("stdout is closed, and --json prints there; open it")
        try:
            worded = functools.partial(with_flags, parser=parser)
            with shown_progress(quiet=options.quiet, worded=worded) as progress:
                answer = self.run(options, progress)
        except LowFormerEdgeError as error:
            # Not a new error: some have arguments of their own.
            error.args = (with_flags(str(error), parser),)
            raise
        if options.json:
            print(json.dumps(answer.to_json(), indent=2))
        elif not options.quiet:
            answer.show()
        for line in answer.complaints:
            say(with_flags(line, parser))
        return EXIT_FAILED if answer.complaints else EXIT_OK

    def _parser(self) -> CommandParser:
        parser = CommandParser(
            prog=self.name,
            description=self.description,
            epilog=self.examples or None,
            formatter_class=argparse.RawDescriptionHelpFormatter
            if self.examples
            else argparse.HelpFormatter,
        )
        self.add_options(parser)
        shown = parser.add_argument_group("what is shown")
        shown.add_argument("--json", action="store_true", help="print the result as JSON")
        shown.add_argument("--quiet", action="store_true", help="no progress, no table")
        return parser


def with_flags(message: str, parser: argparse.ArgumentParser) -> str:
    """Puts a command's flags in place of the parameters that a message names.

    What commands call is a Python API too, so that its messages name parameters, in backticks:
    `` `num_classes` ``, which is ``--classes`` for those who gave that option.

    Args:
        message: What is to be shown.
        parser: The command's; each option's ``dest`` is the parameter's name.

    Returns:
        The message, with anything else in backticks as it was.
    """
    options = [action for action in parser._actions if action.option_strings]
    # Where several options fill one parameter, none of them is the parameter's flag.
    shared = collections.Counter(option.dest for option in options)
    flags = {option.dest: _flag_of(option) for option in options if shared[option.dest] == 1}
    return _PARAMETER.sub(lambda match: flags.get(match[1], match[0]), message)


def _flag_of(option: argparse.Action) -> str:
    """An option's longest name; of one that also says no, the one that says yes."""
    names = option.option_strings
    if isinstance(option, argparse.BooleanOptionalAction):
        names = [name for name in names if not name.startswith("--no-")]
    return max(names, key=len)


def invalid(doubts: Iterable[tuple[int, Sequence[str]]]) -> tuple[str, ...]:
    """What speaks against figures, given by number of threads, a line each."""
    return tuple(
        f"INVALID, {threads} thread(s): {line}" for threads, lines in doubts for line in lines
    )
