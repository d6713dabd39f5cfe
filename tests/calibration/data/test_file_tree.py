"""Files of folders and archives, found by their paths' ends."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.calibration.data.file_tree import FileTree, common_end
from lowformer_edge.errors import DataError


def tree_of(*paths: str) -> FileTree:
    return FileTree(Path("set"), {path: Path("set", path) for path in paths})


def test_folders_and_archives_hold_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name in ("images/a.jpg", "labels/a.png", ".hidden/b.jpg"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as packed:
        for path in folder.rglob("*.*"):
            if path.is_file():
                packed.write(path, path.relative_to(folder))
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        tar.add(folder, ".")
    trees = [FileTree.open(tmp_path / name) for name in ("set", "set.zip", "set.tar")]
    assert [set(tree.files) for tree in trees] == [{"images/a.jpg", "labels/a.png"}] * 3
    assert [set(tree.below("images").files) for tree in trees] == [{"a.jpg"}] * 3


def test_neither_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(DataError, match=r"a\.txt: is no folder"):
        FileTree.open(tmp_path / "a.txt")


@pytest.mark.parametrize("end", ["a.jpg", "val/a.jpg", "coco/val/a.jpg", "/x/coco/val/a.jpg"])
def test_a_name_is_found_with_any_folders_before_it(end: str) -> None:
    assert tree_of("val/a.jpg", "val/ba.jpg").find(end) == "val/a.jpg"


@pytest.mark.parametrize("end", ["train/a.jpg", "b.jpg", "../a.jpg", "", "val", "a"])
def test_other_folders_are_others(end: str) -> None:
    assert tree_of("val/a.jpg").find(end) is None


def test_a_windows_path_is_one() -> None:
    assert tree_of("a.jpg", "b.jpg").find("C:\\data\\a.jpg") == "a.jpg"


def test_what_fits_twice_is_refused() -> None:
    with pytest.raises(DataError, match=r"a\.jpg may be x/a\.jpg or y/a\.jpg"):
        tree_of("x/a.jpg", "y/a.jpg").find("a.jpg")


def test_partners_are_those_with_most_folders_in_common() -> None:
    tree = tree_of("val/a.png", "train/a.png", "train/b.png")
    assert tree.nearest("images/val/a.jpg") == "val/a.png"
    assert tree.nearest("elsewhere/b.jpg") == "train/b.png"
    assert tree.nearest("c.jpg") is None
    with pytest.raises(DataError, match=r"may be val/a\.png or train/a\.png"):
        tree.nearest("a.jpg")


def test_two_images_do_not_share_a_partner() -> None:
    images = {"a.jpg": Path("a.jpg"), "a.png": Path("a.png")}
    with pytest.raises(DataError, match=r"a\.png: has the same map as a\.jpg"):
        tree_of("x/a.png").partners_of(images, "map")


def test_two_roots_are_refused() -> None:
    tree = tree_of("2007/JPEGImages/a.jpg", "2007/Annotations/a.xml", "2012/JPEGImages/b.jpg")
    assert tree.root_of("JPEGImages", "Annotations") == "2007"
    with pytest.raises(DataError, match="in 2007 and in 2012; give one"):
        tree_of(*tree.files, "2012/Annotations/b.xml").root_of("JPEGImages", "Annotations")


@given(st.lists(st.sampled_from("ab")), st.lists(st.sampled_from("ab")))
def test_common_ends_are_common_and_longest(first: list[str], second: list[str]) -> None:
    count = common_end(first, second)
    assert first[len(first) - count :] == second[len(second) - count :]
    if count < min(len(first), len(second)):
        assert first[-count - 1] != second[-count - 1]
