"""Python packages for another processor, in the versions that this product was tested with."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..process.tool import run_tool

PYTHON = "3.11"
PLATFORMS = tuple(
    f"manylinux{version}_aarch64"
    for version in ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014")
)

_EXTRA = re.compile(r"^(?P<requirement>[^;]+?)\s*;\s*extra == ['\"](?P<extra>[^'\"]+)['\"]$")


def requirements(*extras: str) -> list[str]:
    """What ``lowformer-edge`` needs, with the packages of these extras, each with its version."""
    found = []
    for line in importlib.metadata.requires("lowformer-edge") or ():
        match = _EXTRA.match(line)
        if match is None:
            found.append(line)
        elif match["extra"] in extras and not match["requirement"].startswith("lowformer-edge"):
            found.append(match["requirement"])
    return found


def requirement(extra: str, package: str) -> str:
    """The requirement of one package of an extra."""
    (found,) = (
        item for item in requirements(extra) if re.match(rf"{re.escape(package)}\b(?!-)", item)
    )
    return found


def install(packages: Sequence[str], into: Path, *, with_dependencies: bool = True) -> None:
    """Unpacks wheels for 64-bit ARM and Python 3.11.

    Raises:
        LabError: pip is missing, or a package cannot be had.
    """
    options = [f"--platform={name}" for name in PLATFORMS]
    if not with_dependencies:
        options.append("--no-deps")
    run_tool(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--target", into, "--upgrade", "--only-binary=:all:"),
            *("--implementation=cp", f"--python-version={PYTHON}"),
            *options,
            *packages,
        ],
        f"fetching {packages[0]} for ARM",
    )
