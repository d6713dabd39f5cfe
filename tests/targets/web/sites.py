"""Sites of bundles as a static host has them, and a server for them."""

from __future__ import annotations

import contextlib
import dataclasses
import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.targets.web.bundle_site import BUNDLE, bundle_parts
from lowformer_edge.targets.web.job import check_task, job_of, job_parts, ship_files, ship_images
from lowformer_edge.targets.web.protocol import AloneTask, AnyTask, TimeTask, WebFile, WebImages
from lowformer_edge.targets.web.site import runtime_parts

Parts = dict[str, bytes | Path]
"""What a site has, by path."""

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self';"
    " style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:;"
    " worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)

ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}

TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}

Setting = Mapping[str, Any]
"""An accelerator and its threads."""

WASM: Setting = {"accelerator": "wasm", "threads": 1}
WEBGPU: Setting = {"accelerator": "webgpu", "threads": 1}


def site_of(
    bundle: Path,
    page: Mapping[str, bytes],
    *,
    settings: Sequence[Setting] = (WASM,),
    rounds: int = 5,
    images: int = 2,
    samples: Sequence[Path] = (),
) -> Parts:
    """A site of a bundle's files that browsers run, with less to do than people's."""
    opened = open_bundle(bundle)
    shipped = ship_files([path for path in opened.files if path.suffix in (".tflite", ".onnx")])
    shown, pixels = ship_images("images.raw", opened.golden().pixels[:images])
    requests = [
        request
        for setting in settings
        for request in _requests(shipped.files, shown, opened.preprocessing, setting, rounds)
    ]
    job = job_of(opened.manifest.name, shipped.files, requests, starts=False)
    own = {f"samples/{number}{path.suffix}": path for number, path in enumerate(samples)}
    parts = {
        **page,
        **runtime_parts(shipped.files),
        **shipped.parts,
        **pixels,
        **bundle_parts(opened),
        **job_parts(job),
        **own,
    }
    return parts | {BUNDLE: json.dumps(stated(parts, BUNDLE) | {"samples": list(own)}).encode()}


def stated(parts: Parts, name: str) -> dict[str, Any]:
    """What a site's JSON file states."""
    content = parts[name]
    assert isinstance(content, bytes)
    return json.loads(content)


def _requests(
    files: Sequence[WebFile],
    images: WebImages,
    preprocessing: Preprocessing,
    setting: Setting,
    rounds: int,
) -> Iterator[AnyTask]:
    """All files at once, then each alone, then those of each format in turns."""
    common = {**setting, "timeout_s": 120}
    on_cpu = setting["accelerator"] == "wasm"
    taken = [k for k, file in enumerate(files) if file.format == "tflite" or on_cpu]
    yield check_task(taken, images, preprocessing, common)
    for number in taken:
        yield AloneTask(files=(number,), **common)
    for name in dict.fromkeys(files[number].format for number in taken):
        same = tuple(number for number in taken if files[number].format == name)
        yield TimeTask(files=same, rounds=rounds, first=0, warmup_s=0, **common)


@dataclasses.dataclass
class Served:
    """A site that is served.

    Attributes:
        address: Of its root.
        posts: What was posted, by path.
    """

    address: str
    posts: list[tuple[str, Any]]


@contextlib.contextmanager
def served(parts: Parts, *, isolated: bool = True, takes_posts: bool = False) -> Iterator[Served]:
    """A site on this machine alone."""
    posts: list[tuple[str, Any]] = []

    class Handler(_Handler):
        site = parts
        headers_added: ClassVar[dict[str, str]] = {
            "Cache-Control": "no-store",
            **(ISOLATION | {"Content-Security-Policy": POLICY} if isolated else {}),
        }
        received = posts if takes_posts else None

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}/", posts)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: browsers that are closed leave their connections."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """Gives what the site has, and takes posts where somebody waits for them."""

    protocol_version = "HTTP/1.1"
    site: ClassVar[Parts] = {}
    headers_added: ClassVar[dict[str, str]] = {}
    received: ClassVar[list[tuple[str, Any]] | None] = None

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/") or "index.html"
        part = self.site.get(path)
        if part is None:
            self._answer(404, b"", "text/plain")
        else:
            content = part if isinstance(part, bytes) else part.read_bytes()
            self._answer(200, content, TYPES.get(Path(path).suffix, "application/octet-stream"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.received is None:
            self._answer(404, b"", "text/plain")
            return
        self.received.append((self.path.lstrip("/"), json.loads(body)))
        if self.path == "/browsers":
            self._answer(201, b'{"browser": 0}', "application/json")
        else:
            self._answer(204, b"", "application/json")

    def _answer(self, status: int, content: bytes, media_type: str) -> None:
        self.send_response(status)
        for name, value in self.headers_added.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""
