"""The files of the page, as they are served."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote

INDEX = "index.html"
"""What an empty path stands for."""

RUNTIMES = "runtimes/"
"""Below it lies what does not change, and is large."""

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "connect-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self)",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every response: the page has its threads, and nothing but its own server."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
"""By suffix; everything else, models as well, is bytes."""


class SiteFiles:
    """What is served, by its path below the page's address.

    Args:
        files: Files, or contents, by exactly those paths.
    """

    def __init__(self, files: Mapping[str, Path | bytes]) -> None:
        self._files = dict(files)

    def name_of(self, path: str) -> str | None:
        """The name of the file that a path of an address means; None where there is none."""
        try:
            name = unquote(path, errors="strict") or INDEX
        except UnicodeDecodeError:
            return None
        return name if name in self._files else None

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """A file and its size.

        Raises:
            OSError: It cannot be read.
        """
        content = self._files[name]
        if isinstance(content, bytes):
            yield io.BytesIO(content), len(content)
            return
        with content.open("rb") as stream:
            yield stream, os.fstat(stream.fileno()).st_size


def headers_of(name: str) -> dict[str, str]:
    """What is said of a file beside its size."""
    lasts = name.startswith(RUNTIMES)
    return {
        "Content-Type": _TYPES.get(PurePosixPath(name).suffix, "application/octet-stream"),
        # The address is another one the next time: nothing outlives this run.
        "Cache-Control": "private, max-age=86400, immutable" if lasts else "no-store",
    }
