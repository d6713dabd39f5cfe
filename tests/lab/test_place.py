"""Laboratories appear whole, replace older ones only when they are, and are refused if strange."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowformer_edge.errors import ArtifactError, LabError
from lowformer_edge.lab.place import (
    RECORD,
    VARIABLE,
    lab_folder,
    new_lab,
    open_lab,
    remove_lab,
)


@pytest.fixture(autouse=True)
def _own_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "labs"))


def build(name: str, content: str) -> None:
    versions: dict[str, str] = {}
    with new_lab(name, versions) as folder:
        (folder / "tool").write_text(content)
        versions["tool"] = content


def test_a_lab_is_found_again_with_its_versions() -> None:
    build("arm", "1.0")
    lab = open_lab("arm")
    assert lab.versions == {"tool": "1.0"}
    assert (lab.folder / "tool").read_text() == "1.0"


def test_a_newer_one_takes_its_place() -> None:
    build("arm", "1.0")
    build("arm", "2.0")
    assert open_lab("arm").versions == {"tool": "2.0"}
    assert [path.name for path in lab_folder("arm").parent.iterdir()] == ["arm"]


@pytest.mark.parametrize("error", [LabError("no network"), KeyboardInterrupt()])
def test_one_that_fails_leaves_the_older_one(error: BaseException) -> None:
    build("arm", "1.0")
    with pytest.raises(type(error)), new_lab("arm", {}) as folder:
        (folder / "tool").write_text("half")
        raise error
    assert open_lab("arm").versions == {"tool": "1.0"}
    assert [path.name for path in lab_folder("arm").parent.iterdir()] == ["arm"]


def test_a_missing_one_says_how_to_build_it() -> None:
    with pytest.raises(LabError, match="there is no gpu lab; build it with: lowformer-lab gpu"):
        open_lab("gpu")


@pytest.mark.parametrize(
    ("record", "reason"), [("{", "is damaged"), (json.dumps({"version": 0}), "another version")]
)
def test_a_strange_one_is_refused(record: str, reason: str) -> None:
    build("gpu", "1.0")
    (lab_folder("gpu") / RECORD).write_text(record)
    with pytest.raises(LabError, match=f"{reason}.*--force"):
        open_lab("gpu")


def test_removing() -> None:
    build("gpu", "1.0")
    assert remove_lab("gpu")
    assert not remove_lab("gpu")
    assert not lab_folder("gpu").exists()


def test_the_cache_is_where_the_user_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert lab_folder("arm") == tmp_path / "lowformer-edge" / "labs" / "arm"


def test_a_disk_without_room_is_told_at_once() -> None:
    build("gpu", "1.0")
    lab = new_lab("gpu", {}, megabytes=10**12)
    with pytest.raises(LabError, match=r"MB free, the gpu lab needs 1\d+; make room, or set"):
        lab.__enter__()
    assert open_lab("gpu").versions == {"tool": "1.0"}


def strange(folder: Path) -> dict[str, str]:
    """A folder that somebody else made, and what is in it."""
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine")
    return contents(folder)


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_3_2_a_strangers_folder_is_neither_removed_nor_replaced() -> None:
    before = strange(lab_folder("arm"))
    with pytest.raises(LabError, match=r"no list of its files.*move it away"):
        remove_lab("arm")
    with pytest.raises(LabError, match="no list of its files"):
        build("arm", "1.0")
    assert contents(lab_folder("arm")) == before


@pytest.mark.parametrize(
    "stranger", ["thesis.txt", ".thesis", "notes/thesis.txt", "inner/thesis.txt", "shaders"]
)
def test_3_2_a_strangers_file_in_a_lab_keeps_the_lab(stranger: str) -> None:
    versions: dict[str, str] = {}
    with new_lab("arm", versions) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "tool").write_text("1.0")
    path = lab_folder("arm") / stranger
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = contents(lab_folder("arm"))
    for change in (remove_lab, lambda name: build(name, "2.0")):
        with pytest.raises(LabError, match=f"holds {stranger.split('/thesis')[0]}.*not the lab's"):
            change("arm")
    assert contents(lab_folder("arm")) == before
    assert [path.name for path in lab_folder("arm").parent.iterdir()] == ["arm"]


@pytest.mark.parametrize("kind", ["link", "dangling link", "file"])
def test_3_2_what_is_no_folder_stays(kind: str, tmp_path: Path) -> None:
    place = lab_folder("arm")
    place.parent.mkdir()
    if kind == "file":
        place.write_text("mine")
    else:
        before = strange(tmp_path / "elsewhere")
        place.symlink_to(tmp_path / ("elsewhere" if kind == "link" else "nowhere"))
    for change in (remove_lab, lambda name: build(name, "2.0")):
        with pytest.raises(LabError, match="is no folder"):
            change("arm")
    assert place.is_symlink() or place.read_text() == "mine"
    assert kind == "file" or contents(tmp_path / "elsewhere") == before


def test_3_2_what_came_while_a_lab_was_built_stays() -> None:
    with pytest.raises(ArtifactError, match=r"appeared.*arm-new$"), new_lab("arm", {}) as folder:
        (folder / "tool").write_text("1.0")
        before = strange(lab_folder("arm"))
    assert contents(lab_folder("arm")) == before


def test_3_2_a_lab_goes_with_its_folders_links_and_caches() -> None:
    with new_lab("gpu", {}) as folder:
        (folder / "empty" / "inner").mkdir(parents=True)
        (folder / "link").symlink_to("empty")
        (folder / "dangling").symlink_to("nowhere")
        (folder / "site").mkdir()
    for cache in ("shaders", "__pycache__", "site/__pycache__"):
        (lab_folder("gpu") / cache).mkdir()
        (lab_folder("gpu") / cache / "made").write_text("by a program of the lab")
    assert remove_lab("gpu")
    assert list(lab_folder("gpu").parent.iterdir()) == []


def test_3_2_a_damaged_record_does_not_keep_a_lab() -> None:
    build("gpu", "1.0")
    (lab_folder("gpu") / RECORD).write_text("[]")
    with pytest.raises(LabError, match="is damaged"):
        open_lab("gpu")
    build("gpu", "2.0")
    assert open_lab("gpu").versions == {"tool": "2.0"}
