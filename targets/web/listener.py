"""What takes connections, a few at a time, and has each served by a thread of its own."""

from __future__ import annotations

import dataclasses
import http.server
import secrets
import socketserver
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from .address import LOOPBACK, Address
from .connection import BrowserConnection
from .handler import PageHandler
from .service import Service
from .site_files import SiteFiles

MOST_CONNECTIONS = 64
"""At once, of all; a browser opens six."""

MOST_OF_ONE = 16
"""At once, of an address that is not this machine's own."""

REPLYING_S = 0.5
"""For how long what came is still replied to."""

CLOSING_S = 1.0
"""For how long threads are waited for whose connections were cut."""

TOKEN_BYTES = 18
"""Of chance in the page's address."""

_POLL_S = 0.05


class Listener(http.server.ThreadingHTTPServer):
    """The server's socket, open; what it serves never leaves it but by a handler.

    Args:
        address: Where it listens.
        files: What it serves.
        largest_answers: Bytes of the answer to each request.
        tls: Encrypts connections; None leaves them as they are.

    Raises:
        OSError: It cannot listen there.
    """

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(
        self,
        address: Address,
        files: SiteFiles,
        largest_answers: Sequence[int],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._tls = tls
        self._lock = threading.Lock()
        self._open: dict[BrowserConnection, threading.Thread] = {}
        super().__init__((address.host, address.port), PageHandler)
        scheme = "http" if tls is None else "https"
        bound = dataclasses.replace(address, port=self.server_address[1])
        self.service = Service(
            files,
            tuple(largest_answers),
            scheme,
            bound.authorities(scheme),
            secrets.token_urlsafe(TOKEN_BYTES),
        )
        self._loop = threading.Thread(target=self.serve_forever, args=(_POLL_S,), daemon=True)
        self._loop.start()

    def server_bind(self) -> None:
        """Binds, without asking anybody for this machine's name."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Starts a thread for a connection, if there are not too many."""
        address = client_address[0]
        with self._lock:
            count = Counter(connection.address for connection in self._open)
            is_crowded = count.total() >= MOST_CONNECTIONS or (
                address != LOOPBACK.host and count[address] >= MOST_OF_ONE
            )
            if not is_crowded:
                connection = BrowserConnection(request, address, self._tls)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                thread.start()  # which may fail; it waits for the lock to remove its connection
                self._open[connection] = thread
                return
        self.shutdown_request(request)
        self.service.inbox.put_refusal(address, "opens more connections than are taken at once")

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing; what a client makes go wrong is told like everything that is refused."""
        self.service.inbox.put_refusal(client_address[0], "could not be served")

    def close(self) -> None:
        """Ends everything, whatever clients are doing."""
        self.service.inbox.close()
        self.shutdown()
        self._loop.join()
        self.server_close()
        with self._lock:
            still = dict(self._open)
        self._reply_to(still)
        for connection in still:
            connection.interrupt()
        end = time.monotonic() + CLOSING_S
        for thread in still.values():
            thread.join(max(0.0, end - time.monotonic()))

    def _reply_to(self, connections: Iterable[BrowserConnection]) -> None:
        """Waits a little for replies to what came, the last answer of a browser above all."""
        end = time.monotonic() + REPLYING_S
        while any(one.is_owed for one in connections) and time.monotonic() < end:
            time.sleep(_POLL_S)

    def _serve(self, connection: BrowserConnection) -> None:
        try:
            PageHandler(self.service, connection, self)
        except Exception:
            self.handle_error(connection, (connection.address, 0))
        finally:
            with self._lock:
                del self._open[connection]
            connection.close()
