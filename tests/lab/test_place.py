"""Laboratories appear whole, replace older ones only when they are, and are refused if strange."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
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
