"""A phone, by way of the adb server.

The package adbutils speaks to the server, and starts it where none runs. Files go over the same
connections by code of ours: adbutils' own has no time limit, and drops the reason for which a
device refuses a file.
"""

from __future__ import annotations

import contextlib
import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import MissingDependencyError, TargetError
from ...process.interrupt import deferred_interrupt
from ...process.limits import LARGEST_ARRAYS, LARGEST_PRINTED
from ...process.native_output import captured_output
from ...process.text import one_line, printable
from ..retry import LostError, Value, insist
from .connection import Connection, connection_to

CHUNK = 1 << 16
"""Bytes of a file in one message, as many as the protocol allows."""

_MODE = 0o100644
_STDOUT, _STDERR, _EXIT = 1, 2, 3
"""Kinds of messages of a shell."""

_STATES = {
    "unauthorized": "does not trust this computer; allow USB debugging on its screen",
    "authorizing": "does not trust this computer; allow USB debugging on its screen",
    "offline": "is offline; plug it in again",
    "no": "cannot be opened (no permissions); see `adb devices` for how to set up udev",
    "recovery": "is in recovery mode; start Android",
    "bootloader": "is in its boot loader; start Android",
    "sideload": "is in sideload mode; start Android",
}


class AdbDevice:
    """A phone that is there.

    Args:
        client: adbutils' client.
        serial: The device's serial number.
        where: What messages call it.
    """

    def __init__(self, client: Any, serial: str, where: str) -> None:
        self._client, self._serial, self._where = client, serial, where

    def shell(self, command: str) -> tuple[int, str]:
        """Runs a command that may be run twice; its exit code, and what it printed.

        Raises:
            TargetError: The device is gone.
        """

        def run() -> tuple[int, str]:
            printed = bytearray()
            with self._service(f"shell,v2:{command}") as connection:
                while True:
                    (kind,) = connection.read(1)
                    content = connection.read(connection.read_count())
                    if kind in (_STDOUT, _STDERR):
                        printed += content
                    elif kind == _EXIT and len(content) == 1:
                        return content[0], printed.decode(errors="replace").strip()
                    else:
                        raise ValueError(f"{kind} with {len(content)} bytes is no shell's message")
                    if len(printed) > LARGEST_PRINTED:
                        raise self._too_much("a command there printed", LARGEST_PRINTED)

        return self._insist(run)

    def push(self, content: Path | bytes, path: str, advance: Callable[[int], object]) -> None:
        """Puts a file on the device, readable by every app.

        Args:
            content: A file, or what is to be in it.
            path: Where.
            advance: Is told of bytes; of those that are sent again, only once.

        Raises:
            TargetError: The device is gone, full, or refuses it.
        """
        told = 0

        def send() -> None:
            nonlocal told
            done = 0
            with (
                self._sync("SEND", f"{path},{_MODE}") as connection,
                contextlib.ExitStack() as stack,
            ):
                chunks = _chunks(content, stack)
                # A device that refuses the rest says why, if one listens.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    for chunk in chunks:
                        connection.send(b"DATA" + struct.pack("<I", len(chunk)) + chunk)
                        done += len(chunk)
                        advance(max(0, done - told))
                        told = max(told, done)
                    connection.send(b"DONE" + struct.pack("<I", int(time.time())))
                self._check(connection, path, "OKAY")

        self._insist(send)

    def pull(self, path: str, limit: int = LARGEST_ARRAYS) -> bytes:
        """A file of the device.

        Args:
            path: Where.
            limit: How many bytes it may have.

        Raises:
            TargetError: The device is gone, there is no such file, or it is larger.
        """

        def receive() -> bytes:
            content = bytearray()
            with self._sync("RECV", path) as connection:
                while self._check(connection, path, "DATA", "DONE") == "DATA":
                    content += connection.read(connection.read_count())
                    if len(content) > limit:
                        raise self._too_much(f"{path} has", limit)
            return bytes(content)

        return self._insist(receive)

    def _too_much(self, what: str, limit: int) -> TargetError:
        return TargetError(
            f"{self._where}: {what} more than {limit} bytes; install the app of this version"
        )

    @contextlib.contextmanager
    def shared_port(self, port: int) -> Iterator[None]:
        """Lets the device reach a port of this machine under the same number as its own.

        Raises:
            TargetError: The device is gone, or refuses.
        """

        def forward() -> None:
            with self._service(f"reverse:forward:tcp:{port};tcp:{port}") as connection:
                word = connection.read(4)
                if word == b"FAIL":
                    reason = printable(connection.read_text())
                    raise TargetError(f"{self._where}: port {port} cannot be shared ({reason})")
                if word != b"OKAY":
                    raise ValueError(f"{word!r} is not of the adb protocol")

        self._insist(forward)
        try:
            yield
        finally:
            # A device that is gone has forgotten it.
            with (
                contextlib.suppress(TargetError, LostError),
                self._service(f"reverse:killforward:tcp:{port}") as connection,
            ):
                connection.read(4)

    @contextlib.contextmanager
    def _service(self, name: str) -> Iterator[Connection]:
        """A connection to one of the device's services."""
        with _losses(), connection_to(self._client, self._where) as connection:
            connection.ask(f"host:transport:{self._serial}")
            connection.ask(name)
            yield connection

    @contextlib.contextmanager
    def _sync(self, request: str, path: str) -> Iterator[Connection]:
        """A connection to the service of files, with one request sent."""
        with self._service("sync:") as connection:
            name = path.encode()
            connection.send(request.encode() + struct.pack("<I", len(name)) + name)
            yield connection

    def _check(self, connection: Connection, path: str, *expected: str) -> str:
        """The next word of the device, which may be a refusal."""
        word = connection.read(4).decode("latin-1")
        if word in expected:
            return word
        if word == "FAIL":
            reason = connection.read(connection.read_count()).decode(errors="replace")
            full = "; make room there" if "No space left" in reason else ""
            raise TargetError(f"{self._where}: {path}: {printable(reason)}{full}")
        raise EOFError(f"{word!r} is not of the sync protocol")

    def _insist(self, action: Callable[[], Value]) -> Value:
        """Does something that may be done twice, again if the connection was lost."""
        try:
            return insist(action)
        except LostError as error:
            raise TargetError(
                f"{self._where}: the connection to the device was lost"
                f" ({printable(str(error))}); plug it in and run it again"
            ) from error


def open_device(serial: str, where: str) -> AdbDevice:
    """A device that is connected and trusts this computer.

    Args:
        serial: Its serial number; empty for the only one, or for that of ``ANDROID_SERIAL``.
        where: What messages call it.

    Raises:
        MissingDependencyError: adbutils is not installed.
        TargetError: There is no such device, or it is not ready, or there are several.
    """
    try:
        with deferred_interrupt():
            import adbutils
    except ImportError as error:
        raise MissingDependencyError(
            "phones need adbutils, which is not installed; install lowformer-edge[adb]"
        ) from error
    client = adbutils.AdbClient()
    try:
        # A server that is started tells so on stdout, which is the command's.
        with captured_output(), _losses():
            states = _states(client, where)
    except LostError as error:
        raise TargetError(
            f"{where}: the adb server at {client.host}:{client.port} does not answer"
            f" ({printable(str(error))}); see what `adb devices` says"
        ) from error
    serial = serial or os.environ.get("ANDROID_SERIAL", "")
    if not states:
        raise TargetError(f"{where}: no device is connected; plug one in and allow USB debugging")
    if serial and serial not in states:
        raise TargetError(f"{where}: {serial} is not connected; there are {', '.join(states)}")
    if not serial and len(states) > 1:
        raise TargetError(
            f"{where}: there are {len(states)} devices; choose one with adb:SERIAL, of"
            f" {', '.join(states)}"
        )
    (serial,) = [serial] if serial else states
    if states[serial] != "device":
        state = states[serial]
        # After "no permissions" adb says more, of its own system's rules.
        told = _STATES.get(state.split(" ")[0], f"is in the state {state!r}")
        raise TargetError(f"{where}: {serial} {told}")
    return AdbDevice(client, serial, where)


@contextlib.contextmanager
def _losses() -> Iterator[None]:
    """Turns what adbutils raises into one kind of error."""
    import adbutils

    try:
        yield
    except TargetError:
        raise
    # Answers that are cut short are not all told apart: they fail to be numbers, or words.
    except (adbutils.AdbError, OSError, EOFError, ValueError) as error:
        raise LostError(one_line(error) or type(error).__name__) from error


def _chunks(content: Path | bytes, stack: contextlib.ExitStack) -> Iterator[bytes]:
    """Pieces of a file or of bytes."""
    if isinstance(content, Path):
        file = stack.enter_context(content.open("rb"))
        return iter(lambda: file.read(CHUNK), b"")
    return (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))


def _states(client: Any, where: str) -> dict[str, str]:
    """What the server says of the devices that it knows, by their serial numbers."""
    with connection_to(client, where) as connection:
        connection.ask("host:devices")
        lines = connection.read_text().splitlines()
    pairs = [line.strip().split("\t") for line in lines]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
