"""Renames that replace nothing, and exchanges, in one call each where the system has one."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_HERE = -100
"""AT_FDCWD: paths are relative to the working directory."""

_NO_REPLACE, _EXCHANGE = 1, 2
"""Flags of Linux's renameat2."""

_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)
"""What a system or a file system answers that has no such call."""


def rename_onto_nothing(source: Path, target: Path) -> None:
    """Renames a folder, where nothing has the other name.

    Where the system has no such call, an empty folder that appears between the look and the rename
    is replaced; nothing else can be.

    Raises:
        FileExistsError: Something has that name.
        OSError: The folder cannot be renamed.
    """
    if _renameat2(source, target, _NO_REPLACE):
        return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    source.rename(target)


def exchange(first: Path, second: Path) -> bool:
    """Exchanges what two names stand for.

    Returns:
        False where the system has no such call; nothing is changed then.

    Raises:
        OSError: One of both is not there, or cannot be renamed.
    """
    return _renameat2(first, second, _EXCHANGE)


def _renameat2(source: Path, target: Path, flag: int) -> bool:
    """Calls Linux's renameat2; False where there is none."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_HERE, os.fsencode(source), _HERE, os.fsencode(target), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(target))
