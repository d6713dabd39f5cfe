"""The site of the page: its own files, the runtimes that it loads, and what it is to run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...errors import LabError
from ...lab.place import Lab, open_lab
from ...lab.web import LITERT_WASM, NAME, ONNX_FILES, ONNX_FOLDER
from .job import Parts
from .protocol import WebFile

SITE = Path(__file__).parent / "site"
"""What ``python -m lowformer_edge.targets.web.build`` makes of the page's modules."""

LITERT_BUILDS = (
    "litert_wasm_internal",
    "litert_wasm_threaded_internal",
    "litert_wasm_compat_internal",
)
"""Of LiteRT's WebAssembly: with relaxed SIMD, the same for several threads, and for all others."""

_LITERT, _ONNX = "runtimes/litert", "runtimes/onnx"


def page_parts() -> Parts:
    """The page's own files.

    Raises:
        LabError: They were not built.
    """
    paths = sorted(path for path in SITE.glob("*") if path.is_file())
    if not paths:
        raise LabError("the page for browsers is not built; run: make web-page")
    return {path.name: path for path in paths}


def runtime_parts(files: Iterable[WebFile]) -> Parts:
    """The runtimes that files need.

    Raises:
        LabError: The web laboratory is missing.
    """
    lab = open_lab(NAME)
    formats = {file.format for file in files}
    parts: dict[str, Path] = {}
    if "tflite" in formats:
        parts |= _litert_parts(lab)
    if "onnx" in formats:
        # What is bundled into the page's scripts is the first of them.
        parts |= {f"{_ONNX}/{name}": lab.folder / ONNX_FOLDER / name for name in ONNX_FILES[1:]}
    return parts


def _litert_parts(lab: Lab) -> dict[str, Path]:
    folder = lab.folder / LITERT_WASM
    names = [f"{build}.{suffix}" for build in LITERT_BUILDS for suffix in ("js", "wasm")]
    return {f"{_LITERT}/{name}": folder / name for name in names}
