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
from ..process.interrupt import deferred_interrupt


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex; of a folder, that of its files' digests and names.

    For a folder this is what ``find . -type f ! -name .DS_Store | LC_ALL=C sort | xargs sha256sum
    | sha256sum`` gives within it: a Mac that shows a folder may leave a ``.DS_Store`` there.
    """
    if path.is_dir():
        lines = (
            f"{digest_of(file)}  ./{file.relative_to(path).as_posix()}\n"
            for file in files_within(path)
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of a folder's files together."""
    if path.is_dir():
        return sum(file.stat().st_size for file in files_within(path))
    return path.stat().st_size


def files_within(folder: Path) -> list[Path]:
    """A folder's files at any depth, in the order of their paths' bytes, but ``.DS_Store``.

    Raises:
        ArtifactError: There is a link, or something that is no file.
    """
    found = []
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ArtifactError(f"{path}: is a link or no file; do not trust {folder}")
        if path.is_file() and path.name != ".DS_Store":
            found.append(path)
    return sorted(found, key=lambda path: os.fsencode(path.relative_to(folder).as_posix()))


def remove(path: Path) -> None:
    """Removes a file, or a folder with all that is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
def replaced_folder(path: Path) -> Iterator[Path]:
    """Gives a new folder beside ``path`` and puts it in its place if all went well.

    Whatever happens before that, an older folder at ``path`` stays as it was. Whether it may be
    replaced at all is the caller's to check.

    Raises:
        ArtifactError: The folder cannot be written, or the disk is full.
    """
    with _write_errors(path), _made_parents(path.parent):
        work = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            new = work / "new"
            new.mkdir()
            yield new
            with deferred_interrupt():
                _swap(new, path, work / "old")
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _swap(new: Path, path: Path, old: Path) -> None:
    """Puts ``new`` at ``path``, and what was there at ``old``; undone if it fails."""
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise


@contextlib.contextmanager
def _made_parents(folder: Path) -> Iterator[None]:
    """Makes a folder with its parents, and removes those that it made if the block fails."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for parent in missing:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


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
