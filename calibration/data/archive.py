"""Images inside tar and zip archives, read where they lie."""

from __future__ import annotations

import dataclasses
import io
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ...errors import DataError
from ...process.limits import LARGEST_MEMBER

SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")

try:
    from lzma import LZMAError
except ImportError:  # Python can be built without it
    LZMAError = OSError  # type: ignore[assignment,misc]

_DAMAGE = (
    *(OSError, EOFError, ValueError, RuntimeError, ArithmeticError),
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError),
)


def is_archive(path: Path) -> bool:
    """Whether a file's name is that of an archive that can be read."""
    return path.name.lower().endswith(SUFFIXES)


@dataclasses.dataclass(frozen=True)
class Member:
    """One file inside an archive.

    Attributes:
        archive: What it lies in.
        name: Its path inside the archive; never used to write anywhere.
    """

    archive: Archive
    name: str

    def __str__(self) -> str:
        return f"{self.archive.path}:{self.name}"

    @property
    def bytes(self) -> int:
        """Its size, as the archive states it."""
        return self.archive.size_of(self.name)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of its path."""
        return PurePosixPath(self.name).parts

    def open(self) -> BinaryIO:
        """Its content.

        Raises:
            OSError: It is damaged, encrypted or too large.
        """
        return io.BytesIO(self.archive.read(self.name))


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """Where a file lies within a tar file."""

    offset: int
    bytes: int


class Archive:
    """An archive of files, open for as long as it is used; reading is safe from several threads.

    Tar files within a tar file that is not compressed, such as ``ILSVRC2012_img_train.tar``, are
    read like folders.

    Args:
        path: A tar file, compressed or not, or a zip file.

    Raises:
        DataError: The file cannot be read as an archive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._zip: zipfile.ZipFile | None = None
        self._tar: tarfile.TarFile | None = None
        self._nested: dict[str, _Place] = {}
        try:
            if path.name.lower().endswith(".zip"):
                self._zip = zipfile.ZipFile(path)
                self._sizes = {
                    info.filename: info.file_size
                    for info in self._zip.infolist()
                    if not info.filename.endswith("/")
                }
            else:
                self._tar = tarfile.open(path)  # noqa: SIM115
                self._members = {
                    member.name: member for member in self._tar.getmembers() if member.isfile()
                }
                self._sizes = {name: member.size for name, member in self._members.items()}
                if isinstance(self._tar.fileobj, io.BufferedReader):
                    self._add_nested(self._tar)
        except _DAMAGE as error:
            self.close()
            raise DataError(f"{path}: not a whole archive ({error}); copy it again") from error

    def _add_nested(self, tar: tarfile.TarFile) -> None:
        """Adds the files of tar files within, by place: there may be a million.

        Raises:
            tarfile.TarError: One is damaged.
        """
        for name in [name for name in self._members if name.lower().endswith(".tar")]:
            outer = self._members.pop(name)
            del self._sizes[name]
            try:
                with tarfile.open(fileobj=tar.extractfile(outer), mode="r:") as inner:
                    for member in inner:
                        if member.isreg() and not member.issparse():
                            place = _Place(outer.offset_data + member.offset_data, member.size)
                            self._nested[f"{name[:-4]}/{member.name}"] = place
            except tarfile.TarError as error:
                raise tarfile.TarError(f"{name} in it: {error}") from error
        self._sizes |= {name: place.bytes for name, place in self._nested.items()}

    def members(self) -> Iterator[Member]:
        """Its files, by name."""
        for name in sorted(self._sizes):
            yield Member(self, name)

    def size_of(self, name: str) -> int:
        """How many bytes a file has, as the archive states it."""
        return self._sizes[name]

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            OSError: It is damaged, encrypted or too large.
        """
        if self._sizes[name] > LARGEST_MEMBER:
            raise OSError(f"larger than {LARGEST_MEMBER // 1024**2} MiB")
        try:
            with self._lock:
                if self._zip is not None:
                    return self._zip.read(name)
                assert self._tar is not None
                if name in self._nested:
                    return self._read_at(self._nested[name])
                file = self._tar.extractfile(self._members[name])
                assert file is not None
                return file.read()
        except _DAMAGE as error:
            raise OSError(f"damaged in the archive ({error})") from error

    def _read_at(self, place: _Place) -> bytes:
        """The content at a place of the uncompressed tar file.

        Raises:
            EOFError: The file ends before.
        """
        assert self._tar is not None
        assert self._tar.fileobj is not None
        self._tar.fileobj.seek(place.offset)
        content = self._tar.fileobj.read(place.bytes)
        if len(content) < place.bytes:
            raise EOFError("it ends too early")
        return content

    def close(self) -> None:
        """Closes the file."""
        for opened in (self._zip, self._tar):
            if opened is not None:
                opened.close()

    def __del__(self) -> None:
        self.close()
