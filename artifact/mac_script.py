"""Whether the script that a bundle brings for Macs is the one that an export wrote there."""

from __future__ import annotations

from pathlib import Path

from . import check_on_mac
from .files import digest_of
from .manifest import Manifest

SCRIPT = Path(check_on_mac.__file__)


def strange_scripts(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """Scripts of a bundle that users would run and that are not this version's, a line each.

    A manifest's hash says nothing of them: who changes a script can change that too.

    Args:
        folder: The bundle's.
        manifest: What it states.
    """
    stated = manifest.mac_check.path if manifest.mac_check else SCRIPT.name
    found = [folder / name for name in dict.fromkeys((stated, SCRIPT.name))]
    return tuple(
        f"{path.name}: is not the script of this lowformer-edge, but another version's or a changed"
        f" one; do not run it, but {SCRIPT} with the bundle's folder"
        for path in found
        if path.exists() and not _is_ours(path)
    )


def _is_ours(path: Path) -> bool:
    return path.is_file() and digest_of(path) == digest_of(SCRIPT)
