"""What adb's server and phones answer in place of what they were asked."""

from __future__ import annotations

import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.targets import retry
from lowformer_edge.targets.adb import connection, device
from lowformer_edge.targets.adb.device import AdbDevice, open_device
from lowformer_edge.targets.adb.machine import device_state

pytest.importorskip("adbutils", reason="adbutils is not installed")

DEVICES = b"OKAY000ePHONE1\tdevice\n"


class Answering(socketserver.ThreadingTCPServer):
    """Answers requests whose texts hold a word by the bytes that belong to it."""

    daemon_threads = True
    answers: dict[str, bytes]
    drips: bool = False


class _Connection(socketserver.StreamRequestHandler):
    server: Answering

    def handle(self) -> None:
        while length := self.rfile.read(4):
            request = self.rfile.read(int(length, 16)).decode()
            self._answer(
                next(
                    (self.server.answers[one] for one in self.server.answers if one in request),
                    b"OKAY",
                )
            )
            if "transport" not in request:
                return

    def _answer(self, content: bytes) -> None:
        self.wfile.write(content)
        while self.server.drips and content.startswith(b"OKAY") and len(content) > 4:
            self.wfile.write(b"\0")
            time.sleep(0.02)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    monkeypatch.setattr(retry, "PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(connection, "TIMEOUT_S", 0.5)
    monkeypatch.setattr(connection, "WHOLE_S", 1.0)
    with Answering(("127.0.0.1", 0), _Connection) as server:
        server.answers = {"host:devices": DEVICES}
        monkeypatch.setenv("ANDROID_ADB_SERVER_HOST", "127.0.0.1")
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server.server_address[1]))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def packet(kind: int, content: bytes) -> bytes:
    return struct.pack("<BI", kind, len(content)) + content


def shell(server: Answering, answer: bytes) -> Callable[[], tuple[int, str]]:
    """What runs a command of a phone that answers so."""
    server.answers["shell"] = b"OKAY" + answer
    phone: AdbDevice = open_device("", "adb")
    return lambda: phone.shell("true")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (packet(3, b""), "3 with 0 bytes is no shell's message"),
        (packet(9, b"x"), "9 with 1 bytes is no shell's message"),
        (struct.pack("<BI", 1, 2**32 - 1), "a message of 4294967295 bytes"),
        (packet(1, b"x")[:-1], "the connection to the device was lost"),
    ],
)
def test_strange_answers_of_a_shell_are_told(server: Answering, answer: bytes, reason: str) -> None:
    with pytest.raises(TargetError, match=reason):
        shell(server, answer)()


def test_what_a_command_prints_has_an_end(
    server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "LARGEST_PRINTED", 1000)
    with pytest.raises(TargetError, match="printed more than 1000 bytes"):
        shell(server, packet(1, b"x" * 999) * 2 + packet(3, b"\0"))()


def test_an_answer_that_takes_for_ever_is_given_up(server: Answering) -> None:
    run = shell(server, struct.pack("<BI", 1, 10_000))
    server.drips = True
    with pytest.raises(TargetError, match="takes more than 1 s; given up"):
        run()


@pytest.mark.parametrize(
    "answer", [b"OKAY\xc2\xb2\xc2\xb2", b"OKAY-001", b"OKAYffffx", b"FAIL", b""]
)
def test_strange_answers_of_the_server_are_told(server: Answering, answer: bytes) -> None:
    server.answers["host:devices"] = answer
    with pytest.raises(TargetError, match="does not answer"):
        open_device("", "adb")


def test_what_is_no_number_is_not_told(server: Answering) -> None:
    printed = "  level: ²\n  temperature: ١\nThermal Status: 99999999999\n".encode()
    server.answers["shell"] = b"OKAY" + packet(1, printed) + packet(3, b"\0")
    assert device_state(open_device("", "adb")) == {}
