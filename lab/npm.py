"""Packages of the npm registry, fetched with this machine's ``npm`` and checked."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import shutil
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from ..errors import LabError
from ..process.tool import run_tool

_ROOT = "package"


@dataclasses.dataclass(frozen=True)
class NpmPackage:
    """A package in one version.

    Attributes:
        name: As in the registry.
        version: Exactly.
        sha512: Of its tarball, in base64, as the registry states it.
    """

    name: str
    version: str
    sha512: str

    @property
    def tarball(self) -> str:
        """What ``npm pack`` calls its file."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def fetch(packages: Sequence[NpmPackage], folder: Path) -> None:
    """Fetches packages' tarballs and checks them.

    Args:
        packages: What is wanted.
        folder: Takes the tarballs.

    Raises:
        LabError: npm is missing, or a package cannot be had or is another one.
    """
    folder.mkdir(parents=True)
    run_tool(
        [
            *("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder),
            *(f"{package.name}@{package.version}" for package in packages),
        ],
        f"fetching {packages[0].name}",
        cwd=folder,
    )
    for package in packages:
        _check(folder / package.tarball, package)


def extract(tarball: Path, into: Path, wanted: Callable[[PurePosixPath], bool]) -> None:
    """Unpacks some files of a package.

    Args:
        tarball: Fetched by :func:`fetch`.
        into: A folder that takes them, under their paths in the package.
        wanted: Whether a path in the package is.

    Raises:
        LabError: A path leads out of the package; nothing is written there.
    """
    with tarfile.open(tarball) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.parts[:1] != (_ROOT,):
                continue
            path = path.relative_to(_ROOT)
            if ".." in path.parts:
                raise LabError(f"{tarball}: has a file outside its package: {member.name}")
            content = archive.extractfile(member)
            if content and wanted(path):
                (into / path).parent.mkdir(parents=True, exist_ok=True)
                with content, (into / path).open("wb") as file:
                    shutil.copyfileobj(content, file)


def _check(tarball: Path, package: NpmPackage) -> None:
    named = f"{package.name} {package.version}"
    if not tarball.is_file():
        raise LabError(f"npm fetched no {tarball.name} for {named}")
    with tarball.open("rb") as content:
        digest = base64.b64encode(hashlib.file_digest(content, "sha512").digest()).decode()
    if digest != package.sha512:
        raise LabError(f"{named}: the registry's file is not the one that is known; do not use it")
