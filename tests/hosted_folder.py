"""A folder behind an address on the loopback, as a host that only serves files has it."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class FilesAlone(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, without a header that a host of files would not send."""

    extensions_map = {  # noqa: RUF012 - as the class that it is taken from
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *words: Any) -> None:
        """Says nothing."""


@contextlib.contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serves a folder; gives its address, which ends with a slash."""
    handler = functools.partial(FilesAlone, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
