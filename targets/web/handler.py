"""What is done with each request for the page, and with each post of it."""

from __future__ import annotations

import contextlib
import hmac
import http.server
import io
import json
import ssl
from http import HTTPStatus
from typing import Any

from ...process.limits import LARGEST_POST
from ...process.text import printable, whole_number
from .connection import BrowserConnection, TooLongError
from .events import Answered, Event, Gone, Opened, Progressed
from .posts import Advance, Opening, parse_post
from .refusal import Refusal
from .service import Service
from .site_files import HEADERS, headers_of

LARGEST_HEAD = 16 << 10
"""Bytes of a request before its content."""

_PART = 256 << 10

_JSON = frozenset({"application/json"})
_BEACON = frozenset({"application/json", "text/plain", ""})
"""Of what a browser sends while it closes the page."""


class PageHandler(http.server.BaseHTTPRequestHandler):
    """One connection: Python's own server parses heads of requests, everything else is here.

    Args:
        service: What is served.
        connection: The connection, which stays open.
        server: Which accepted it.
    """

    protocol_version = "HTTP/1.1"
    connection: BrowserConnection

    def __init__(
        self, service: Service, connection: BrowserConnection, server: http.server.HTTPServer
    ) -> None:
        self._service = service
        request: Any = connection  # which is all that is needed of a socket
        super().__init__(request, (connection.address, 0), server)

    def setup(self) -> None:
        """See :class:`socketserver.BaseRequestHandler`."""
        self.connection = self.request
        self.rfile = io.BufferedReader(self.connection, _PART)

    def handle(self) -> None:
        """Serves the connection until one side has enough."""
        try:
            self.connection.open()
            super().handle()
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                self._tell("asks without https, which begins the address")
        except OSError:  # it is gone, or too slow to be told anything
            pass

    def finish(self) -> None:
        """See :class:`socketserver.BaseRequestHandler`; whoever opened the connection closes it."""

    def handle_one_request(self) -> None:
        """Reads a request and answers it."""
        self.close_connection = True
        self._is_asked = self._is_answered = self._awaits = False
        self.requestline = self.request_version = ""
        try:
            if self._read_head():
                self._is_asked = True
                self._check_host()
                self._respond()
        except Refusal as refusal:
            self._refuse(refusal)
        except TimeoutError:
            if self._is_asked or self.connection.received:
                self._refuse(Refusal(HTTPStatus.REQUEST_TIMEOUT, "is too slow, and was cut off"))
        finally:
            self.connection.is_owed = False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What Python's parser finds wrong with a head; its words quote what came."""
        status = HTTPStatus(code)
        raise Refusal(status, f"asks for nothing that is HTTP ({status.phrase.lower()})")

    def handle_expect_100(self) -> bool:
        """Content is asked for when it is read, not before it is known to be wanted."""
        self._awaits = True
        return True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Prints nothing."""

    def _read_head(self) -> bool:
        """Whether a request came; otherwise the other side has left."""
        self.connection.expect_head(LARGEST_HEAD)
        try:
            self.raw_requestline = self.rfile.readline(LARGEST_HEAD + 1)
        except TooLongError:
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
        if not self.raw_requestline or not self.parse_request():
            return False
        if not self.request_version.startswith("HTTP/1."):
            self.send_error(HTTPStatus.BAD_REQUEST)
        return True

    def _check_host(self) -> None:
        """Refuses names that are led to this address without its owner's knowledge."""
        hosts = [host.lower() for host in self.headers.get_all("Host", [])]
        if len(hosts) != 1 or hosts[0] not in self._service.authorities:
            raise Refusal(HTTPStatus.FORBIDDEN, "asks by a name that is not the address served")
        self._origin = f"{self._service.scheme}://{hosts[0]}"

    def _respond(self) -> None:
        path = self._path()
        if self.command in ("GET", "HEAD"):
            self._send_file(path)
        elif self.command == "POST":
            self._receive(path)
        else:
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "asks for what is neither GET nor POST")

    def _path(self) -> str:
        """The request's path below the page's address."""
        root, slash, rest = self.path.partition("?")[0].removeprefix("/").partition("/")
        token = self._service.token
        if slash and hmac.compare_digest(root.encode(), token.encode()):
            return rest
        # Browsers ask for icons at the root by themselves, which is nobody's fault.
        of_another = len(root) == len(token) or self.command == "POST"
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            "does not have this run's address; open the one that is shown" if of_another else None,
        )

    def _send_file(self, path: str) -> None:
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            raise Refusal(HTTPStatus.BAD_REQUEST, "sends something with a request for a file")
        name = self._service.files.name_of(path)
        if name is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "asks for a file that is not served")
        with contextlib.ExitStack() as stack:
            try:
                stream, size = stack.enter_context(self._service.files.opened(name))
            except OSError as error:
                reason = printable(error.strerror or "unknown reason")
                raise Refusal(
                    HTTPStatus.INTERNAL_SERVER_ERROR,
                    f"did not get {printable(name)}, which cannot be read ({reason})",
                ) from error
            self._send_head(HTTPStatus.OK, headers_of(name), size)
            while self.command == "GET" and size:
                part = stream.read(min(_PART, size))
                if not part:
                    raise Refusal(HTTPStatus.OK, f"got a part of {printable(name)}, which shrank")
                size -= len(part)
                self.connection.write(part)

    def _receive(self, path: str) -> None:
        """Does what a post says."""
        size = self._content_length()
        if self.headers.get("Origin", self._origin).lower() not in self._origins(path):
            raise Refusal(HTTPStatus.FORBIDDEN, "posts from another page")
        match path.split("/"):
            case ["browsers"]:
                self._receive_opening(size)
            case ["browsers", number, "progress"]:
                self._receive_progress(_number(number), size)
            case ["browsers", number, "answers", request]:
                self._receive_answer(_number(number), _number(request), size)
            case ["browsers", number, "gone"]:
                self._receive_end(_number(number), size)
            case _:
                raise Refusal(HTTPStatus.NOT_FOUND, "posts where nothing is taken")

    def _receive_opening(self, size: int) -> None:
        browsers = self._service.browsers
        self._check_content(size, LARGEST_POST)
        browsers.check_opening()
        opening = parse_post(self._content(size), Opening)
        number = browsers.add()
        try:
            self._hand_on(Opened(number, opening.machine))
        except Refusal:
            browsers.remove(number)
            raise
        content = json.dumps({"browser": number}).encode()
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        self._send_head(HTTPStatus.CREATED, headers, len(content))
        self.connection.write(content)

    def _receive_progress(self, number: int, size: int) -> None:
        self._check_content(size, LARGEST_POST)
        self._service.browsers.check_post(number)
        advance = parse_post(self._content(size), Advance)
        self._largest_answer(advance.request)
        self._hand_on(Progressed(number, advance.request, advance.done))
        self._send_head(HTTPStatus.NO_CONTENT)

    def _receive_answer(self, number: int, request: int, size: int) -> None:
        browsers, inbox = self._service.browsers, self._service.inbox
        self._check_content(size, self._largest_answer(request))
        browsers.check_post(number)
        browsers.begin_answer(number, request)
        came = False
        try:
            if not inbox.reserve(size):
                raise _busy()
            try:
                content = self._content(size)
                self._hand_on(Answered(number, request, content))
                came = True
            finally:
                if not came:
                    inbox.release(size)
        finally:
            browsers.end_answer(number, request, came=came)
        self._send_head(HTTPStatus.NO_CONTENT)

    def _receive_end(self, number: int, size: int) -> None:
        self._check_content(size, LARGEST_POST, _BEACON)
        self._content(size)
        if self._service.browsers.remove(number):
            self._hand_on(Gone(number))
        self._send_head(HTTPStatus.NO_CONTENT)

    def _content_length(self) -> int:
        """How much is posted, as the head says."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or not lengths:
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, "posts without a length")
        size = whole_number(lengths[0]) if len(lengths) == 1 else None
        if size is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "posts with a length that is none")
        return size

    def _origins(self, path: str) -> tuple[str, ...]:
        # What a page without referrers sends while it closes has the origin null.
        return (self._origin, "null") if path.endswith("/gone") else (self._origin,)

    def _check_content(self, size: int, largest: int, types: frozenset[str] = _JSON) -> None:
        """Refuses what need not be read to be refused."""
        if self.headers.get("Content-Type", "").partition(";")[0].strip().lower() not in types:
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "posts what is not JSON")
        if size > largest:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"posts {size} bytes, and {largest} are the most there",
            )

    def _content(self, size: int) -> bytes:
        """What is posted."""
        if self._awaits:
            self.connection.respond()
            self.connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.connection.expect_content(size)
        parts = []
        while size:
            part = self.rfile.read1(min(size, _PART))
            if not part:
                raise Refusal(HTTPStatus.BAD_REQUEST, "posts less than it says")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _largest_answer(self, request: int) -> int:
        largest = self._service.largest_answers
        if not 0 <= request < len(largest):
            raise Refusal(HTTPStatus.NOT_FOUND, "posts for a request that was not made")
        return largest[request]

    def _hand_on(self, event: Event) -> None:
        """Gives an event to whoever waits for it, who may end everything at once."""
        self.connection.is_owed = True
        if not self._service.inbox.put(event):
            raise _busy()

    def _send_head(
        self, status: HTTPStatus, headers: dict[str, str] | None = None, size: int | None = None
    ) -> None:
        """Sends the head of a response; without a size, that of an empty one."""
        self._is_answered = True
        said = HEADERS | (headers or {"Cache-Control": "no-store"})
        if status != HTTPStatus.NO_CONTENT:
            said |= {"Content-Length": str(size or 0)}
        if self.close_connection:
            said |= {"Connection": "close"}
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in said.items()]
        self.connection.respond()
        self.connection.write("\r\n".join((*lines, "", "")).encode())

    def _refuse(self, refusal: Refusal) -> None:
        """Answers with a status alone, and ends the connection: what follows is not read."""
        self.close_connection = True
        if refusal.reason is not None:
            self._tell(refusal.reason)
        if not self._is_answered:
            self._send_head(refusal.status)
            self.connection.drain()

    def _tell(self, reason: str) -> None:
        self._service.inbox.put_refusal(self.connection.address, reason)


def _number(text: str) -> int:
    number = whole_number(text)
    if number is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "posts where nothing is taken")
    return number


def _busy() -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE)
