"""Connections to adb's server and through it to a phone's services, that end whatever comes."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from typing import Any

from ...errors import TargetError

TIMEOUT_S = 60.0
"""For how long the other side may say nothing."""

WHOLE_S = 900.0
"""For how long a request may take in all, from the first word of the answer to the last."""

LARGEST_MESSAGE = 1 << 20
"""Bytes that are sent at a time; adb's own go to 64 KiB."""

_LENGTH = re.compile(rb"[0-9A-Fa-f]{4}")


class Connection:
    """A connection that is open.

    Args:
        raw: adbutils'.
        where: What messages call the other side.
    """

    def __init__(self, raw: Any, where: str) -> None:
        self._socket, self._where = raw.conn, where
        self._send_command = raw.send_command
        self._end = time.monotonic() + WHOLE_S

    def ask(self, request: str) -> None:
        """Asks the server for something, which it grants.

        Raises:
            ValueError: It does not, or is no adb.
        """
        self._socket.settimeout(TIMEOUT_S)
        self._send_command(request)
        word = self.read(4)
        if word == b"FAIL":
            raise ValueError(self.read_text())
        if word != b"OKAY":
            raise ValueError(f"{word!r} is not of the adb protocol")

    def read(self, count: int) -> bytes:
        """So many bytes.

        Raises:
            EOFError: There are fewer.
            TimeoutError: The other side says nothing more.
            TargetError: It says it too slowly.
            ValueError: They are more than are sent at a time.
        """
        if count > LARGEST_MESSAGE:
            raise ValueError(f"a message of {count} bytes is not of the adb protocol")
        content = bytearray()
        while len(content) < count:
            try:
                self._socket.settimeout(min(TIMEOUT_S, self._left()))
                part = self._socket.recv(count - len(content))
            except TimeoutError:
                self._left()
                raise
            if not part:
                raise EOFError(f"{len(content)} of {count} bytes")
            content += part
        return bytes(content)

    def _left(self) -> float:
        """Seconds until the end of the whole time.

        Raises:
            TargetError: It is over.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TargetError(f"{self._where}: an answer takes more than {WHOLE_S:g} s; given up")
        return left

    def read_count(self) -> int:
        """A number of bytes."""
        return int.from_bytes(self.read(4), "little")

    def read_text(self) -> str:
        """A text with its length before it, as the server sends it.

        Raises:
            ValueError: It is none.
        """
        length = self.read(4)
        if not _LENGTH.fullmatch(length):
            raise ValueError(f"{length!r} is no length of the adb protocol")
        return self.read(int(length, 16)).decode(errors="replace")

    def send(self, content: bytes) -> None:
        """Sends bytes; the time of that does not count as the answer's."""
        self._socket.settimeout(TIMEOUT_S)
        self._socket.sendall(content)
        self._end = time.monotonic() + WHOLE_S


@contextlib.contextmanager
def connection_to(client: Any, where: str) -> Iterator[Connection]:
    """A new connection of adbutils' client, which starts the server where none runs."""
    with client.make_connection(timeout=TIMEOUT_S) as raw:
        yield Connection(raw, where)
