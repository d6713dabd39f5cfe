"""Connections of browsers, whose every step ends in time however slow the other side is."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import time
from typing import Any

SILENCE_S = 15.0
"""For how long nothing may come or go, a request's first line as well, and a handshake may take."""

LEAST_RATE = 16 << 10
"""Bytes a second of what is sent and received, after :data:`SILENCE_S`."""

LONGEST_S = 600.0
"""For what a browser sends, however much it is."""

DRAIN_S = 1.0
"""For how long what was refused is still read, so that the refusal is."""

_PART = 64 << 10


class TooLongError(http.client.HTTPException):
    """More comes than what was expected may have."""


class BrowserConnection(io.RawIOBase):
    """A connection as a raw stream, whose reads and writes raise TimeoutError.

    Args:
        raw: The socket, as it was accepted.
        address: Of the other side.
        tls: Encrypts it; None leaves it as it is.

    Attributes:
        address: Of the other side.
        received: Bytes of the head that came.
        is_owed: Whether something that came was handed on, and the other side does not know yet.
    """

    def __init__(self, raw: socket.socket, address: str, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self._socket, self._tls = raw, tls
        self.address = address
        self.received = 0
        self.is_owed = False
        self._expected, self._longest = 0, LONGEST_S
        self._began, self._moved = time.monotonic(), 0

    def open(self) -> None:
        """Agrees upon keys, where the connection is encrypted.

        Raises:
            OSError: The other side does not, or not in time.
        """
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            self._socket.settimeout(SILENCE_S)
            self._socket = self._tls.wrap_socket(
                self._socket, server_side=True, do_handshake_on_connect=False
            )
            self._socket.do_handshake()

    def expect_head(self, size: int) -> None:
        """Begins to receive what says what is wanted, so many bytes at most."""
        self.received, self._expected = 0, size
        self._begin(SILENCE_S)

    def expect_content(self, size: int) -> None:
        """Begins to receive so many bytes."""
        self.received, self._expected = 0, size
        self._begin(LONGEST_S)

    def respond(self) -> None:
        """Begins to send, for as long as there is enough progress."""
        self._begin(float("inf"))

    def readable(self) -> bool:
        """See :class:`io.RawIOBase`."""
        return True

    def writable(self) -> bool:
        """See :class:`io.RawIOBase`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See :class:`io.RawIOBase`.

        Raises:
            TooLongError: What was expected has come, and its end has not.
            OSError: Nothing comes, not in time, or damaged.
        """
        left = self._expected - self.received
        if left <= 0:
            raise TooLongError(f"more than {self._expected} bytes")
        view = memoryview(buffer)[:left]
        self._socket.settimeout(self._left())
        count = self._socket.recv_into(view)
        self.received += count
        self._moved += count
        return count

    def write(self, content: Any) -> int:
        """Sends all of it, unlike most raw streams.

        Raises:
            OSError: The other side does not take it, or not in time.
        """
        view = memoryview(content)
        sent = 0
        while sent < len(view):
            self._socket.settimeout(self._left())
            count = self._socket.send(view[sent : sent + _PART])
            sent += count
            self._moved += count
        return sent

    def drain(self) -> None:
        """Sends an end, and reads what still comes, for a moment.

        A socket that is closed over unread bytes drops what was sent.
        """
        end = time.monotonic() + DRAIN_S
        with contextlib.suppress(OSError, ValueError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            while (left := end - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(_PART):
                    return

    def interrupt(self) -> None:
        """Ends whatever another thread waits for here."""
        # The encrypted one's own method takes away what that thread is working with.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """See :class:`io.RawIOBase`."""
        super().close()
        self._socket.close()

    def _begin(self, longest: float) -> None:
        self._began, self._moved, self._longest = time.monotonic(), 0, longest

    def _left(self) -> float:
        """Seconds for which the next bytes may be waited for.

        Raises:
            TimeoutError: There are none left.
        """
        passed = time.monotonic() - self._began
        left = min(SILENCE_S + self._moved / LEAST_RATE, self._longest) - passed
        if left <= 0:
            raise TimeoutError
        return min(left, SILENCE_S)
