"""Opens files that may be anything: pipes, devices, and what is larger than it can be."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


class UnfitFileError(OSError):
    """A file that is not read, whatever is in it."""

    def __str__(self) -> str:
        return str(self.strerror)


def open_regular(path: Path, limit: int | None = None) -> BufferedReader:
    """Opens a regular file to read its bytes.

    Args:
        path: The file; a link to one is one.
        limit: Of its bytes; None where its content is not read at once.

    Raises:
        OSError: It cannot be opened, is no regular file, such as a pipe, which would never end or
            never come, or is larger.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        state = os.fstat(handle)
        if stat.S_ISDIR(state.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(state.st_mode):
            raise UnfitFileError(errno.EINVAL, "is not a regular file", str(path))
        if limit is not None and state.st_size > limit:
            raise _too_large(path, limit)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file, as :func:`open_regular` opens it.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
    """
    with open_regular(path, limit) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise _too_large(path, limit)
    return content


def _too_large(path: Path, limit: int) -> UnfitFileError:
    return UnfitFileError(errno.EFBIG, f"is larger than {limit >> 20} MiB", str(path))


def read_text(path: Path, limit: int, encoding: str = "utf-8") -> str:
    """The text of a regular file.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger.
        UnicodeDecodeError: It is no text in this encoding.
    """
    return read_bytes(path, limit).decode(encoding)
