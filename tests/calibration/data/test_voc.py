"""VOC's annotations of objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.data.file_tree import FileTree
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.calibration.data.voc import read_voc, voc_images
from lowformer_edge.errors import DataError

from .annotated import decoded, objects_in, save_image, save_voc, voc_object

NAMES = ("dog", "person", "dining table")


def images_of(
    folder: Path, names: tuple[str, ...] | None = NAMES, listed: Path | None = None, count: int = 3
) -> ImageSet:
    images, annotations = (FileTree.open(folder / name) for name in ("JPEGImages", "Annotations"))
    return voc_images(images, annotations, listed, names, count)


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    for name in ("2007_01", "2007_02"):
        save_image(tmp_path / "JPEGImages" / f"{name}.jpg")
    save_voc(
        tmp_path / "Annotations" / "2007_01.xml",
        voc_object("diningtable", 1, 1, 40, 30),
        voc_object("dog", 5, 6, 5, 7, difficult=1),
    )
    save_voc(tmp_path / "Annotations" / "2007_02.xml", size=None)
    return tmp_path


def test_pixels_count_from_one_and_the_last_is_the_boxs_own(voc: Path) -> None:
    images = images_of(voc)
    samples = decoded(images)
    first = objects_in(samples, 0)
    assert first.boxes.tolist() == [[0, 0, 40, 30], [4, 5, 5, 7]]
    assert first.classes.tolist() == [2, 0]
    assert first.areas.tolist() == [1200, 2]
    assert len(objects_in(samples, 1)) == 0
    assert any("whose pixels count from 1" in note for note in images.notes)


def test_difficult_objects_need_not_be_found_and_that_is_said(voc: Path) -> None:
    images = images_of(voc)
    assert objects_in(decoded(images), 0).crowd.tolist() == [False, True]
    assert any(note.startswith("1 objects are difficult by VOC") for note in images.notes)


def test_a_list_chooses_images(voc: Path) -> None:
    listed = voc / "val.txt"
    listed.write_text("2007_02  1\n2007_01 -1\n2099_01\n")
    images = images_of(voc, listed=listed)
    assert [Path(str(item)).stem for item in images.items] == ["2007_02", "2007_01"]
    assert "took the 2 images that val.txt lists" in images.notes
    assert any("1 images of val.txt are not in" in note for note in images.notes)


def test_a_list_of_other_images_is_refused(voc: Path) -> None:
    listed = voc / "val.txt"
    listed.write_text("2099_01\n")
    with pytest.raises(DataError, match=r"holds none of the 1 images of val\.txt, such as 2099"):
        images_of(voc, listed=listed)
    listed.write_text("\n")
    with pytest.raises(DataError, match="lists no image"):
        images_of(voc, listed=listed)


def test_a_model_of_20_classes_has_vocs(voc: Path) -> None:
    assert objects_in(sampled(voc, 20), 0).classes.tolist() == [10, 11]


def test_other_names_count_alphabetically_and_that_is_said(voc: Path) -> None:
    samples = sampled(voc, 2)
    assert objects_in(samples, 0).classes.tolist() == [0, 1]
    assert samples.class_order == "categories taken in alphabetical order, 'diningtable' as class 0"


def sampled(voc: Path, count: int) -> Samples:
    return decoded(images_of(voc, names=None, count=count))


def test_unknown_names_are_refused(voc: Path) -> None:
    with pytest.raises(DataError, match="'diningtable' of 2 categories are no classes"):
        images_of(voc, names=("dog", "cat", "person"))


def test_a_missing_file_is_told(voc: Path) -> None:
    (voc / "Annotations" / "2007_02.xml").unlink()
    with pytest.raises(DataError, match=r"2007_02\.jpg: has no XML file in .*Annotations"):
        images_of(voc)


def test_no_object_at_all_is_told(voc: Path) -> None:
    save_voc(voc / "Annotations" / "2007_01.xml")
    with pytest.raises(DataError, match="no file states an object"):
        images_of(voc)


BOMB = """<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>
<annotation><object><name>&c;</name></object></annotation>"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "declares a document type"),
        (BOMB.encode("utf-16"), "declares a document type"),
        ("<annotation>", "is no whole XML file"),
        ("", "is no whole XML file"),
        ("<html/>", "holds <html>, and not VOC's <annotation>"),
        ("<annotation><object><name>x</name></object></annotation>", "without <name> or <bndbox>"),
        (f"<annotation>{voc_object('', 1, 1, 2, 2)}</annotation>", "without <name> or <bndbox>"),
        (f"<annotation>{voc_object('x', 1, 1, 2, 'nan')}</annotation>", "has 'nan' as <ymax>"),
        (f"<annotation>{voc_object('x', '', 1, 2, 2)}</annotation>", "has '' as <xmin>"),
        (f"<annotation>{voc_object('x', 1, 1, 2, 2, difficult=3)}</annotation>", "<difficult>"),
        ("<annotation><size><width>x</width></size></annotation>", "as <height>, which is no"),
    ],
)
def test_faults_are_told_in_one_line(text: str | bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message) as caught:
        read_voc(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
