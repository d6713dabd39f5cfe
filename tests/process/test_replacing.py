from __future__ import annotations

import errno
import os
import signal
import tempfile
from pathlib import Path

import pytest

from lowformer_edge.artifact.files import contents_of
from lowformer_edge.errors import ArtifactError
from lowformer_edge.process.replacing import (
    Ownership,
    recover_folder,
    replaced_file,
    replaced_folder,
)
from lowformer_edge.process.workplace import LOCK, MARK

OWN = Ownership(contents_of)


def make_bundle(path: Path, content: str = "old") -> None:
    path.mkdir()
    (path / "manifest.json").write_text(content)


def content_of(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with replaced_folder(target, OWN) as folder:
        (folder / "x").write_text("1")
        assert not target.exists()
    assert content_of(target) == {"x": "1"}
    assert [path.name for path in target.parent.iterdir()] == ["b"]


@pytest.mark.parametrize(
    "error", [RuntimeError("x"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")]
)
def test_an_older_bundle_survives_whatever_happens(error: BaseException, tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    make_bundle(target)
    expected = ArtifactError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected), replaced_folder(target, OWN) as folder:
        (folder / "manifest.json").write_text("half")
        raise error
    assert content_of(target) == {"manifest.json": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_overwriting_replaces_all_of_an_older_bundle(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    make_bundle(target)
    (target / "old.tflite").write_text("old")
    with replaced_folder(target, OWN) as folder:
        (folder / "manifest.json").write_text("new")
    assert content_of(target) == {"manifest.json": "new"}


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ArtifactError, match="cannot be written"),
        replaced_folder(tmp_path / "file" / "bundle", OWN),
    ):
        pass
    with (
        pytest.raises(ArtifactError, match="cannot be written"),
        replaced_folder(Path("/proc/lowformer/bundle"), OWN),
    ):
        pass


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ArtifactError, match="disk is full"),
        replaced_folder(tmp_path / "bundle", OWN) as folder,
    ):
        Path("/dev/full").write_text("x" * 100_000)
        (folder / "x").write_text("")
    assert list(tmp_path.iterdir()) == []


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.json"
    target.write_text("old")
    with pytest.raises(RuntimeError), replaced_file(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert content_of(tmp_path) == {"x.json": "old"}
    with replaced_file(target) as temporary:
        temporary.write_text("new")
    assert content_of(tmp_path) == {"x.json": "new"}


def test_parents_that_were_made_for_nothing_go_again(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), replaced_folder(tmp_path / "a" / "b" / "c", OWN):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_between_the_two_renames_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "bundle"
    make_bundle(target)
    rename = Path.rename

    def interrupted(self: Path, goal: Path) -> Path:
        result = rename(self, goal)
        os.kill(os.getpid(), signal.SIGINT)
        return result

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), replaced_folder(target, OWN) as folder:
        (folder / "manifest.json").write_text("new")
    assert content_of(target) == {"manifest.json": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize(
    "known",
    [
        b"",
        b"no JSON",
        b"[1]",
        b'{"../../thesis.txt": ""}',
        b'{"/etc/thesis.txt": ""}',
        b'{"\\u0000": ""}',
        None,
    ],
)
def test_a_dead_runs_damaged_notes_remove_nothing(known: bytes | None, tmp_path: Path) -> None:
    """What it was about to remove stays where it is, and so does all else."""
    work = Path(tempfile.mkdtemp(MARK, ".bundle.", tmp_path))
    (work / LOCK).touch()
    (work / "old").mkdir()
    (work / "old" / "model.tflite").write_text("older")
    (tmp_path / "thesis.txt").write_text("somebody's")
    if known is not None:
        (work / "known").write_bytes(known)
    recover_folder(tmp_path / "bundle", OWN)
    assert (work / "old" / "model.tflite").read_text() == "older"
    assert (tmp_path / "thesis.txt").exists()
