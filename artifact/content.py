"""What an exporter makes: the bytes of a file, or those of a folder's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

Content = bytes | Mapping[str, bytes]
"""Bytes, or bytes by path relative to the folder."""


def write_content(path: Path, content: Content) -> None:
    """Writes a file, or a folder with its files."""
    if isinstance(content, bytes):
        path.write_bytes(content)
        return
    for name, part in content.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(part)
