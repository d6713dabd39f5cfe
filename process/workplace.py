"""Hidden folders that a run works in, and that a later run clears where one died."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import steps
from .file_lock import release, try_lock
from .interrupt import deferred_interrupt

MARK = ".lowformer-edge"
"""How the names of these folders end."""

LOCK = "lock"
"""A file in each, locked as long as the run lives."""

_LONGEST_PREFIX = 100
"""Bytes of a name that the hidden one begins with."""


def empty(folder: Path) -> None:
    """Removes all that is in a folder, but its lock."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != LOCK:
            entry.unlink(missing_ok=True)


Settle = Callable[[Path], None]
"""What happens to the content of such a folder at the end of its run, or after its death."""


@contextlib.contextmanager
def workplace(parent: Path, name: str, settle: Settle = empty) -> Iterator[Path]:
    """Gives a new folder to work in, and removes it with its content at the block's end.

    Those that dead runs left for the same name are settled first: the system gives their locks
    back. Where a file system has no locks, nothing is known to be dead, and all of them stay.

    Args:
        parent: Where it is made.
        name: What it is for.
        settle: Empties the folder; what it leaves there stays.

    Raises:
        OSError: The folder cannot be made.
    """
    clear_abandoned(parent, name, settle)
    folder, lock = _new(parent, name)
    try:
        yield folder
    finally:
        _close(folder, lock, settle)


def clear_abandoned(parent: Path, name: str, settle: Settle = empty) -> None:
    """Settles the folders that dead runs left for a name."""
    prefix = _prefix(name)
    with contextlib.suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.name.endswith(MARK) and _is_ours(entry):
                with contextlib.suppress(OSError):
                    _clear_if_abandoned(Path(entry.path), settle)


def _clear_if_abandoned(folder: Path, settle: Settle) -> None:
    """Settles a folder whose lock nobody holds. One without a lock is only removed if empty."""
    try:
        lock = try_lock(folder / LOCK, create=False)
    except FileNotFoundError:
        folder.rmdir()
        return
    if lock is not None:
        _close(folder, lock, settle)


def _new(parent: Path, name: str) -> tuple[Path, int]:
    """A new folder and its lock; another run may take it for a dead one's before it is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(MARK, _prefix(name), parent))
        steps.reached("made")
        with contextlib.suppress(FileNotFoundError):
            lock = try_lock(folder / LOCK, create=True)
            if lock is not None:
                return folder, lock


def _close(folder: Path, lock: int, settle: Settle) -> None:
    """Settles a folder, and removes it if nothing stays in it.

    Where that fails, the lock stays too, and a later run tries once more.
    """
    try:
        with deferred_interrupt():
            settle(folder)
            steps.reached("settled")
            (folder / LOCK).unlink(missing_ok=True)
            steps.reached("without lock")
            with contextlib.suppress(OSError):
                folder.rmdir()
    finally:
        release(lock)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder of this user."""
    state = entry.stat(follow_symlinks=False)
    return stat.S_ISDIR(state.st_mode) and (
        not hasattr(os, "getuid") or state.st_uid == os.getuid()
    )


def _prefix(name: str) -> str:
    """How a hidden name begins; that of a long name fits into a name too."""
    return f".{os.fsencode(name)[:_LONGEST_PREFIX].decode(errors='ignore')}."
