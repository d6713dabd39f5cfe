"""Locks on files, which the system gives back when their process ends, however it does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def try_lock(path: Path, *, create: bool) -> int | None:
    """Locks a file.

    Where the system or the file system has no such locks, only a created file is taken for locked.

    Args:
        path: The file.
        create: Whether it is made if it is missing.

    Returns:
        A handle for :func:`release`; None where another has the lock, or the file went away
        while it was taken.

    Raises:
        OSError: It cannot be opened.
    """
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | (os.O_CREAT if create else 0)
    handle = os.open(path, flags, 0o600)
    if _lock(handle, without=create) and _is_at(path, handle):
        return handle
    os.close(handle)
    return None


def release(handle: int) -> None:
    """Gives a lock back."""
    os.close(handle)


def _lock(handle: int, *, without: bool) -> bool:
    """Whether a lock was got; ``without``, where there are none."""
    if sys.platform == "win32":
        return without
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return without
    return True


def _is_at(path: Path, handle: int) -> bool:
    """Whether a path still stands for an open file."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(handle))
    except FileNotFoundError:
        return False
