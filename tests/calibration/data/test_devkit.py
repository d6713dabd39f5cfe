"""ImageNet's development kit as the labels of its validation images."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.calibration.data import kit_classes
from lowformer_edge.calibration.data.devkit import GROUND_TRUTH
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.calibration.data.label_table import read_label_table
from lowformer_edge.errors import DataError

TRUTH = "490\n361\n171\n"


@pytest.fixture
def devkit(tmp_path: Path) -> Path:
    data = tmp_path / "ILSVRC2012_devkit_t12" / "data"
    data.mkdir(parents=True)
    (data / GROUND_TRUTH).write_text(TRUTH)
    return data.parent


def save_meta(path: Path, ids: dict[int, str]) -> None:
    """A meta.mat as the kit has it: a column of records."""
    scipy_io = pytest.importorskip("scipy.io")
    kinds = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("num_children", "O")]
    synsets = np.empty((len(ids), 1), kinds)
    for row, (number, wordnet_id) in enumerate(ids.items()):
        synsets[row, 0] = (number, wordnet_id, 0)
    scipy_io.savemat(path, {"synsets": synsets})


def test_2_5_the_kits_folder_its_data_and_its_archive(devkit: Path, tmp_path: Path) -> None:
    archive = tmp_path / "ILSVRC2012_devkit_t12.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(devkit, devkit.name)
    expected = {
        "ILSVRC2012_val_00000001": "n01751748",
        "ILSVRC2012_val_00000002": "n09193705",
        "ILSVRC2012_val_00000003": "n02105855",
    }
    for path in (devkit.parent, devkit, devkit / "data", devkit / "data" / GROUND_TRUTH, archive):
        assert read_label_table(path) == expected


def test_2_5_flat_validation_images_are_labelled_by_the_kit(devkit: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ILSVRC2012_img_val"
    folder.mkdir()
    for number in (3, 1):
        Image.new("RGB", (4, 4)).save(folder / f"ILSVRC2012_val_{number:08}.JPEG", "jpeg")
    table = read_label_table(devkit)
    labelled = find_images(folder).with_label_table(table, None, 1000)
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [65, 230]
    assert "1 of 3 labels are for images that are not there" in labelled.notes[0]


def test_2_5_the_kits_own_numbers_are_taken(devkit: Path) -> None:
    ids = {490: "n01440764", 361: "n01443537", 171: "n02119789", 1001: "n00001740"}
    save_meta(devkit / "data" / "meta.mat", ids)
    assert list(read_label_table(devkit).values()) == ["n01440764", "n01443537", "n02119789"]


def test_2_5_a_damaged_kit(devkit: Path) -> None:
    pytest.importorskip("scipy.io")
    (devkit / "data" / "meta.mat").write_bytes(b"junk" * 100)
    with pytest.raises(DataError, match=r"meta\.mat is not readable"):
        read_label_table(devkit)


def test_a_kit_that_kills_its_reader_is_one_line(
    devkit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("scipy.io")
    (devkit / "data" / "meta.mat").write_bytes(b"junk")
    dying = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    monkeypatch.setattr(kit_classes, "COMMAND", (sys.executable, "-c", dying))
    with pytest.raises(DataError, match=r"meta\.mat is not readable \(.*SIGSEGV.*\); copy the kit"):
        read_label_table(devkit)


@pytest.mark.parametrize("line", ["0", "1001", "-1", "9" * 5000, "cat"])
def test_2_5_numbers_that_the_kit_has_not(line: str, devkit: Path) -> None:
    (devkit / "data" / GROUND_TRUTH).write_text(f"490\n{line}\n")
    with pytest.raises(DataError, match="line 2 of the ground truth"):
        read_label_table(devkit)


def test_2_5_a_folder_that_is_no_kit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no ILSVRC2012_validation_ground_truth"):
        read_label_table(tmp_path)


def test_2_5_a_list_that_is_called_like_the_ground_truth(tmp_path: Path) -> None:
    path = tmp_path / GROUND_TRUTH
    path.write_text("ILSVRC2012_val_00000001.JPEG 65\n")
    assert read_label_table(path) == {"ILSVRC2012_val_00000001.JPEG": "65"}


def test_2_5_numbers_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text(TRUTH)
    with pytest.raises(DataError, match="row 1 needs an image and a label"):
        read_label_table(tmp_path / "labels.txt")
