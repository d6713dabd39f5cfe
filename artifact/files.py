"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..errors import ArtifactError


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside ``path`` and moves it there if all went well.

    Raises:
        ArtifactError: The folder cannot be written or the disk is full.
    """
    with _write_errors(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replaced_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Gives a new folder beside ``path`` and puts it in its place if all went well.

    Whatever happens before that, an older folder at ``path`` stays as it was.

    Args:
        path: The folder to make.
        overwrite: Whether an existing bundle or empty folder at ``path`` may be replaced.

    Raises:
        ArtifactError: ``path`` exists and may not be replaced, cannot be written, or the disk
            is full.
    """
    check_replaceable(path, overwrite=overwrite)
    with _write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            new, old = work / "new", work / "old"
            new.mkdir()
            yield new
            if path.exists():
                path.rename(old)
            try:
                new.rename(path)
            except BaseException:
                if old.exists():
                    old.rename(path)
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)


def check_replaceable(path: Path, *, overwrite: bool) -> None:
    """Raises ArtifactError where a bundle folder may not be put at ``path``.

    Only folders that hold nothing, or a bundle's manifest, are ever replaced.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise ArtifactError(f"{path}: exists and is not a folder; choose another --output")
    if not path.exists() or not any(path.iterdir()):
        return
    if not (path / "manifest.json").is_file():
        raise ArtifactError(
            f"{path}: holds files that are not a bundle's, so it is not replaced;"
            " choose another --output"
        )
    if not overwrite:
        raise ArtifactError(f"{path}: exists; give --force to replace it, or another --output")


@contextlib.contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    """Turns the system's errors into one line that names the file."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ArtifactError(f"{path}: the disk is full; nothing was changed") from error
        raise ArtifactError(f"{path}: cannot be written ({error.strerror or error})") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
