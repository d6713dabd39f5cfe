"""Puts files and folders in their places, whole or not at all, whenever a process is stopped.

Work goes on in a hidden folder beside the place (:mod:`.workplace`). In it are at most:

- ``new``, what is being written;
- ``old``, what has left the place or is about to: it may go, as far as ``known`` lists it;
- ``aside``, what left the place where a system cannot exchange two folders in one call: until the
  new one is there it is the only one, and a later run puts it back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath

from ..errors import ArtifactError, LowFormerEdgeError, SystemLimitError
from . import steps
from .interrupt import deferred_interrupt
from .renaming import exchange, rename_onto_nothing
from .system_limit import limit_behind
from .workplace import Settle, clear_abandoned, empty, workplace

_NEW, _OLD, _ASIDE, _KNOWN = "new", "old", "aside", "known"

_PLACES = 100
"""How many names are tried for a folder that cannot have its own."""

Contents = dict[str, str]
"""What is in a folder, by its path relative to it: files, and folders, which end with ``/``; with
digests where a change to a file matters."""


@dataclasses.dataclass(frozen=True)
class Ownership:
    """What may be removed of a folder that is replaced.

    Attributes:
        contents: What is in it; raises an error of ours where that is not all our own.
        passing: Whether a file or a folder, by its path relative to it, is not looked at, and goes
            with it: what other programs leave wherever they work.
    """

    contents: Callable[[Path], Contents]
    passing: Callable[[Path], bool] = lambda path: False


@contextlib.contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside ``path`` and moves it there if all went well.

    Raises:
        ArtifactError: The folder cannot be written or the disk is full.
    """
    with _write_errors(path), _work_for(path) as work:
        new = work / _NEW
        new.touch()
        steps.reached("begun")
        yield new
        steps.reached("written")
        _flush(new)
        steps.reached("flushed")
        new.replace(path)
        steps.reached("in place")
        _flush_entry(path.parent)


@contextlib.contextmanager
def replaced_folder(path: Path, own: Ownership) -> Iterator[Path]:
    """Gives a new folder beside ``path`` and puts it in its place if all went well.

    Whatever happens before that, an older folder at ``path`` stays as it was. It is looked at
    once more when it is replaced: where anything came, went or changed since the beginning, all of
    it stays, and the new folder is kept beside it.

    Args:
        path: The folder.
        own: What may be removed of an older one.

    Raises:
        LowFormerEdgeError: What is there may not be replaced.
        ArtifactError: The folder cannot be written, or the disk is full.
    """
    with (
        _write_errors(path),
        _made_parents(path.parent),
        _work_for(path, _settling(path, own)) as work,
    ):
        known = own.contents(path) if os.path.lexists(path) else None
        new = work / _NEW
        new.mkdir()
        steps.reached("begun")
        yield new
        steps.reached("written")
        _flush(new)
        steps.reached("flushed")
        with deferred_interrupt():
            _put_in_place(work, path, known, own)


def removed_folder(path: Path, own: Ownership) -> None:
    """Removes a folder that holds nothing but what is our own.

    Raises:
        LowFormerEdgeError: It does not; it stays.
    """
    with _work_for(path, _settling(path, own)) as work, deferred_interrupt():
        known = own.contents(path)
        _write_known(work, known)
        aside = work / _ASIDE
        path.rename(aside)
        steps.reached("aside")
        try:
            _check_unchanged(aside, path, known, own)
        except LowFormerEdgeError:
            rename_onto_nothing(aside, path)
            raise
        aside.rename(work / _OLD)
        steps.reached("to be removed")
        _remove_known(work, path, known, own)


def recover_folder(path: Path, own: Ownership) -> None:
    """Ends what a dead run began at a place: puts the older folder back, or clears leftovers."""
    place = path.absolute()
    clear_abandoned(place.parent, place.name, _settling(path, own))


def _work_for(path: Path, settle: Settle = empty) -> contextlib.AbstractContextManager[Path]:
    """A folder to work in beside a path."""
    place = path.absolute()
    return workplace(place.parent, place.name, settle)


def _settling(path: Path, own: Ownership) -> Settle:
    """How the work for a folder ends; what is not our own stays."""

    def settle(work: Path) -> None:
        shutil.rmtree(work / _NEW, ignore_errors=True)
        aside, old, known = work / _ASIDE, work / _OLD, work / _KNOWN
        if os.path.lexists(aside):
            try:
                rename_onto_nothing(aside, path)
            except FileExistsError:
                aside.rename(old)
        if os.path.lexists(old):
            with contextlib.suppress(LowFormerEdgeError):
                _remove_known(work, path, _read_known(known), own)
        known.unlink(missing_ok=True)

    return settle


def _put_in_place(work: Path, path: Path, known: Contents | None, own: Ownership) -> None:
    """Puts a new folder at ``path``, and removes what was known to be there.

    Raises:
        ArtifactError: Something else is there by now; the new folder is kept beside it.
    """
    new = work / _NEW
    try:
        if known is None:
            rename_onto_nothing(new, path)
        else:
            _exchange_known(work, path, known, own)
    except (OSError, LowFormerEdgeError) as error:
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
    steps.reached("in place")
    _flush_entry(path.parent)
    if known is not None:
        _remove_known(work, path, known, own)
    steps.reached("done")


def _exchange_known(work: Path, path: Path, known: Contents, own: Ownership) -> None:
    """Exchanges a new folder with one of known content, which is looked at before and after.

    The older one is ``old`` then. Where this fails, ``new`` is the new one, as it was.
    """
    new, old = work / _NEW, work / _OLD
    _check_unchanged(path, path, known, own)
    made = (entry.relative_to(new).as_posix() for entry in new.rglob("*"))
    _write_known(work, known | named_contents(new, made))
    steps.reached("known")
    new.rename(old)
    steps.reached("to be exchanged")
    try:
        exchanged = exchange(old, path)
    except OSError:
        old.rename(new)
        raise
    steps.reached("exchanged")
    if not exchanged:
        old.rename(new)
        _exchange_in_two_steps(work, path)
    try:
        _check_unchanged(old, path, known, own)
    except LowFormerEdgeError:
        _exchange_back(work, path)
        raise


def _exchange_in_two_steps(work: Path, path: Path) -> None:
    """The same where the system cannot do it in one; between them, nothing is at ``path``."""
    aside = work / _ASIDE
    path.rename(aside)
    steps.reached("aside")
    try:
        rename_onto_nothing(work / _NEW, path)
    except OSError:
        with contextlib.suppress(OSError):
            rename_onto_nothing(aside, path)
        raise
    steps.reached("replaced")
    aside.rename(work / _OLD)


def _exchange_back(work: Path, path: Path) -> None:
    """Gives ``path`` back what is ``old``; what is there is ``new`` then."""
    new, old, aside = work / _NEW, work / _OLD, work / _ASIDE
    if exchange(old, path):
        old.rename(new)
        return
    old.rename(aside)
    path.rename(new)
    rename_onto_nothing(aside, path)


def _check_unchanged(folder: Path, path: Path, known: Contents, own: Ownership) -> None:
    """Checks that a folder, which was or is at ``path``, still holds what it held.

    Raises:
        ArtifactError: It does not.
    """
    if not os.path.lexists(folder):
        raise ArtifactError(f"{path}: was removed in the meantime")
    if _contents_of_moved(folder, path, own) != known:
        raise ArtifactError(f"{path}: was changed in the meantime")


def _contents_of_moved(folder: Path, path: Path, own: Ownership) -> Contents:
    """The content of a folder that was at ``path``, which errors name."""
    try:
        return own.contents(folder)
    except LowFormerEdgeError as error:
        raise type(error)(str(error).replace(str(folder), str(path))) from error


def named_contents(folder: Path, names: Iterable[str]) -> Contents:
    """What has these names in a folder, without digests; a link to a folder is a file."""
    return {
        f"{name}/" if path.is_dir() and not path.is_symlink() else name: ""
        for name in names
        for path in [folder / name]
    }


def _write_known(work: Path, known: Contents) -> None:
    """Writes down what may be removed, for a later run if this one dies in either state."""
    (work / _KNOWN).write_text(json.dumps(known), encoding="ascii")
    _flush(work / _KNOWN)


def _read_known(path: Path) -> Contents:
    """What may be removed of an older folder; nothing where that is not known for sure."""
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(known, dict) or not all(map(_is_below, known)):
        return {}
    return known


def _is_below(name: str) -> bool:
    """Whether a name leads to something within the folder that it is relative to."""
    path = PurePath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _remove_known(work: Path, path: Path, known: Contents, own: Ownership) -> None:
    """Removes the folder that was at ``path`` with what it held, and nothing else.

    Raises:
        ArtifactError: Something came into it in the meantime, which stays.
    """
    folder = work / _OLD
    with contextlib.suppress(OSError):
        for name in [*sorted(known, reverse=True), "/"]:
            if not name.endswith("/"):
                (folder / name).unlink(missing_ok=True)
            elif (inner := folder / name.rstrip("/")).is_dir():
                _remove_passing(folder, inner, own)
                inner.rmdir()
            steps.reached("removing")
    if folder.exists():
        raise ArtifactError(
            f"{path}: was replaced, but something came into the older folder in the meantime; that"
            f" is in {folder}"
        )


def _remove_passing(folder: Path, inner: Path, own: Ownership) -> None:
    """Removes what passes directly within a folder's inner one."""
    for entry in inner.iterdir():
        if own.passing(entry.relative_to(folder)):
            remove(entry)


def remove(path: Path) -> None:
    """Removes a file, or a folder with all that is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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


def _flush(path: Path) -> None:
    """Waits until a file, or a folder with all that is in it, is on the disk."""
    if path.is_symlink():
        return
    if path.is_dir():
        for entry in path.iterdir():
            _flush(entry)
        _flush_entry(path)
        return
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _flush_entry(folder: Path) -> None:
    """Waits until a folder's names are on the disk, where the system has a call for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
