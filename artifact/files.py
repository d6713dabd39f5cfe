"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..errors import ArtifactError, SystemLimitError
from ..process.interrupt import deferred_interrupt
from ..process.renaming import exchange, rename_onto_nothing
from ..process.system_limit import limit_behind

_PLACES = 100
"""How many names are tried for a folder that cannot have its own."""

_LONGEST_PREFIX = 100
"""Bytes of a name that a temporary one beside it begins with."""


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex; of a folder, that of its files' digests and names.

    For a folder this is what ``find . -type f ! -name .DS_Store | LC_ALL=C sort | xargs sha256sum
    | sha256sum`` gives within it: a Mac that shows a folder may leave a ``.DS_Store`` there.
    """
    if path.is_dir():
        return folder_digest(
            {file.relative_to(path).as_posix(): digest_of(file) for file in files_within(path)}
        )
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(files: Mapping[str, str]) -> str:
    """The same of a folder, from the digests of its files by their paths within it."""
    names = sorted(files, key=os.fsencode)
    return hashlib.sha256(
        "".join(f"{files[name]}  ./{name}\n" for name in names).encode()
    ).hexdigest()


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
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_hidden_prefix(path))
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


Contents = Mapping[str, str]
"""What is in a folder, relative to it: files with their digests, and folders, which end with ``/``
and have none."""


def contents_of(folder: Path) -> Contents:
    """What is in a folder at any depth, but ``.DS_Store``.

    Raises:
        ArtifactError: It is no folder, or holds a link or something that is no file.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise ArtifactError(f"{folder}: is no folder")
    files = {path.relative_to(folder).as_posix(): digest_of(path) for path in files_within(folder)}
    inner = (path for path in folder.rglob("*") if path.is_dir())
    return files | {f"{path.relative_to(folder).as_posix()}/": "" for path in inner}


@contextlib.contextmanager
def replaced_folder(
    path: Path, own_files: Callable[[Path], Contents] = contents_of
) -> Iterator[Path]:
    """Gives a new folder beside ``path`` and puts it in its place if all went well.

    Whatever happens before that, an older folder at ``path`` stays as it was. It is looked at
    once more when it is replaced: where anything came, went or changed since the beginning, all of
    it stays, and the new folder is kept beside it.

    Args:
        path: The folder.
        own_files: Tells what may be removed of an older folder, and raises ArtifactError where
            that is not all that is in it.

    Raises:
        ArtifactError: The folder cannot be written, the disk is full, or what is there may not be
            replaced.
    """
    with _write_errors(path), _made_parents(path.parent):
        known = own_files(path) if os.path.lexists(path) else None
        work = Path(tempfile.mkdtemp(dir=path.parent, prefix=_hidden_prefix(path)))
        try:
            new = work / "new"
            new.mkdir()
            yield new
            with deferred_interrupt():
                _put_in_place(new, path, known, own_files)
        finally:
            shutil.rmtree(work / "new", ignore_errors=True)
            with contextlib.suppress(OSError):
                work.rmdir()


def _put_in_place(
    new: Path, path: Path, known: Contents | None, own_files: Callable[[Path], Contents]
) -> None:
    """Puts a new folder at ``path``, and removes what was known to be there.

    Raises:
        ArtifactError: Something else is there by now; the new folder is kept beside it.
    """
    try:
        if known is None:
            rename_onto_nothing(new, path)
        else:
            _exchange_known(new, path, known, own_files)
    except (OSError, ArtifactError) as error:
        kept = _kept_beside(new, path)
        if kept is None:
            raise
        reason = str(error)
        if isinstance(error, FileExistsError):
            reason = f"{path}: appeared in the meantime"
        elif isinstance(error, OSError):
            reason = f"{path}: cannot be written ({error.strerror})"
        raise ArtifactError(
            f"{reason}; nothing there was changed, what was written is in {kept}"
        ) from error


def _exchange_known(
    new: Path, path: Path, known: Contents, own_files: Callable[[Path], Contents]
) -> None:
    """Exchanges a new folder with one of known content, which is looked at before and after."""
    _check_unchanged(path, path, known, own_files)
    old = new.with_name("old")
    if exchange(new, path):
        new.rename(old)
    else:
        path.rename(old)
        _rename_or_undo(new, path, old)
    try:
        _check_unchanged(old, path, known, own_files)
    except ArtifactError:
        if not exchange(old, path):
            path.rename(new)
            rename_onto_nothing(old, path)
        else:
            old.rename(new)
        raise
    _remove_known(old, path, known)


def _rename_or_undo(new: Path, path: Path, old: Path) -> None:
    """Puts ``new`` at ``path``, or what was there back from ``old``."""
    try:
        rename_onto_nothing(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            rename_onto_nothing(old, path)
        raise


def _check_unchanged(
    folder: Path, path: Path, known: Contents, own_files: Callable[[Path], Contents]
) -> None:
    """Checks that a folder, which was or is at ``path``, still holds what it held.

    Raises:
        ArtifactError: It does not.
    """
    if not os.path.lexists(folder):
        raise ArtifactError(f"{path}: was removed in the meantime")
    try:
        found = own_files(folder)
    except ArtifactError as error:
        raise ArtifactError(str(error).replace(str(folder), str(path))) from error
    if found != known:
        raise ArtifactError(f"{path}: was changed in the meantime")


def _remove_known(folder: Path, path: Path, known: Contents) -> None:
    """Removes a folder that was at ``path`` with what it held, and nothing else.

    Raises:
        ArtifactError: Something came into it in the meantime, which stays.
    """
    with contextlib.suppress(OSError):
        for name in sorted(known, reverse=True):
            if name.endswith("/"):
                (folder / name / ".DS_Store").unlink(missing_ok=True)
                (folder / name).rmdir()
            else:
                (folder / name).unlink(missing_ok=True)
        folder.rmdir()
    if folder.exists():
        raise ArtifactError(
            f"{path}: was replaced, but something came into the older folder in the meantime; that"
            f" is in {folder}"
        )


def _kept_beside(new: Path, path: Path) -> Path | None:
    """Where a new folder was put that cannot have its place; None where it cannot be kept."""
    whole = path.absolute()
    for number in range(1, _PLACES + 1):
        place = whole.with_name(f"{whole.name}-new{number if number > 1 else ''}")
        try:
            rename_onto_nothing(new, place)
        except FileExistsError:
            continue
        except OSError:
            return None
        return place
    return None


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
        if limit := limit_behind(error, path):
            raise SystemLimitError(f"{limit}; nothing was changed") from error
        raise ArtifactError(f"{path}: cannot be written ({error.strerror or error})") from error


def _hidden_prefix(path: Path) -> str:
    """How a temporary name beside a path begins; that of a long name fits into a name too."""
    start = os.fsencode(path.name)[:_LONGEST_PREFIX]
    return f".{start.decode(errors='ignore')}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
