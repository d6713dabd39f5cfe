"""Files that are none, and those that are larger than they can be."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lowformer_edge.process.reading import open_regular, read_bytes, read_text


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Ends a test that waits for a pipe."""
    signal.alarm(60)
    yield
    signal.alarm(0)


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def device(folder: Path) -> Path:
    return Path("/dev/zero")


def link_to_a_pipe(folder: Path) -> Path:
    (folder / "link").symlink_to(pipe(folder))
    return folder / "link"


@pytest.mark.parametrize("make", [pipe, device, link_to_a_pipe])
def test_3_4_what_never_ends_or_never_comes_is_refused(make: object, tmp_path: Path) -> None:
    assert callable(make)
    path = make(tmp_path)
    for read in (open_regular, lambda one: read_bytes(one, 10), lambda one: read_text(one, 10)):
        with pytest.raises(OSError, match=r"^is not a regular file$"):
            read(path)


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_a_missing_file_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "none", 10)


def test_3_5_a_larger_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match=r"^is larger than 1 MiB$"):
        read_bytes(path, 1 << 20)


@pytest.mark.parametrize("size", [0, 1, 100])
def test_a_file_of_the_limit_is_read(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    assert read_bytes(path, size) == b"x" * size


def test_a_file_that_grows_while_it_is_read_is_refused() -> None:
    """Such as those of /proc, which have no size."""
    with pytest.raises(OSError, match="is larger than 0 MiB"):
        read_bytes(Path("/proc/self/maps"), 10)


def test_text_has_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes("\ufeffé".encode())
    assert read_text(tmp_path / "text", 100, "utf-8-sig") == "é"
    (tmp_path / "text").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        read_text(tmp_path / "text", 100)
