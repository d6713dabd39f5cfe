"""A static site's folder: replaced whole, and nothing else ever."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lowformer_edge.errors import ArtifactError
from lowformer_edge.targets.web.site_folder import SUMS, check_replaceable, write_site_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site of two files."""
    folder = tmp_path / "site"
    source = tmp_path / "source"
    source.write_bytes(b"model")
    write_site_folder({"index.html": b"page", "files/0/a.tflite": source}, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_a_site_is_written_with_its_sums(folder: Path) -> None:
    found = contents(folder)
    sums = found.pop(SUMS)
    assert found == {"index.html": b"page", "files/0/a.tflite": b"model"}
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", SUMS], cwd=folder, capture_output=True, text=True
    )
    assert (checked.returncode, sums.count(b"\n")) == (0, 2)


def test_an_older_site_goes_whole(folder: Path) -> None:
    check_replaceable(folder, overwrite=True)
    write_site_folder({"page.html": b"new"}, folder)
    assert contents(folder).keys() == {"page.html", SUMS}


def test_an_older_site_stays_unless_it_is_said(folder: Path) -> None:
    before = contents(folder)
    with pytest.raises(ArtifactError, match="exists; give `overwrite`"):
        check_replaceable(folder, overwrite=False)
    assert contents(folder) == before


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    check_replaceable(folder, overwrite=False)
    write_site_folder({"index.html": b"page"}, folder)
    assert contents(folder)["index.html"] == b"page"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("notes.txt", "holds notes.txt, which is not as a site wrote it"),
        ("files/0/photo.jpg", "holds files/0/photo.jpg, which is not as a site wrote it"),
        ("index.html", "holds index.html, which is not as a site wrote it"),
    ],
)
def test_what_somebody_put_there_or_changed_stays(folder: Path, name: str, reason: str) -> None:
    (folder / name).write_bytes(b"mine")
    before = contents(folder)
    with pytest.raises(ArtifactError, match=reason):
        check_replaceable(folder, overwrite=True)
    with pytest.raises(ArtifactError, match=reason):
        write_site_folder({"page.html": b"new"}, folder)
    assert contents(folder) == before


def test_a_folder_of_something_else_stays(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(b"mine")
    with pytest.raises(ArtifactError, match="has no readable list of a site's files"):
        check_replaceable(folder, overwrite=True)
    assert contents(folder) == {"photo.jpg": b"mine"}


def test_a_file_in_its_place_stays(tmp_path: Path) -> None:
    path = tmp_path / "site"
    path.write_bytes(b"mine")
    with pytest.raises(ArtifactError):
        check_replaceable(path, overwrite=True)
    assert path.read_bytes() == b"mine"


def test_a_site_that_cannot_be_written_leaves_the_older_one(folder: Path, tmp_path: Path) -> None:
    before = contents(folder)
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_site_folder({"index.html": b"new", "later.bin": tmp_path / "gone"}, folder)
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir() if "site" in path.name] == ["site"]
