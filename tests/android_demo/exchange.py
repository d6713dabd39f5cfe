"""Bundles with a file exchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path


def with_file(bundle: Path, into: Path, path: str, content: bytes) -> Path:
    """A copy of a bundle with another file, which its manifest vouches for."""
    shutil.copytree(bundle, into)
    (into / path).write_bytes(content)
    manifest = json.loads((into / "manifest.json").read_text())
    for artifact in manifest["artifacts"]:
        record = artifact["file"]
        if record["path"] == path:
            record["bytes"], record["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    (into / "manifest.json").write_text(json.dumps(manifest))
    return into


def with_only(bundle: Path, into: Path, *paths: str) -> Path:
    """A copy of a bundle whose manifest knows some of its files alone."""
    shutil.copytree(bundle, into)
    manifest = json.loads((into / "manifest.json").read_text())
    manifest["artifacts"] = [
        artifact for artifact in manifest["artifacts"] if artifact["file"]["path"] in paths
    ]
    (into / "manifest.json").write_text(json.dumps(manifest))
    return into
