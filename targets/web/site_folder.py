"""A static site as a folder, which any host can serve."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ...artifact.files import contents_of, digest_of
from ...errors import ArtifactError
from ...process.limits import LARGEST_TEXT
from ...process.reading import read_text
from ...process.replacing import Contents, Ownership, recover_folder, replaced_folder
from ...process.text import printable
from .job import Parts

SUMS = "SHA256SUMS"
"""Lists every other file of a site, as ``sha256sum --check`` reads it."""


def check_replaceable(folder: Path, *, overwrite: bool) -> None:
    """Checks that a site may be put at a place; what a dead run left there is cleared.

    Args:
        folder: Where the site is to go.
        overwrite: Whether an older site may be replaced.

    Raises:
        ArtifactError: Something else is there, or a site that may not be replaced.
    """
    recover_folder(folder, SITE)
    if os.path.lexists(folder) and _site_contents(folder) and not overwrite:
        raise ArtifactError(
            f"{folder}: exists; give `overwrite` to replace it, or another `output`"
        )


def write_site_folder(parts: Parts, folder: Path) -> None:
    """Writes a site whole, in the place of an older one.

    Args:
        parts: The site's files.
        folder: Where to.

    Raises:
        ArtifactError: Something else is there, or the folder cannot be written.
    """
    with replaced_folder(folder, SITE) as new:
        sums = []
        for name, part in sorted(parts.items()):
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(part, Path):
                shutil.copyfile(part, path)
            else:
                path.write_bytes(part)
            sums.append(f"{digest_of(path)}  {name}\n")
        (new / SUMS).write_text("".join(sums), encoding="utf-8")


def _site_contents(folder: Path) -> Contents:
    """What is in a site that holds nothing but its own files as they were, or in an empty folder.

    Raises:
        ArtifactError: It is something else.
    """
    contents = contents_of(folder)
    if not contents:
        return contents
    try:
        lines = read_text(folder / SUMS, LARGEST_TEXT).splitlines()
    except (OSError, ValueError) as error:
        raise _refusal(folder, "has no readable list of a site's files") from error
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name, digest in contents.items():
        is_own = name.endswith("/") or name == SUMS or listed.get(name) == digest
        if not is_own:
            raise _refusal(folder, f"holds {printable(name)}, which is not as a site wrote it")
    return contents


def _refusal(folder: Path, reason: str) -> ArtifactError:
    return ArtifactError(f"{folder}: {reason}, so it is not replaced; choose another `output`")


SITE = Ownership(_site_contents)
"""What may be removed of a folder that a site replaces."""
