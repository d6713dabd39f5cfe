"""A process that does one call: ``python -m lowformer_edge.process.apart.child FOLDER``.

The folder holds the call, and takes what it returns; what it tells goes to the standard output, and
an error of ours too. It ends when its standard input does, so that none is left behind when its
parent is gone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ... import errors
from ...errors import LowFormerEdgeError, SystemLimitError
from ..collection import collect_rarely
from ..lifeline import end_with_the_input, taken_output
from ..system_limit import limit_behind
from .told_progress import FAILED, ToldProgress
from .travel import load_object, save_object

CALL = "call"
RESULT = "result"
TEMPORARY = "tmp"
"""Where a child's temporary files go, so that none of them outlives it."""


def main(arguments: list[str]) -> int:
    """Does the call in the folder that is the only argument."""
    (folder,) = map(Path, arguments)
    collect_rarely()
    with os.fdopen(taken_output(), "w", encoding="utf-8") as stream:
        end_with_the_input()
        _do(folder, ToldProgress(stream))
    return 0


def _do(folder: Path, progress: ToldProgress) -> None:
    try:
        function, argument = load_object(folder / CALL, extend=True)
        save_object(folder / RESULT, function(argument, progress))
    except (LowFormerEdgeError, OSError) as error:
        limit = limit_behind(error)
        if limit:
            progress.send(FAILED, SystemLimitError.__name__, limit)
        elif isinstance(error, LowFormerEdgeError):
            progress.send(FAILED, _kind_of(error), str(error))
        else:
            raise


def _kind_of(error: LowFormerEdgeError) -> str:
    """The nearest of the errors that users meet: others may take arguments of their own."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == errors.__name__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
