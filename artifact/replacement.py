"""Which folders an export may replace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import ArtifactError
from ..process.text import printable
from .manifest import FILE_NAME


def check_replaceable(path: Path, *, overwrite: bool) -> None:
    """Checks that a bundle may be put at ``path``.

    Only empty folders are ever replaced, and bundles that hold nothing but their own files.

    Args:
        path: Where the bundle is to go.
        overwrite: Whether an older bundle may be replaced.

    Raises:
        ArtifactError: Something else is there, or a bundle that may not be replaced.
    """
    if path.is_symlink():
        raise ArtifactError(f"{path}: is a link; give the folder itself as `folder`")
    if path.exists() and not path.is_dir():
        raise ArtifactError(f"{path}: exists and is not a folder; choose another `folder`")
    found = {entry.name for entry in path.iterdir()} if path.exists() else set()
    if not found:
        return
    strangers = sorted(found - _bundle_files(path))
    if strangers:
        raise ArtifactError(
            f"{path}: holds {printable(strangers[0])}, which is no bundle's file, so it is not"
            " replaced; choose another `folder`"
        )
    if not overwrite:
        raise ArtifactError(f"{path}: exists; give `overwrite` to replace it, or another `folder`")


def _bundle_files(folder: Path) -> set[str]:
    """Names of the files that a folder's manifest speaks of, with the manifest; or none."""
    try:
        content = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        if not isinstance(content["artifacts"], list) or "schema_version" not in content:
            return set()
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return set()
    return {FILE_NAME, *_paths(content)}


def _paths(value: Any) -> set[str]:
    """Every text under the key ``path``, however deep."""
    if isinstance(value, dict):
        own = {value["path"]} if isinstance(value.get("path"), str) else set()
        return own.union(*(_paths(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_paths(item) for item in value))
    return set()
