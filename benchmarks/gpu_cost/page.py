"""A page that runs TFLite files on a browser's software GPU and counts what they ask of it."""

from __future__ import annotations

import http.server
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from lowformer_edge.lab.place import Lab
from lowformer_edge.lab.web import LITERT, MODULES
from lowformer_edge.targets.web.compiler import bundle
from lowformer_edge.targets.web.local_browser import opened_browser

HERE = Path(__file__).parent

PRECISIONS = ("fp32", "fp16")
"""That the GPU computes in, in the order in which the page tells of them."""

PATIENCE_S = 300
"""For how long the page may say nothing."""

_PAGE = b'<!doctype html><title>GPU cost</title><script type="module" src="main.js"></script>'

_TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html"}


class _Told(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class GpuCost(_Told):
    """What one inference asks of a GPU; see ``counter.ts``."""

    dispatches: int
    bytes_read: int
    bytes_written: int
    unknown: int


class FileCost(_Told):
    """What a file asks of a GPU that computes in a precision.

    Attributes:
        file: Where the page had it from.
        precision: One of :data:`PRECISIONS`.
        failure: Why there are no figures; None where there are.
        costs: Of each of a few inferences.
    """

    file: str
    precision: str
    failure: str | None
    costs: tuple[GpuCost, ...]


def count_costs(lab: Lab, files: Sequence[Path]) -> Iterator[FileCost]:
    """Has a browser count what TFLite files ask of a GPU.

    Args:
        lab: The web laboratory.
        files: The files.

    Yields:
        For each file one of each precision.

    Raises:
        TargetError: There is no browser, or it ended.
        TimeoutError: The page said nothing for too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "main.js"
        bundle(lab, HERE / "main.ts", script, ["--format=esm"])
        parts: dict[str, bytes | Path] = {"/": _PAGE, "/main.js": script}
        wasm = lab.folder / MODULES / LITERT.name / "wasm"
        parts |= {f"/wasm/{path.name}": path for path in wasm.iterdir()}
        names = [f"/{number}.tflite" for number in range(len(files))]
        parts |= dict(zip(names, files, strict=True))
        parts["/files"] = ("[" + ",".join(f'"{name}"' for name in names) + "]").encode()
        with _Server(parts) as server:
            address = f"http://localhost:{server.server_port}/"
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with opened_browser(address, gpu=True, software_gpu=True) as hold_alive:
                for _ in range(len(files) * len(PRECISIONS)):
                    yield server.wait(hold_alive)
            server.shutdown()


class _Server(http.server.ThreadingHTTPServer):
    """Serves a page to this machine, and takes what it tells."""

    daemon_threads = True

    def __init__(self, parts: Mapping[str, bytes | Path]) -> None:
        super().__init__(("localhost", 0), _Handler)
        self.parts = parts
        self.told: queue.Queue[bytes] = queue.Queue()

    def wait(self, hold_alive: Callable[[], None]) -> FileCost:
        """What the page tells next, as long as the browser lives."""
        for _ in range(PATIENCE_S):
            hold_alive()
            try:
                return FileCost.model_validate_json(self.told.get(timeout=1))
            except queue.Empty:
                continue
        raise TimeoutError(f"the page said nothing for {PATIENCE_S} s")


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    _LARGEST: ClassVar[int] = 2**20

    def do_GET(self) -> None:
        part = self.server.parts.get(self.path)
        content = part.read_bytes() if isinstance(part, Path) else part
        self.send_response(404 if content is None else 200)
        suffix = Path(self.path).suffix or ".html"
        self.send_header("Content-Type", _TYPES.get(suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def do_POST(self) -> None:
        length = min(int(self.headers["Content-Length"]), self._LARGEST)
        self.server.told.put(self.rfile.read(length))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Says nothing of each request."""
