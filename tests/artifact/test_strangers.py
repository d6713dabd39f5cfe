"""Files of others where an export goes: before it, during it, and in the moment of the swap."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge import export_model, load_model, open_images
from lowformer_edge.artifact.manifest import FileRecord
from lowformer_edge.artifact.replacement import BUNDLE, bundle_contents, check_replaceable
from lowformer_edge.demo import CALIBRATION
from lowformer_edge.errors import ArtifactError
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.process import renaming
from lowformer_edge.process.replacing import Contents, Ownership, replaced_folder
from lowformer_edge.progress import Advance, SilentProgress

Arrange = Callable[[Path], None]


def make_bundle(folder: Path) -> None:
    """What replacing looks at: two files and a package that a manifest records."""
    weights = folder / "x.mlpackage" / "Data" / "weights"
    weights.mkdir(parents=True)
    (weights / "weight.bin").write_text("weights")
    (folder / "x.mlpackage" / "Manifest.json").write_text("{}")
    (folder / "x.tflite").write_text("file")
    files = [FileRecord.of(folder / name).model_dump() for name in ("x.mlpackage", "x.tflite")]
    content = {"schema_version": 2, "artifacts": [{"file": record} for record in files]}
    (folder / "manifest.json").write_text(json.dumps(content))


def write(*parts: str, content: str = "mine") -> Arrange:
    """Puts a file into the folder."""

    def arrange(folder: Path) -> None:
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    return arrange


def make_folder(*parts: str) -> Arrange:
    return lambda folder: folder.joinpath(*parts).mkdir(parents=True)


def link_in_place(name: str) -> Arrange:
    """Puts a link in the place of a file of ours, to the same content elsewhere."""

    def arrange(folder: Path) -> None:
        (folder / name).rename(folder.with_name("elsewhere"))
        (folder / name).symlink_to(folder.with_name("elsewhere"))

    return arrange


def hard_link(folder: Path) -> None:
    folder.with_name("elsewhere").write_text("mine")
    os.link(folder.with_name("elsewhere"), folder / "linked.txt")


def link_to_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def file_in_place(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("mine")


def nested_bundle(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("copy"))
    folder.with_name("copy").rename(folder / "inner")


def foreign_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"name": "a web app"}')


STRANGERS: dict[str, Arrange] = {
    "file": write("thesis.txt"),
    "hidden file": write(".thesis"),
    "finder's file": write(".DS_Store"),
    "file in a package": write("x.mlpackage", "thesis.txt"),
    "file deep in a package": write("x.mlpackage", "Data", "weights", "thesis.txt"),
    "hidden file in a package": write("x.mlpackage", ".thesis"),
    "file in a folder": write("notes", "thesis.txt"),
    "empty folder": make_folder("notes"),
    "empty folder in a package": make_folder("x.mlpackage", "notes"),
    "empty folders in each other": make_folder("x.mlpackage", "a", "b"),
    "own file changed": write("x.tflite", content="changed"),
    "own package changed": write("x.mlpackage", "Manifest.json", content="changed"),
    "link in place of a file": link_in_place("x.tflite"),
    "link in place of a package": link_in_place("x.mlpackage"),
    "link in place of the manifest": link_in_place("manifest.json"),
    "link in a package": lambda folder: (folder / "x.mlpackage" / "a").symlink_to("Manifest.json"),
    "dangling link": lambda folder: (folder / "a").symlink_to("nowhere"),
    "hard link": hard_link,
    "pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "manifest damaged": write("manifest.json", content="{"),
    "manifest of others": foreign_manifest,
    "manifest removed": lambda folder: (folder / "manifest.json").unlink(),
    "nested bundle": nested_bundle,
    "link to the folder": link_to_folder,
    "file in place of the folder": file_in_place,
}


def everything(folder: Path) -> dict[str, str]:
    """All that is in a folder, with what files say and links point to."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = path.read_text() if path.is_file() else ""
    return found


@contextmanager
def replacing(place: Path) -> Iterator[None]:
    """Writes a new bundle, and does something in the meantime."""
    with replaced_folder(place, BUNDLE) as folder:
        (folder / "new").write_text("new")
        yield


@pytest.fixture(params=["renameat2", "without it"])
def place(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle's place, on a system that exchanges folders in one call and on one that does not."""
    if request.param == "without it":
        monkeypatch.setattr(renaming, "_UNSUPPORTED", range(10000))
        monkeypatch.setattr(renaming, "_NO_REPLACE", 1 << 20)
        monkeypatch.setattr(renaming, "_EXCHANGE", 1 << 20)
    return tmp_path / "bundle"


@pytest.mark.parametrize("arrange", STRANGERS.values(), ids=STRANGERS)
def test_3_1_strangers_that_are_there_already_stop_it(arrange: Arrange, place: Path) -> None:
    make_bundle(place)
    arrange(place)
    before = everything(place.parent)
    for overwrite in (True, False):
        with pytest.raises(ArtifactError, match="bundle"):
            check_replaceable(place, overwrite=overwrite)
    with pytest.raises(ArtifactError), replacing(place):
        pass
    assert everything(place.parent) == before


@pytest.mark.parametrize("arrange", STRANGERS.values(), ids=STRANGERS)
def test_3_1_strangers_that_arrive_in_the_meantime_stay(arrange: Arrange, place: Path) -> None:
    make_bundle(place)
    before: dict[str, str] = {}
    kept = place.with_name("bundle-new")
    with pytest.raises(ArtifactError, match=r"bundle-new$") as caught, replacing(place):
        arrange(place)
        before = everything(place)
    assert "\n" not in str(caught.value)
    assert everything(place) == before
    assert everything(kept) == {"new": "new"}
    assert not [path for path in place.parent.iterdir() if path.name.startswith(".bundle")]


@pytest.mark.parametrize(
    "arrange",
    [
        make_bundle,
        write("thesis.txt"),
        lambda folder: folder.mkdir(),
        lambda folder: folder.write_text("mine"),
        lambda folder: folder.symlink_to("nowhere"),
        lambda folder: folder.symlink_to(folder.parent),
    ],
    ids=["bundle", "file in it", "empty folder", "file", "dangling link", "link"],
)
def test_3_1_a_new_bundle_goes_onto_nothing_alone(arrange: Arrange, place: Path) -> None:
    with (
        pytest.raises(ArtifactError, match=r"appeared in the meantime.*bundle-new$"),
        replacing(place),
    ):
        arrange(place)
        before = place.lstat()
    assert place.lstat() == before
    assert everything(place.with_name("bundle-new")) == {"new": "new"}


@pytest.mark.parametrize("arrange", [write("thesis.txt"), file_in_place, link_to_folder])
def test_3_1_strangers_that_arrive_in_the_moment_of_the_swap_stay(
    arrange: Arrange, place: Path
) -> None:
    """What comes between the last look and the exchange is found in the exchanged folder."""
    make_bundle(place)
    before: dict[str, str] = {}
    looks = 0

    def arriving(folder: Path) -> Contents:
        nonlocal looks, before
        looks += 1
        found = bundle_contents(folder)
        if looks == 2:
            arrange(place)
            before = everything(place)
        return found

    with (
        pytest.raises(ArtifactError, match=r"bundle-new$"),
        replaced_folder(place, Ownership(arriving)) as folder,
    ):
        (folder / "new").write_text("new")
    assert everything(place) == before
    assert everything(place.with_name("bundle-new")) == {"new": "new"}


def test_3_1_an_unchanged_bundle_is_replaced(place: Path) -> None:
    make_bundle(place)
    with replacing(place):
        (place / "x.mlpackage" / ".DS_Store").write_bytes(b"left by Finder")
    assert everything(place.parent) == {"bundle": "", "bundle/new": "new"}


def test_3_1_an_empty_folder_is_filled(place: Path) -> None:
    place.mkdir()
    with replacing(place):
        pass
    assert everything(place.parent) == {"bundle": "", "bundle/new": "new"}


def test_3_1_kept_bundles_never_replace_each_other(place: Path) -> None:
    for number in ("", "2", "3"):
        with pytest.raises(ArtifactError, match=rf"bundle-new{number}$"), replacing(place):
            place.mkdir()
        place.rmdir()


def test_3_1_a_place_without_a_name_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(ArtifactError, match=r"^\.: .*here-new$"), replacing(Path()):
        pass
    assert everything(tmp_path / "here-new") == {"new": "new"}


class Intruder(SilentProgress):
    """Puts a file into the output's place while an export works."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        if description.startswith("writing"):
            self.place.mkdir(exist_ok=True)
            (self.place / "thesis.txt").write_text("mine")
        yield lambda count: None


def test_3_1_an_export_keeps_a_file_that_came_while_it_worked(
    slight_config: LowFormerConfig, tmp_path: Path
) -> None:
    place = tmp_path / "bundle"
    model = load_model(config=slight_config, random_weights=True)
    images = open_images(np.load(CALIBRATION)["images"][:4], model)
    with pytest.raises(ArtifactError, match=r"bundle-new$"):
        export_model(model, place, "onnx", evaluation=images, runs=1, progress=Intruder(place))
    assert everything(place) == {"thesis.txt": "mine"}
    assert (tmp_path / "bundle-new" / "slight-fp32.onnx").is_file()
