"""Where the peers live: a folder of their own, whose environments have nothing to do with ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...errors import CheckError
from ...lab import wheels
from ...process.ending import how_ended, kill_group
from ...process.tool import run_tool
from ...process.waiting import ASLEEP, POLICY
from ...progress import Progress

BUILD = Path("build").absolute() / "peers"
FILES = BUILD / "files"
COUNTS = BUILD / "counts"
"""Instructions, by processor."""

ARM_SITE = BUILD / "arm" / "site-packages"
"""Named so that tools which read all of this checkout, as mypy does, pass it over."""

PATIENCE_S = 1800.0
"""Seconds for a conversion, or for all images on an emulated processor."""

PROJECT = "project"
"""The one that runs in the project's own environment."""

PEERS = ("openvino", "nncf", "ncnn", "pnnx", "MNN")
"""Packages whose versions make the table."""

_ROOT = Path(__file__).parents[2]
_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_VENV = BUILD / "venv"
_HOME = BUILD / "home"

_ON_ARM = ("openvino", "ncnn", "MNN")
_ARM_PLATFORMS = (*wheels.PLATFORMS, "manylinux_2_35_aarch64")
"""The laboratory's userland is Debian 12's, with glibc 2.36; OpenVINO asks for 2.35."""


class PeerError(CheckError):
    """A peer could not do something; the others go on."""


def pins() -> dict[str, str]:
    """Versions in ``requirements.txt``, by package."""
    lines = _REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    pinned = (line.partition("#")[0].strip() for line in lines)
    return dict(pin.split("==") for pin in pinned if pin)


def make_environment(progress: Progress) -> None:
    """Installs the peers for this machine, unless they are; other versions begin anew."""
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    if _installed(_VENV) == wanted:
        return
    shutil.rmtree(BUILD, ignore_errors=True)
    FILES.mkdir(parents=True)
    _decline_telemetry()
    with progress.step("installing the peers"):
        make = ["sh", str(_ROOT / ".ci" / "make-venv"), sys.executable, str(_VENV)]
        run_tool(make, "making the peers' environment")
        pip = [str(_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        options = ["--no-deps", "--only-binary=:all:", "--requirement", str(_REQUIREMENTS)]
        run_tool([*pip, *options], "installing the peers")
    _note_installed(_VENV, wanted)


def make_arm_site(progress: Progress) -> None:
    """Fetches the peers' runtimes for 64-bit ARM, beside the laboratory and not into it."""
    wanted = "\n".join(f"{name}=={pins()[name]}" for name in _ON_ARM)
    if _installed(ARM_SITE) == wanted:
        return
    with progress.step("fetching the peers for ARM"):
        wheels.install(
            wanted.splitlines(), ARM_SITE, with_dependencies=False, platforms=_ARM_PLATFORMS
        )
    _note_installed(ARM_SITE, wanted)


def _installed(place: Path) -> str | None:
    note = place / ".installed"
    return note.read_text(encoding="utf-8") if note.is_file() else None


def _note_installed(place: Path, what: str) -> None:
    (place / ".installed").write_text(what, encoding="utf-8")


def _decline_telemetry() -> None:
    """Says no for OpenVINO's tools, which take a missing file for consent."""
    consent = _HOME / "intel" / "openvino_telemetry"
    consent.parent.mkdir(parents=True, exist_ok=True)
    consent.write_text("0", encoding="utf-8")


def python_of(peer: str) -> str:
    """The Python that a peer runs in on this machine."""
    return sys.executable if peer == PROJECT else str(_VENV / "bin" / "python")


def variables(package: Path) -> dict[str, str]:
    """The environment of all: one thread, a home of their own, and no telemetry.

    Args:
        package: A folder in which ``lowformer_edge`` is found.
    """
    return os.environ | {
        "HOME": str(_HOME),
        "NNCF_CI": "1",
        "OMP_NUM_THREADS": "1",
        POLICY: ASLEEP,
        "PYTHONPATH": str(package),
    }


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
    """Runs a peer's process to its end.

    Raises:
        PeerError: It failed, died, or took too long.
    """
    with subprocess.Popen(  # noqa: S603 - our own command lines
        [str(part) for part in command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise PeerError(f"was given up after {PATIENCE_S:g} s") from error
        finally:
            kill_group(process)
    if process.returncode:
        raise PeerError(how_ended(process.returncode, said))
