"""What browsers get of the page's server, and what it makes of what they post."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lowformer_edge.errors import UsageError
from lowformer_edge.targets.web import browsers
from lowformer_edge.targets.web.address import Address
from lowformer_edge.targets.web.certificate import make_certificate
from lowformer_edge.targets.web.events import Answered, Gone, Opened, Progressed, Refused
from lowformer_edge.targets.web.server import PageServer

from .page_client import PageClient, client_of, events_of, say

MODEL = bytes(range(256)) * 5000
PAGE = b"<!doctype html><title>LowFormer</title>"
LARGEST = (1000, 300_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PageServer]:
    """Serves a page, two answers of which are awaited."""
    model = tmp_path / "demo fp32.tflite"
    model.write_bytes(MODEL)
    files: dict[str, Path | bytes] = {
        "index.html": PAGE,
        "main.js": b"'use strict';",
        "runtimes/litert/x.wasm": b"\0asm",
        "files/0/demo fp32.tflite": model,
        "gone.onnx": tmp_path / "gone.onnx",
    }
    with PageServer(files, LARGEST) as server:
        yield server


@pytest.fixture
def client(server: PageServer) -> Iterator[PageClient]:
    with client_of(server) as client:
        yield client


def test_files_come_as_they_are(client: PageClient) -> None:
    for path in ("", "index.html", "?x=y", "%69ndex.html"):
        status, headers, content = client.ask(path)
        assert (status, content) == (200, PAGE)
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Content-Length"] == str(len(PAGE))
    assert client.ask("files/0/demo%20fp32.tflite")[2] == MODEL


@pytest.mark.parametrize(
    ("path", "mime", "caching"),
    [
        ("main.js", "text/javascript; charset=utf-8", "no-store"),
        ("runtimes/litert/x.wasm", "application/wasm", "private, max-age=86400, immutable"),
        ("files/0/demo%20fp32.tflite", "application/octet-stream", "no-store"),
    ],
)
def test_files_have_their_type_and_last_as_long_as_they_may(
    client: PageClient, path: str, mime: str, caching: str
) -> None:
    _, headers, _ = client.ask(path)
    assert (headers["Content-Type"], headers["Cache-Control"]) == (mime, caching)


def test_every_response_isolates_the_page(client: PageClient) -> None:
    for path, status in (("", 200), ("absent", 404)):
        found, headers, content = client.ask(path)
        assert found == status
        assert content == (PAGE if status == 200 else b"")
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Permissions-Policy"] == "camera=(self)"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 's")
        assert not {"Server", "Date"} & headers.keys()


def test_a_head_alone_can_be_asked_for(client: PageClient) -> None:
    status, headers, content = client.ask("files/0/demo%20fp32.tflite", "HEAD")
    assert (status, headers["Content-Length"], content) == (200, str(len(MODEL)), b"")
    assert client.ask("main.js")[0] == 200  # on the same connection


def test_a_file_that_cannot_be_read_is_told(server: PageServer, client: PageClient) -> None:
    assert client.ask("gone.onnx")[0] == 500
    reason = "did not get gone.onnx, which cannot be read (No such file or directory)"
    assert events_of(server) == [Refused("127.0.0.1", reason)]


def test_each_server_has_an_address_of_its_own(server: PageServer) -> None:
    address = urlsplit(server.url)
    assert (address.hostname, address.port) == ("127.0.0.1", server.port)
    assert len(address.path.strip("/")) == 24
    with PageServer({}, []) as another:
        assert urlsplit(another.url).path != address.path


def test_two_browsers_post_what_they_find(server: PageServer, client: PageClient) -> None:
    with client_of(server) as other:
        assert client.open(model="Pixel\x1b[2J") == 0
        assert other.open(model="iPhone") == 1
        assert other.post("browsers/1/progress", {"request": 0, "done": 3}) == 204
        assert client.post("browsers/0/answers/1", b"[" + b" " * 200_000) == 204
        assert other.post("browsers/1/answers/0", b"not looked at") == 204
        assert client.post("browsers/0/gone", b"", Content_Type="text/plain;charset=UTF-8") == 204
    assert events_of(server) == [
        Opened(0, {"model": "Pixel\\x1b[2J"}),
        Opened(1, {"model": "iPhone"}),
        Progressed(1, 0, 3),
        Answered(0, 1, b"[" + b" " * 200_000),
        Answered(1, 0, b"not looked at"),
        Gone(0),
    ]


def test_progress_that_nobody_has_read_is_overtaken(server: PageServer, client: PageClient) -> None:
    client.open()
    for done in range(5):
        assert client.post("browsers/0/progress", {"request": 1, "done": done}) == 204
    assert events_of(server) == [Opened(0, {}), Progressed(0, 1, 4)]


def test_an_answer_comes_once(server: PageServer, client: PageClient) -> None:
    client.open()
    assert client.post("browsers/0/answers/0", b"1") == 204
    assert client.post("browsers/0/answers/0", b"2") == 409
    assert events_of(server) == [
        Opened(0, {}),
        Answered(0, 0, b"1"),
        Refused("127.0.0.1", "answers a request a second time"),
    ]


@pytest.mark.parametrize("leave", ["gone", "dismissed"])
def test_what_left_says_nothing_more(server: PageServer, client: PageClient, leave: str) -> None:
    client.open()
    if leave == "gone":
        for _ in range(2):
            # The origin is what closing pages without referrers send.
            assert client.post("browsers/0/gone", b"", Origin="null") == 204
    else:
        server.dismiss(0)
    assert client.post("browsers/0/progress", {"request": 0, "done": 1}) == 410
    assert events_of(server) == [
        Opened(0, {}),
        *([Gone(0)] if leave == "gone" else []),
        Refused("127.0.0.1", "posts for a browser that left the page"),
    ]


def test_so_many_browsers_have_the_page_open(server: PageServer, client: PageClient) -> None:
    for number in range(browsers.MOST_BROWSERS):
        assert client.open() == number
    assert client.post("browsers", {"machine": {}}) == 429
    assert events_of(server)[browsers.MOST_BROWSERS :] == [
        Refused("127.0.0.1", "opens the page, which 8 browsers have open; close it in one")
    ]
    assert client.post("browsers/3/gone", b"") == 204
    assert client.open() == browsers.MOST_BROWSERS


def test_what_is_awaited_is_asked_for_when_it_is_wanted(server: PageServer) -> None:
    root = urlsplit(server.url).path
    for length, status in ((2, 100), (100_000, 413)):
        head = (
            f"POST {root}browsers HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type:"
            f" application/json\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
        assert say(server, head.encode()) == status


def test_the_page_comes_over_tls_by_each_of_its_names() -> None:
    pytest.importorskip("trustme", reason="trustme is not installed")
    address = Address("127.0.0.2", names=("phone.test",))
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with PageServer({"index.html": PAGE}, [], address, make_certificate(address)) as server:
        assert server.url.startswith(f"https://127.0.0.2:{server.port}/")
        with client_of(server, trusting) as client:
            for name in ("127.0.0.2", "phone.test", "localhost"):
                host = f"{name}:{server.port}"
                assert client.ask("", Host=host)[2] == PAGE
                own = {"Host": host, "Origin": f"https://{host}"}
                assert client.post("browsers", {"machine": {}}, **own) == 201
        with client_of(server, trusting) as client:
            assert client.ask("", Host=f"elsewhere.test:{server.port}")[0] == 403
        assert say(server, b"GET / HTTP/1.1\r\n\r\n") is None
        assert events_of(server)[3:] == [
            Refused("127.0.0.1", "asks by a name that is not the address served"),
            Refused("127.0.0.1", "asks without https, which begins the address"),
        ]


def test_an_address_that_is_taken_or_another_machines_is_told(server: PageServer) -> None:
    for address in (Address("127.0.0.1", server.port), Address("192.0.2.77")):
        with (
            pytest.raises(UsageError, match=rf"cannot be served at {address.host}.*choose another"),
            PageServer({}, [], address),
        ):
            pass


def test_waiting_for_what_does_not_come_ends(server: PageServer) -> None:
    began = time.monotonic()
    assert server.take(0.1) is None
    assert 0.05 < time.monotonic() - began < 5


def test_the_last_answer_is_replied_to_before_the_end(server: PageServer) -> None:
    """Who waits for it ends everything as soon as it is there."""
    statuses: list[int] = []
    with client_of(server) as client:
        number = client.open()

        def answer() -> None:
            statuses.append(client.post(f"browsers/{number}/answers/0", {}))

        thread = threading.Thread(target=answer)
        thread.start()
        while not isinstance(server.take(10.0), Answered):
            pass
        server.__exit__(None, None, None)
        thread.join()
    assert statuses == [204]
