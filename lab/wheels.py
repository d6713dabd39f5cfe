"""Python packages that are no part of this Python: for another processor, or as data."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..process.tool import run_tool

PYTHON = "3.11"
PLATFORMS = tuple(
    f"manylinux{version}_aarch64"
    for version in ("_2_28", "_2_27", "_2_26", "_2_24", "_2_17", "2014")
)

_EXTRA = re.compile(r"^(?P<requirement>[^;]+?)\s*;\s*extra == ['\"](?P<extra>[^'\"]+)['\"]$")


@dataclasses.dataclass(frozen=True)
class Wheel:
    """A package in one version, whose only wheel is for any Python.

    Attributes:
        name: As in the registry.
        version: Exactly.
        sha256: Of the wheel, as the registry states it.
    """

    name: str
    version: str
    sha256: str


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


def install(
    packages: Sequence[str],
    into: Path,
    *,
    with_dependencies: bool = True,
    platforms: Sequence[str] = PLATFORMS,
) -> None:
    """Unpacks wheels for 64-bit ARM and Python 3.11.

    Args:
        packages: What is wanted, each with its version.
        into: The folder.
        with_dependencies: Whether what they need comes too.
        platforms: Tags of wheels that may be taken.

    Raises:
        LabError: pip is missing, or a package cannot be had.
    """
    options = [f"--platform={name}" for name in platforms]
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


def unpack(wheel: Wheel, into: Path) -> None:
    """Unpacks a wheel that is data, once pip has held it against its hash.

    Raises:
        LabError: pip is missing, or the package cannot be had or is another one.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        listed.flush()
        run_tool(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"),
                *("--target", into, "--no-compile", "--requirement", listed.name),
            ],
            f"fetching {wheel.name}",
        )
