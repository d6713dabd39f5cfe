"""What of this package other machines need to run files, and what must be installed there."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from pathlib import Path

PACKAGE = "lowformer_edge"
DISTRIBUTION = "lowformer-edge"

MODULES = (
    "__init__.py",
    "py.typed",
    "errors.py",
    "progress.py",
)
FOLDERS = ("process", "artifact", "runtime")

BASE = {"numpy": "numpy", "PIL": "pillow", "pydantic": "pydantic"}
"""Distributions by the module that each is for, without which nothing can be run."""

LEAST_MAJOR = {"pydantic": 2}
"""First parts of the oldest versions that will do, where systems still bring older ones."""

BY_FORMAT = {
    ".tflite": {"ai_edge_litert": "ai-edge-litert", "flatbuffers": "flatbuffers"},
    ".pte": {"executorch": "executorch", "torch": "torch"},
    ".onnx": {"onnxruntime": "onnxruntime", "onnx": "onnx"},
    ".mlpackage": {"threadpoolctl": "threadpoolctl"},
}
"""The same by the end of a file's name, for files of that format alone."""


def shipped_files() -> list[tuple[str, Path]]:
    """This package's modules that need no torch: names below a folder to import from, and paths."""
    root = Path(__file__).parents[1]
    paths = [root / name for name in MODULES]
    paths += sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return [(f"{PACKAGE}/{path.relative_to(root).as_posix()}", path) for path in paths]


def modules_for(suffixes: Iterable[str]) -> dict[str, str]:
    """Distributions by the module that each is for, for files with such ends of their names."""
    return {
        module: distribution
        for suffix in dict.fromkeys(suffixes)
        for module, distribution in BY_FORMAT.get(suffix, {}).items()
    }


def install_command(python: str, distributions: Iterable[str]) -> str:
    """What installs distributions there in the versions that this package was tested with."""
    pins = _pins()
    wanted = " ".join(pins.get(name, name) for name in dict.fromkeys(distributions))
    return f"{python} -m pip install {wanted}"


def _pins() -> dict[str, str]:
    """Requirements such as ``numpy==2.4.6`` by the distribution's name."""
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    pins = [item.partition(";")[0].strip() for item in requirements]
    return {pin.partition("==")[0]: pin for pin in pins if "==" in pin}
