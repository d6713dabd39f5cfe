"""Clients of the page's server: one that does what browsers do, and one that does anything."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from lowformer_edge.targets.web.events import Event
from lowformer_edge.targets.web.server import PageServer

PATIENCE_S = 10.0
JSON = "application/json"


class PageClient:
    """A connection that asks as a browser does.

    Args:
        server: Whom it asks.
        tls: Encrypts; None where the server does not.
    """

    def __init__(self, server: PageServer, tls: ssl.SSLContext | None = None) -> None:
        address = urlsplit(server.url)
        assert address.hostname
        self.root, self.host = address.path, address.netloc
        self._connection = (
            http.client.HTTPConnection(address.hostname, server.port, timeout=PATIENCE_S)
            if tls is None
            else http.client.HTTPSConnection(
                address.hostname, server.port, timeout=PATIENCE_S, context=tls
            )
        )

    def ask(
        self, path: str, method: str = "GET", content: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and content."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, self.root + path, content, said)
        response = self._connection.getresponse()
        return response.status, dict(response.headers), response.read()

    def post(self, path: str, value: Any, **headers: str) -> int:
        """The status of JSON, or of bytes, that are posted."""
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask(path, "POST", content, **{"Content_Type": JSON, **headers})[0]

    def open(self, **machine: str) -> int:
        """The number that this browser gets."""
        content = json.dumps({"machine": machine}).encode()
        status, _, answer = self.ask("browsers", "POST", content, Content_Type=JSON)
        assert status == 201
        number = json.loads(answer)["browser"]
        assert isinstance(number, int)
        return number

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


@contextlib.contextmanager
def client_of(server: PageServer, tls: ssl.SSLContext | None = None) -> Iterator[PageClient]:
    """A client for as long as the context lasts."""
    client = PageClient(server, tls)
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def connected(server: PageServer, source: str = "") -> Iterator[socket.socket]:
    """A bare connection, of an address of this machine."""
    address = urlsplit(server.url).hostname
    own = (source, 0) if source else None
    with socket.create_connection((address, server.port), PATIENCE_S, own) as connection:
        yield connection


def status_of(connection: socket.socket) -> int | None:
    """Of the response that comes; None where the connection ends without one."""
    content = b""
    with contextlib.suppress(ConnectionResetError):
        while b"\r\n\r\n" not in content and (part := connection.recv(1 << 16)):
            content += part
    return int(content.split(b" ", 2)[1]) if content else None


def say(server: PageServer, content: bytes) -> int | None:
    """The status that anything at all gets."""
    with connected(server) as connection:
        connection.sendall(content)
        return status_of(connection)


def events_of(server: PageServer) -> list[Event]:
    """Everything that came."""
    events = []
    while (event := server.take(0.05)) is not None:
        events.append(event)
    return events
