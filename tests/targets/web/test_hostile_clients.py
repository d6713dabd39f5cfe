"""Clients of the page's server that send too much, too slowly, too often, or anything at all."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lowformer_edge.targets.web import browsers, connection, inbox, listener
from lowformer_edge.targets.web.address import Address
from lowformer_edge.targets.web.certificate import make_certificate
from lowformer_edge.targets.web.events import Event, Opened, Refused
from lowformer_edge.targets.web.server import PageServer

from .page_client import JSON, client_of, connected, events_of, say, status_of

LARGE = 64 << 20


@pytest.fixture
def server(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[PageServer]:
    """A server that is to end at once, and to have said nothing."""
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(LARGE)
    with PageServer({"index.html": b"<p>", "large": large}, [1000, 1000]) as server:
        yield server
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the server wait for a moment only."""
    monkeypatch.setattr(connection, "SILENCE_S", 0.5)
    monkeypatch.setattr(connection, "LEAST_RATE", 1 << 20)


def request(server: PageServer, line: str, *headers: str, content: bytes = b"") -> bytes:
    """A request, with the server's token and host in place of their names."""
    address = urlsplit(server.url)
    text = "\r\n".join((line, *headers, "", ""))
    names = {"TOKEN": address.path.strip("/"), "HOST": address.netloc}
    for name, value in names.items():
        text = text.replace(name, value)
    return text.encode("latin-1") + content


def refused(reason: str) -> list[Event]:
    return [Refused("127.0.0.1", reason)]


NO_HTTP = "asks for nothing that is HTTP"
ELSEWHERE = "does not have this run's address; open the one that is shown"
BY_NAME = "asks by a name that is not the address served"
NOT_SERVED = "asks for a file that is not served"


@pytest.mark.parametrize(
    ("line", "headers", "status", "reason"),
    [
        ("GET /TOKEN/ HTTP/1.1", ["Host: rebound.test"], 403, BY_NAME),
        ("GET /TOKEN/ HTTP/1.1", ["Host: HOST.test"], 403, BY_NAME),
        ("GET /TOKEN/ HTTP/1.1", [], 403, BY_NAME),
        ("GET /TOKEN/ HTTP/1.0", [], 403, BY_NAME),
        ("GET /TOKEN/ HTTP/1.1", ["Host: HOST", "Host: HOST"], 403, BY_NAME),
        (f"GET /{'A' * 24}/ HTTP/1.1", ["Host: HOST"], 404, ELSEWHERE),
        ("POST /browsers HTTP/1.1", ["Host: HOST", "Content-Length: 0"], 404, ELSEWHERE),
        ("GET / HTTP/1.1", ["Host: HOST"], 404, None),
        ("GET /favicon.ico HTTP/1.1", ["Host: HOST"], 404, None),
        ("GET http://HOST/TOKEN/ HTTP/1.1", ["Host: HOST"], 404, None),
        ("GET /TOKEN HTTP/1.1", ["Host: HOST"], 404, ELSEWHERE),
        ("GET /TOKEN/../TOKEN/index.html HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN/..%2f..%2fetc%2fpasswd HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN//index.html HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN//etc/passwd HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN/%ff%00 HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN/%2569ndex.html HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        ("GET /TOKEN/browsers HTTP/1.1", ["Host: HOST"], 404, NOT_SERVED),
        (
            "GET /TOKEN/ HTTP/1.1",
            ["Host: HOST", "Content-Length: 5"],
            400,
            "sends something with a request for a file",
        ),
        (
            "OPTIONS /TOKEN/browsers HTTP/1.1",
            ["Host: HOST"],
            405,
            "asks for what is neither GET nor POST",
        ),
        ("\x16\x03\x01\x02 \x01\x01", [], 400, f"{NO_HTTP} (bad request)"),
        ("GET /TOKEN/", [], 400, f"{NO_HTTP} (bad request)"),
        ("GET /TOKEN/ HTTP/2.0", [], 505, f"{NO_HTTP} (http version not supported)"),
        ("GET /TOKEN/ HTTP/1.\xb2", [], 400, f"{NO_HTTP} (bad request)"),
        (f"GET /{'a' * 20_000} HTTP/1.1", [], 414, f"{NO_HTTP} (request-uri too long)"),
        (
            "GET /TOKEN/ HTTP/1.1",
            ["A: " + "a" * 20_000],
            431,
            f"{NO_HTTP} (request header fields too large)",
        ),
        (
            "GET /TOKEN/ HTTP/1.1",
            ["A: a"] * 101,
            431,
            f"{NO_HTTP} (request header fields too large)",
        ),
    ],
)
def test_heads_that_are_not_taken(
    server: PageServer, line: str, headers: list[str], status: int, reason: str | None
) -> None:
    assert say(server, request(server, line, *headers)) == status
    assert events_of(server) == ([] if reason is None else refused(reason))


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        (["Content-Length: 2", "Origin: https://HOST"], 403, "posts from another page"),
        (["Content-Length: 2", "Origin: http://other.test"], 403, "posts from another page"),
        (["Content-Length: 2", "Origin: null"], 403, "posts from another page"),
        ([], 411, "posts without a length"),
        (["Transfer-Encoding: chunked"], 411, "posts without a length"),
        (["Transfer-Encoding: chunked", "Content-Length: 2"], 411, "posts without a length"),
        (["Content-Length: 2", "Content-Length: 2"], 400, "posts with a length that is none"),
        (["Content-Length: -1"], 400, "posts with a length that is none"),
        (["Content-Length: \xb2"], 400, "posts with a length that is none"),
        (["Content-Length: " + "9" * 30], 400, "posts with a length that is none"),
        (["Content-Length: 65537"], 413, "posts 65537 bytes, and 65536 are the most there"),
        (["Content-Length: 2", "Content-Type: text/plain"], 415, "posts what is not JSON"),
        (["Content-Length: 2", "Content-Type:"], 415, "posts what is not JSON"),
    ],
)
def test_posts_that_are_refused_before_they_are_read(
    server: PageServer, headers: list[str], status: int, reason: str
) -> None:
    line = "POST /TOKEN/browsers HTTP/1.1"
    typed = any(header.startswith("Content-Type") for header in headers)
    said = ["Host: HOST", *([] if typed else [f"Content-Type: {JSON}"]), *headers]
    assert say(server, request(server, line, *said)) == status
    assert events_of(server) == refused(reason)


@pytest.mark.parametrize(
    ("path", "content", "status", "reason"),
    [
        ("browsers", "{", 400, "posts no opening"),
        ("browsers", "[" * 60_000, 400, "posts no opening"),
        ("browsers", "[]", 400, "posts no opening"),
        ("browsers", '{"machine": {}, "more": 1}', 400, "posts no opening"),
        ("browsers", '{"machine": {"model": 1}}', 400, "posts no opening"),
        ("browsers", '{"machine": {"": ""}}', 400, "posts no opening"),
        ("browsers", '{"machine": {"model": "\\ud800"}}', 400, "posts no opening"),
        ("browsers", json.dumps({"machine": {"a": "a" * 2001}}), 400, "posts no opening"),
        ("browsers", json.dumps({"machine": {"a" * 65: ""}}), 400, "posts no opening"),
        (
            "browsers",
            json.dumps({"machine": {str(number): "" for number in range(65)}}),
            400,
            "posts no opening",
        ),
        ("browsers/0/progress", "\xff", 400, "posts no advance"),
        ("browsers/0/progress", '{"request": 0}', 400, "posts no advance"),
        ("browsers/0/progress", '{"request": 0, "done": -1}', 400, "posts no advance"),
        ("browsers/0/progress", '{"request": 0, "done": true}', 400, "posts no advance"),
        ("browsers/0/progress", '{"request": 0, "done": "1"}', 400, "posts no advance"),
        ("browsers/0/progress", '{"request": 0, "done": 1e99}', 400, "posts no advance"),
        (
            "browsers/0/progress",
            '{"request": 2, "done": 1}',
            404,
            "posts for a request that was not made",
        ),
        ("browsers/0/answers/2", "", 404, "posts for a request that was not made"),
        ("browsers/0/answers/-1", "", 404, "posts where nothing is taken"),
        (
            "browsers/0/answers/0",
            "a" * 1001,
            413,
            "posts 1001 bytes, and 1000 are the most there",
        ),
        ("browsers/1/answers/0", "", 404, "posts for a browser that did not open the page"),
        ("browsers/1/gone", "", 404, "posts for a browser that did not open the page"),
        (f"browsers/{'9' * 30}/gone", "", 404, "posts where nothing is taken"),
        ("browsers/0", "", 404, "posts where nothing is taken"),
        ("index.html", "", 404, "posts where nothing is taken"),
    ],
)
def test_posts_of_another_shape(
    server: PageServer, path: str, content: str, status: int, reason: str
) -> None:
    with client_of(server) as client:
        client.open()
    with client_of(server) as client:
        assert client.post(path, content.encode("latin-1")) == status
    assert events_of(server) == [Opened(0, {}), *refused(reason)]


def test_a_post_that_is_cut_short_can_be_sent_again(server: PageServer) -> None:
    with client_of(server) as client:
        client.open()
        head = ["Host: HOST", f"Content-Type: {JSON}", "Content-Length: 10"]
        with connected(server) as connection:
            line = "POST /TOKEN/browsers/0/answers/0 HTTP/1.1"
            connection.sendall(request(server, line, *head, content=b"12345"))
            connection.shutdown(socket.SHUT_WR)
            assert status_of(connection) == 400
        assert client.post("browsers/0/answers/0", b"1234567890") == 204
    assert events_of(server)[1:2] == refused("posts less than it says")


def test_an_answer_that_is_on_its_way_is_not_taken_twice(server: PageServer) -> None:
    with client_of(server) as client, connected(server) as connection:
        client.open()
        head = ["Host: HOST", f"Content-Type: {JSON}", "Content-Length: 10"]
        line = "POST /TOKEN/browsers/0/answers/0 HTTP/1.1"
        connection.sendall(request(server, line, *head, "Expect: 100-continue"))
        assert status_of(connection) == 100  # now it is awaited
        assert client.post("browsers/0/answers/0", b"other") == 503
        connection.sendall(b"1234567890")
        assert status_of(connection) == 204


@pytest.mark.parametrize("begin", [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\n"])
@pytest.mark.usefixtures("impatient")
def test_a_request_without_an_end_is_cut_off(server: PageServer, begin: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(begin)
        assert status_of(connection) == (408 if begin else None)
    assert events_of(server) == (refused("is too slow, and was cut off") if begin else [])


@pytest.mark.parametrize("part", ["head", "content"])
@pytest.mark.usefixtures("impatient")
def test_what_comes_drop_by_drop_is_cut_off(server: PageServer, part: str) -> None:
    """Each drop comes in time, and all of them do not."""
    head = ["Host: HOST", f"Content-Type: {JSON}", "Content-Length: 500"]
    whole = request(server, "POST /TOKEN/browsers HTTP/1.1", *head)
    with connected(server) as connection:
        connection.sendall(whole[:-2] if part == "head" else whole)
        began = time.monotonic()
        with contextlib.suppress(OSError):
            for _ in range(50):
                connection.sendall(b"a")
                connection.settimeout(0.1)
                with contextlib.suppress(TimeoutError):
                    assert status_of(connection) == 408
                    break
        assert time.monotonic() - began < 3
    assert events_of(server) == refused("is too slow, and was cut off")


def test_even_what_is_quick_enough_has_an_end(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LONGEST_S", 0.3)
    head = ["Host: HOST", f"Content-Type: {JSON}", "Content-Length: 500"]
    with connected(server) as own:
        own.sendall(request(server, "POST /TOKEN/browsers HTTP/1.1", *head))
        assert status_of(own) == 408
    assert events_of(server) == refused("is too slow, and was cut off")


@pytest.mark.usefixtures("impatient")
def test_a_file_that_nobody_takes_is_not_sent_for_ever(server: PageServer) -> None:
    with connected(server) as connection:
        connection.sendall(request(server, "GET /TOKEN/large HTTP/1.1", "Host: HOST"))
        assert server.take(10) == Refused("127.0.0.1", "is too slow, and was cut off")
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                received += len(part)
    assert 0 < received < LARGE


def test_a_file_that_shrinks_ends_the_connection(server: PageServer, tmp_path: Path) -> None:
    with connected(server) as connection:
        connection.sendall(request(server, "GET /TOKEN/large HTTP/1.1", "Host: HOST"))
        assert status_of(connection) == 200
        (tmp_path / "large").write_bytes(b"")
        while connection.recv(1 << 20):
            pass
    assert events_of(server) == refused("got a part of large, which shrank")


def test_a_thousand_quick_posts_are_not_all_taken(server: PageServer) -> None:
    statuses = []
    began = time.monotonic()
    with client_of(server) as client:
        client.open()
        for number in range(1000):
            progress = {"request": 0, "done": number}
            statuses.append(client.post("browsers/0/progress", progress))
    most = browsers.MOST_AT_ONCE + browsers.POSTS_PER_S * (time.monotonic() - began) + 1
    assert browsers.MOST_AT_ONCE <= statuses.count(204) <= most
    assert set(statuses) == {204, 429}
    assert events_of(server)[2:] == refused("posts more than 20 times a second")


def test_a_flood_of_browsers_is_few_events(server: PageServer) -> None:
    with client_of(server) as client:
        statuses = [client.post("browsers", {"machine": {}}) for _ in range(200)]
    assert set(statuses) == {201, 429}
    assert len(events_of(server)) == browsers.MOST_BROWSERS + 2


def test_connections_are_not_more_than_are_taken(server: PageServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(listener.MOST_CONNECTIONS):
            stack.enter_context(connected(server))
        with connected(server) as one_more:
            assert status_of(one_more) is None
        assert events_of(server) == refused("opens more connections than are taken at once")
    until = time.monotonic() + 10
    while say(server, request(server, "GET /TOKEN/ HTTP/1.1", "Host: HOST")) != 200:
        assert time.monotonic() < until


def test_one_address_does_not_take_all_connections(server: PageServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(listener.MOST_OF_ONE):
            stack.enter_context(connected(server, "127.0.0.3"))
        with connected(server, "127.0.0.3") as one_more:
            assert status_of(one_more) is None
        reason = "opens more connections than are taken at once"
        assert events_of(server) == [Refused("127.0.0.3", reason)]
        with client_of(server) as client:
            assert client.ask("")[0] == 200


def test_what_nobody_takes_is_refused_and_stays_small(
    server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_EVENTS", 2)
    monkeypatch.setattr(inbox, "LARGEST_ANSWERS", 900)
    with client_of(server) as client:
        client.open()
        assert client.post("browsers/0/answers/0", b"a" * 800) == 204
    for path, value in (
        ("browsers/0/answers/1", b"a" * 200),
        ("browsers/0/answers/1", b"a" * 50),
        ("browsers/0/progress", {"request": 0, "done": 1}),
        ("browsers", {"machine": {}}),
    ):
        with client_of(server) as client:
            assert client.post(path, value) == 503
    assert len(events_of(server)) == 2
    with client_of(server) as client:
        assert client.post("browsers/0/answers/1", b"a" * 1000) == 204
        assert client.open() == 2  # what was refused had its number


@pytest.mark.parametrize("encrypted", [False, True])
def test_closing_waits_for_nobody(encrypted: bool, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither for silence, nor a handshake, nor half a post, nor who does not read."""
    if encrypted:
        pytest.importorskip("trustme", reason="trustme is not installed")
    certificate = make_certificate(Address("127.0.0.1")) if encrypted else None
    with contextlib.ExitStack() as stack:
        files = {"large": bytes(LARGE)}
        with PageServer(files, [1000], certificate=certificate) as server:
            head = ["Host: HOST", f"Content-Type: {JSON}", "Content-Length: 500"]
            for begin in (
                b"",
                b"\x16\x03\x01\x02\x00\x01",
                request(server, "GET /TOKEN/large HTTP/1.1", "Host: HOST"),
                request(server, "POST /TOKEN/browsers HTTP/1.1", *head),
            ):
                stack.enter_context(connected(server)).sendall(begin)
            time.sleep(0.2)
            began = time.monotonic()
        assert time.monotonic() - began < 2
        assert not [one for one in threading.enumerate() if "_serve" in one.name]
    assert capfd.readouterr() == ("", "")


def test_a_server_that_closes_takes_no_posts(server: PageServer) -> None:
    with client_of(server) as client:
        server._listener.service.inbox.close()
        assert client.post("browsers", {"machine": {}}) == 503
    assert server.take(60) is None


def test_a_slow_handshake_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("trustme", reason="trustme is not installed")
    monkeypatch.setattr(connection, "SILENCE_S", 2.0)
    certificate = make_certificate(Address("127.0.0.1"))
    with PageServer({}, [], certificate=certificate) as server, connected(server) as slow:
        slow.sendall(b"\x16\x03\x01")
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with client_of(server, trusting) as client:
            assert client.ask("")[0] == 404
        assert status_of(slow) is None
    assert capfd.readouterr() == ("", "")
