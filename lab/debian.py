"""Packages of a Debian release, fetched and unpacked into a folder; nothing is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from ..errors import LabError
from ..process.tool import run_tool

RELEASE = "bookworm"
BACKPORTS = "bookworm-backports"
"""What laboratories are made of, whatever release this machine runs."""

OLDER = "bullseye"
"""Has what was left out of the release: Android's classes, and a compiler for its bytecode."""

MIRROR_VARIABLE = "LOWFORMER_EDGE_DEBIAN_MIRROR"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

SYSTEM_LIBRARIES = ("libc6", "libgcc-s1", "libstdc++6")
"""Left out of what this machine's own programs load, which must have one of each."""


class DebianArchive:
    """A Debian archive, asked through this machine's ``apt-get`` with lists of its own.

    Signatures are checked as ever; neither the lists nor the packages of this machine change.

    Args:
        folder: For lists and packages; it can be removed afterwards.
        releases: Whose lists are read.

    Raises:
        LabError: This machine has no apt, or no Debian mirror is known.
    """

    def __init__(self, folder: Path, releases: Sequence[str] = (RELEASE, BACKPORTS)) -> None:
        self._folder = folder
        for name in ("state/lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        mirror = _mirror()
        if not KEYRING.is_file():
            raise LabError(f"{KEYRING}: is missing; install debian-archive-keyring")
        (folder / "sources.list").write_text(
            "".join(f"deb [signed-by={KEYRING}] {mirror} {release} main\n" for release in releases),
            encoding="utf-8",
        )
        (folder / "apt.conf").write_text(
            f"""
            Dir::State "{folder}/state";
            Dir::State::status "{folder}/status";
            Dir::Cache "{folder}/cache";
            Dir::Etc::sourcelist "{folder}/sources.list";
            Dir::Etc::sourceparts "{folder}/none";
            Dir::Etc::parts "{folder}/none";
            Dir::Etc::preferences "{folder}/none";
            Dir::Etc::preferencesparts "{folder}/none";
            APT::Architecture "amd64";
            APT::Architectures {{ "amd64"; "arm64"; }};
            APT::Install-Recommends "false";
            APT::Sandbox::User "";
            Acquire::Languages "none";
            Debug::NoLocking "true";
            """,
            encoding="utf-8",
        )
        (folder / "none").mkdir()
        self._environment = os.environ | {"APT_CONFIG": str(folder / "apt.conf")}
        self._apt("reading the package lists", "update", "-qq")

    def unpack(
        self,
        packages: Sequence[str],
        into: Path,
        *,
        release: str = RELEASE,
        leave_out: Collection[str] = (),
    ) -> dict[str, str]:
        """Unpacks packages with all that they depend on.

        Args:
            packages: Names, with an architecture where it is not this machine's (``tar:arm64``).
            into: A folder that takes their files.
            release: Whose versions are preferred.
            leave_out: Packages that are not wanted although others depend on them.

        Returns:
            Versions, by package.

        Raises:
            LabError: A package cannot be had.
        """
        self._apt("choosing packages", "clean")
        arguments = ("--yes", "--download-only", "-qq", "--target-release", release)
        self._apt(f"fetching {packages[0]}", "install", *arguments, *packages)
        return self._unpack_fetched(into, leave_out)

    def unpack_alone(
        self, packages: Sequence[str], into: Path, *, release: str = RELEASE
    ) -> dict[str, str]:
        """Unpacks packages without what they depend on.

        Args:
            packages: Names; ``name=version`` where no other version will do.
            into: A folder that takes their files.
            release: Whose versions are taken.

        Returns:
            Versions, by package.

        Raises:
            LabError: A package cannot be had.
        """
        self._apt("choosing packages", "clean")
        chosen = [name if "=" in name else f"{name}/{release}" for name in packages]
        self._apt(f"fetching {packages[0]}", "download", "-qq", *chosen)
        return self._unpack_fetched(into, ())

    def _unpack_fetched(self, into: Path, leave_out: Collection[str]) -> dict[str, str]:
        versions = {}
        into.mkdir(parents=True, exist_ok=True)
        for file in sorted((self._folder / "cache" / "archives").glob("*.deb")):
            name, version, architecture = file.stem.split("_")
            if name in leave_out:
                continue
            run_tool(["dpkg-deb", "--extract", file, into], f"unpacking {name}")
            versions[f"{name}:{architecture}"] = version.replace("%3a", ":")
        return versions

    def _apt(self, what_for: str, verb: str, *arguments: str) -> None:
        run_tool(
            ["apt-get", verb, *arguments],
            what_for,
            cwd=self._folder / "cache" / "archives",
            environment=self._environment,
        )


def turn_links(root: Path) -> None:
    """Makes absolute symbolic links within an unpacked system lead to its own files.

    Programs find their settings by them, as Java does. Links to what was not unpacked stay.
    """
    for folder, folders, files in os.walk(root):
        for path in (Path(folder) / name for name in (*folders, *files)):
            if path.is_symlink() and (target := path.readlink()).is_absolute():
                own = root / target.relative_to("/")
                if own.exists() or own.is_symlink():
                    path.unlink()
                    path.symlink_to(os.path.relpath(own, path.parent))


def library_folders(root: Path) -> list[Path]:
    """Where programs of an unpacked system find their libraries.

    Packages put some beside the usual places, where the dynamic linker would not look. A Java
    machine finds its own.

    Args:
        root: The system.

    Returns:
        Folders with shared libraries, the deeper ones first.
    """
    return sorted(
        {
            library.parent
            for place in ("lib", "usr/lib")
            for library in (root / place).rglob("*.so*")
            if "jvm" not in library.relative_to(root).parts
        },
        reverse=True,
    )


def _mirror() -> str:
    """The Debian mirror that this machine uses.

    Raises:
        LabError: It uses none.
    """
    if mirror := os.environ.get(MIRROR_VARIABLE):
        return mirror
    if not shutil.which("apt-get"):
        raise LabError(
            "laboratories are built from Debian's packages, which needs apt-get and dpkg"
        )
    lines = run_tool(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        "asking for this machine's mirror",
    ).split()
    for line in lines:
        if line.rstrip("/").endswith("/debian"):
            return line
    raise LabError(f"apt knows no Debian mirror here; set {MIRROR_VARIABLE} to the address of one")
