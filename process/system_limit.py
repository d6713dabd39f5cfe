"""What the machine ran out of, where an error blames a file for it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import SystemLimitError
from .text import printable
from .workplace import workplace

FULL = (errno.ENOSPC, errno.EDQUOT)

_TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)

_NEEDED_FILES = 8
"""How many files a library may want to have open at a time."""

_LEAST_ROOM = 1 << 20
"""Bytes; a disk with less is full."""

_SUFFICIENT_ROOM = 64 << 20
"""Bytes; with less room for temporary files a converter may fail."""

_LONGEST_NAME, _LONGEST_PATH = 255, 4096
"""Bytes on nearly every file system of Linux."""


def limit_behind(error: BaseException, path: Path | None = None) -> str | None:
    """Which limit of the machine is behind an error, and what to do; None where none is.

    Args:
        error: What was raised.
        path: What was being written, if anything was.

    What was raised, its causes and what native code said are looked at: readers take any failure
    to read for damage, and say so.
    """
    for one in _with_causes(error):
        if isinstance(one, SystemLimitError):
            return str(one)
        number = one.errno if isinstance(one, OSError) else None
        if number in _TOO_MANY_FILES or _says(one, errno.EMFILE):
            return (
                f"{os.strerror(errno.EMFILE)}{_open_limit()}; raise the limit, as by ulimit -n 4096"
            )
        if number in FULL or _says(one, errno.ENOSPC):
            return full_disk(path)
        if number == errno.ENAMETOOLONG:
            name = getattr(one, "filename", None) or path
            where = f"{printable(name)}: " if name else ""
            return (
                f"{where}{os.strerror(number)}; choose a shorter one, a name has at most"
                f" {_LONGEST_NAME} bytes and a path {_LONGEST_PATH}"
            )
    return None


def note_limit(error: BaseException) -> None:
    """Notes on an error of native code, which seldom tells, that hardly a file can be opened."""
    with contextlib.ExitStack() as opened:
        try:
            for _ in range(_NEEDED_FILES):
                opened.enter_context(open(os.devnull, "rb"))  # noqa: PTH123
        except OSError as limit:
            if limit.errno in _TOO_MANY_FILES:
                error.add_note(os.strerror(errno.EMFILE))


def full_disk(path: Path | None) -> str:
    """Which disk is full: that of temporary files, or that of a path.

    Args:
        path: What was to be written; None where that is not known.
    """
    scratch = Path(tempfile.gettempdir())
    if is_full(scratch) if path is None else _is_fuller(scratch, path):
        return (
            f"{printable(scratch)}: the disk is full, and temporary files go there; make room, or"
            " set TMPDIR to another folder"
        )
    return (
        f"{printable(path)}: the disk is full; make room" if path else "a disk is full; make room"
    )


def scratch_hint() -> str:
    """What is added to a failure that too little room for temporary files may be behind."""
    scratch = Path(tempfile.gettempdir())
    free = shutil.disk_usage(scratch).free
    if free >= _SUFFICIENT_ROOM:
        return ""
    return (
        f"; {printable(scratch)}, where temporary files go, has {free / 1e6:.1f} MB left: make"
        " room, or set TMPDIR to another folder"
    )


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for as long as the context lasts; those of dead runs are removed.

    Raises:
        SystemLimitError: Its disk was full when something failed within the context, whatever
            that said: native code seldom tells why it cannot write.
    """
    with workplace(Path(tempfile.gettempdir()), "scratch") as place:
        folder = place / "work"
        folder.mkdir()
        try:
            yield folder
        except SystemLimitError:
            raise
        except Exception as error:
            if is_full(folder):
                raise SystemLimitError(full_disk(None)) from error
            raise


def is_full(folder: Path) -> bool:
    """Whether hardly anything can be written to a folder."""
    return shutil.disk_usage(folder).free < _LEAST_ROOM


def _is_fuller(scratch: Path, path: Path) -> bool:
    """Whether temporary files have a disk of their own, with less room than that of a path."""
    existing = next((parent for parent in (path, *path.parents) if parent.exists()), Path.cwd())
    if scratch.stat().st_dev == existing.stat().st_dev:
        return False
    return shutil.disk_usage(scratch).free < shutil.disk_usage(existing).free


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """An error, and what it was raised from."""
    seen: list[BaseException] = []
    next_one: BaseException | None = error
    while next_one is not None and next_one not in seen:
        yield next_one
        seen.append(next_one)
        context = None if next_one.__suppress_context__ else next_one.__context__
        next_one = next_one.__cause__ or context


def _says(error: BaseException, number: int) -> bool:
    text = os.strerror(number)
    return text in str(error) or text in getattr(error, "__notes__", ())


def _open_limit() -> str:
    """How many files a process may open, where the system tells."""
    try:
        import resource
    except ImportError:
        return ""
    return f" (a process may have {resource.getrlimit(resource.RLIMIT_NOFILE)[0]})"
