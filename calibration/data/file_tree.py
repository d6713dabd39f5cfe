"""The files of a folder or an archive, found by the ends of their paths."""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ...errors import DataError
from ...process.limits import LARGEST_MEMBER
from ...process.reading import read_bytes
from ...process.text import printable
from .archive import Archive, Member, is_archive
from .image_files import check_regular, files_below, is_image

Item = Path | Member


@dataclasses.dataclass(frozen=True)
class FileTree:
    """Files by their paths within what holds them.

    Attributes:
        path: The folder or archive, with what was entered within it.
        files: By path, with ``/`` between its parts.
    """

    path: PurePosixPath | Path
    files: Mapping[str, Item]

    @classmethod
    def open(cls, path: Path) -> FileTree:
        """The files of a folder, or of a tar or zip archive; hidden ones are none.

        Raises:
            DataError: It is neither, or cannot be read.
        """
        if path.is_dir():
            below = files_below(path)
            return cls(path, {file.relative_to(path).as_posix(): file for file in below})
        check_regular(path)
        if not (is_archive(path) and path.is_file()):
            raise DataError(f"{path}: is no folder, .tar or .zip; give one")
        members = Archive(path).members()
        shown = (one for one in members if not any(part.startswith(".") for part in one.parts))
        return cls(path, {"/".join(one.parts): one for one in shown})

    @property
    def name(self) -> str:
        """What the folder or archive is called."""
        return printable(Path(self.path).resolve().name or str(self.path))

    def below(self, folder: str) -> FileTree:
        """The files below a folder; below no folder, written as nothing, all."""
        if not folder:
            return self
        start = f"{folder}/"
        files = {
            path[len(start) :]: one for path, one in self.files.items() if path.startswith(start)
        }
        return FileTree(self.path / folder, files)

    def without(self, folder: str) -> FileTree:
        """The files that are not below a folder."""
        start = f"{folder}/"
        files = {path: one for path, one in self.files.items() if not path.startswith(start)}
        return FileTree(self.path, files)

    def images(self) -> FileTree:
        """Its images alone."""
        files = {path: one for path, one in self.files.items() if is_image(path)}
        return FileTree(self.path, files)

    def with_suffix(self, suffix: str) -> FileTree:
        """Its files of a suffix alone."""
        files = {path: one for path, one in self.files.items() if path.lower().endswith(suffix)}
        return FileTree(self.path, files)

    def root_of(self, first: str, second: str) -> str | None:
        """The folder in which two folders lie beside each other; None where there is none.

        Raises:
            DataError: There are several.
        """
        parents = [_parents(self.files, name) for name in (first, second)]
        roots = sorted(parents[0] & parents[1])
        if len(roots) > 1:
            raise DataError(
                f"{self.path}: holds {first} and {second} in {roots[0] or '.'} and in {roots[1]};"
                " give one of them"
            )
        return roots[0] if roots else None

    def find(self, end: str) -> str | None:
        """The one file whose path ends with another path, or is its end.

        Raises:
            DataError: There are several.
        """
        if end in self.files:
            return end
        parts = _parts(end)
        if not parts:
            return None
        fitting = [
            path
            for path in self._by_name.get(parts[-1], ())
            if common_end(parts, _parts(path)) == min(len(parts), len(_parts(path)))
        ]
        return self._only(end, fitting)

    def nearest(self, path: str) -> str | None:
        """The file of a name but for its suffix, and of those the one with most folders in common.

        Raises:
            DataError: There are several.
        """
        parts = _parts(path)
        named = self._by_stem.get(PurePosixPath(parts[-1]).stem, ())
        folders = parts[:-1]
        shared = [common_end(folders, _parts(one)[:-1]) for one in named]
        most = max(shared, default=0)
        fitting = [one for one, count in zip(named, shared, strict=True) if count == most]
        return self._only(path, fitting)

    def partners_of(self, images: Mapping[str, Item], kind: str) -> list[Item]:
        """The file of each image by its name, see :meth:`nearest`.

        Args:
            images: By path.
            kind: What the files are.

        Raises:
            DataError: An image has none, or several, or shares one.
        """
        owners: dict[str, Item] = {}
        for path, image in images.items():
            name = printable(str(image))
            found = self.nearest(path)
            if found is None:
                raise DataError(
                    f"{name}: has no {kind} in {self.path}; add it, or move the image away"
                )
            if found in owners:
                raise DataError(
                    f"{name}: has the same {kind} as {printable(str(owners[found]))}, {found} of"
                    f" {self.path}; call them differently"
                )
            owners[found] = image
        return [self.files[path] for path in owners]

    def _only(self, wanted: str, fitting: Sequence[str]) -> str | None:
        if len(fitting) > 1:
            raise DataError(
                f"{self.path}: {printable(wanted)} may be {printable(fitting[0])} or"
                f" {printable(fitting[1])}; give a folder that holds one of them"
            )
        return fitting[0] if fitting else None

    @functools.cached_property
    def _by_name(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self.files, lambda path: path.name)

    @functools.cached_property
    def _by_stem(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self.files, lambda path: path.stem)


def regular(item: Item) -> Item:
    """An item that can be read to its end, as members of archives can.

    Raises:
        DataError: It is a pipe or the like.
    """
    if isinstance(item, Path):
        check_regular(item)
    return item


def content_of(item: Item) -> bytes:
    """What is in a file or a member of an archive.

    Raises:
        DataError: It cannot be read, or is far larger than what is read so.
    """
    regular(item)
    try:
        if isinstance(item, Member):
            return item.archive.read(item.name)
        return read_bytes(item, LARGEST_MEMBER)
    except OSError as error:
        raise DataError(f"{printable(str(item))}: cannot be read ({error})") from error


def common_end(first: Sequence[str], second: Sequence[str]) -> int:
    """How many parts two paths have in common, from the last one on."""
    count = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        count += 1
    return count


def _grouped(
    paths: Iterable[str], key: Callable[[PurePosixPath], str]
) -> Mapping[str, Sequence[str]]:
    groups = collections.defaultdict(list)
    for path in paths:
        groups[key(PurePosixPath(path))].append(path)
    return dict(groups)


def _parts(path: str) -> list[str]:
    """A path's parts, whoever's it is."""
    return [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]


def _parents(paths: Iterable[str], folder: str) -> set[str]:
    """Where folders of a name lie."""
    parents = set()
    for path in paths:
        folders = path.split("/")[:-1]
        parents |= {"/".join(folders[:k]) for k, name in enumerate(folders) if name == folder}
    return parents
