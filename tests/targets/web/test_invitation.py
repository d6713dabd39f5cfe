"""What is shown to whoever is to open the page."""

from __future__ import annotations

import io
import os
import pty
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from lowformer_edge.errors import MissingDependencyError
from lowformer_edge.targets.web.invitation import NO_ROOM, invitation, room_in

URL = "https://192.168.100.123:54321/VCr6_mpk2OPPaM99e4n9k9Uh/"
FINGERPRINT = ":".join(f"{number:02X}" for number in range(32))
SIZE = os.terminal_size((80, 24))
WITHOUT_HTTPS = "WebAssembly on one thread and photos, and neither camera nor GPU nor threads"


@pytest.fixture
def terminal() -> Iterator[TextIO]:
    """A terminal of 80 columns and 24 lines."""
    controlling, controlled = pty.openpty()
    termios.tcsetwinsize(controlled, (SIZE.lines, SIZE.columns))
    with os.fdopen(controlled, "w", encoding="utf-8") as stream:
        yield stream
    os.close(controlling)


def test_this_machine_is_told_the_address_alone() -> None:
    url = "http://127.0.0.1:8000/token/"
    lines = invitation(url, None, SIZE)
    assert lines == ["open this address in a browser on this machine:", url]


def test_a_network_is_told_what_browsers_warn_of() -> None:
    first, url, warning, *fingerprint, rest = invitation(URL, FINGERPRINT, NO_ROOM)
    assert first == "open this address in a browser in the same network:"
    assert url == URL
    assert "which nobody signed" in warning
    assert ":".join(fingerprint) == FINGERPRINT
    assert rest == f"without that warning: web:lan?tls=no, or --no-tls, which has {WITHOUT_HTTPS}"


def test_a_network_without_https_is_told_what_is_lacking() -> None:
    lines = invitation(URL.replace("https", "http"), None, NO_ROOM)
    assert lines[-1] == f"without https a browser has {WITHOUT_HTTPS}"


def test_the_code_is_one_that_phones_can_read() -> None:
    segno = pytest.importorskip("segno", reason="segno is not installed")
    first, url, *lines = invitation(URL, FINGERPRINT, SIZE)
    assert (first.partition(", ")[2], url) == ("or scan the code:", URL)
    code = [line for line in lines if line[0] in "\u2580\u2588"]
    # Each character is two modules, one above the other; light is what is drawn.
    halves = {" ": (1, 1), "\u2580": (0, 1), "\u2584": (1, 0), "\u2588": (0, 0)}
    rows = [[halves[char][half] for char in line] for line in code for half in (0, 1)]
    whole = [list(row) for row in segno.make(URL, error="m").matrix_iter(border=2)]
    assert rows[: len(whole)] == whole
    assert len(code) < SIZE.lines
    assert {len(line) for line in code} == {37}


@pytest.mark.parametrize("room", [(36, 24), (80, 19), (0, 0)])
def test_a_code_that_does_not_fit_is_not_shown(room: tuple[int, int]) -> None:
    if room != NO_ROOM:
        pytest.importorskip("segno", reason="segno is not installed")
    lines = invitation(URL, FINGERPRINT, os.terminal_size(room))
    assert lines == invitation(URL, FINGERPRINT, NO_ROOM)


def test_without_segno(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(MissingDependencyError, match=r"install lowformer-edge\[web\]"):
        invitation(URL, None, SIZE)
    assert invitation(URL, None, NO_ROOM)[1] == URL


def test_there_is_room_in_a_terminal_that_has_the_characters(terminal: TextIO) -> None:
    assert room_in(terminal) == SIZE
    with os.fdopen(os.dup(terminal.fileno()), "w", encoding="ascii") as other:
        assert room_in(other) == NO_ROOM


def test_there_is_no_room_elsewhere(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w", encoding="utf-8") as stream:
        assert room_in(stream) == NO_ROOM
    assert room_in(stream) == NO_ROOM  # which is closed
    assert room_in(io.StringIO()) == NO_ROOM
