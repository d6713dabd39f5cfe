"""Which folders an export may replace."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import ArtifactError
from ..process.limits import LARGEST_TEXT
from ..process.reading import read_text
from ..process.replacing import Contents, Ownership, recover_folder
from ..process.text import printable
from .files import contents_of, folder_digest
from .manifest import FILE_NAME


def check_replaceable(path: Path, *, overwrite: bool) -> None:
    """Checks that a bundle may be put at ``path``, where a dead run's work is ended first.

    Only empty folders are ever replaced, and bundles that hold nothing but their own files, as
    they were written.

    Args:
        path: Where the bundle is to go.
        overwrite: Whether an older bundle may be replaced.

    Raises:
        ArtifactError: Something else is there, or a bundle that may not be replaced.
    """
    recover_folder(path, BUNDLE)
    if os.path.lexists(path) and bundle_contents(path) and not overwrite:
        raise ArtifactError(f"{path}: exists; give `overwrite` to replace it, or another `folder`")


def bundle_contents(path: Path) -> Contents:
    """What is in a bundle that holds nothing but its own files, or in an empty folder.

    Raises:
        ArtifactError: It is something else, holds other files, or files that were changed.
    """
    if path.is_symlink():
        raise ArtifactError(f"{path}: is a link; give the folder itself as `folder`")
    if not path.is_dir():
        raise ArtifactError(f"{path}: exists and is not a folder; choose another `folder`")
    digests = _recorded_digests(path)
    names = sorted(entry.name for entry in path.iterdir())
    for name in names:
        if name not in digests:
            raise _refusal(path, name, "which is no bundle's file")
    try:
        found = contents_of(path)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error
    except ArtifactError as error:
        raise ArtifactError(f"{error}, so it is not replaced; choose another `folder`") from error
    for name in found:
        if name.endswith("/") and not any(found[n] and n.startswith(name) for n in found):
            raise _refusal(path, name, "which is no bundle's folder")
    for name in names:
        if name != FILE_NAME and _digest_of_entry(name, found) != digests[name]:
            raise _refusal(path, name, "which is not as it was written")
    return found


def _is_finders(path: Path) -> bool:
    """Whether a Mac left it where somebody looked into a package."""
    return path.name == ".DS_Store" and len(path.parts) > 1


BUNDLE = Ownership(bundle_contents, _is_finders)
"""What may be removed of a folder that a bundle replaces."""


def _digest_of_entry(name: str, found: Contents) -> str | None:
    """The digest of a file, or of a folder, that is directly in a folder."""
    prefix = f"{name}/"
    if prefix not in found:
        return found.get(name)
    files = {n: digest for n, digest in found.items() if n.startswith(prefix) and digest}
    return folder_digest({n.removeprefix(prefix): digest for n, digest in files.items()})


def _refusal(path: Path, name: str, reason: str) -> ArtifactError:
    return ArtifactError(
        f"{path}: holds {printable(name)}, {reason}, so it is not replaced; choose another `folder`"
    )


def _recorded_digests(folder: Path) -> dict[str, str]:
    """The digest of each file that a folder's manifest records; of the manifest itself, none.

    Nothing where there is no manifest of a bundle.
    """
    path = folder / FILE_NAME
    try:
        content = json.loads(read_text(path, LARGEST_TEXT))
        if not isinstance(content["artifacts"], list) or "schema_version" not in content:
            return {}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
    return {**_digests(content), FILE_NAME: ""}


def _digests(value: Any) -> dict[str, str]:
    """Every text under the key ``path`` that has one under ``sha256`` beside it, however deep."""
    found: dict[str, str] = {}
    if isinstance(value, dict):
        path, digest = value.get("path"), value.get("sha256")
        if isinstance(path, str) and isinstance(digest, str) and digest:
            found[path] = digest
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        found |= _digests(part)
    return found
