from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge import demo
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.image_set import ImageSet
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.errors import DataError

SPEC = Preprocessing(size=32, crop_ratio=1.0)


def save(path: Path, mode: str = "RGB", seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    save(folder / "cat" / "a.png")
    save(folder / "cat" / "deep" / "b.jpg", seed=1)
    save(folder / "dog" / "c.PNG", "RGBA", seed=2)
    save(folder / "dog" / "d.tif", "CMYK", seed=3)
    save(folder / "dog" / "e.gif", "P", seed=4)
    return folder


def test_folders_are_nested_sorted_and_labelled(photos: Path) -> None:
    (photos / "cat" / "notes.txt").write_text("not an image")
    save(photos / "cat" / ".hidden.png")
    images = find_images(photos)
    assert [Path(str(item)).name for item in images.items] == [
        *("a.png", "b.jpg", "c.PNG", "d.tif", "e.gif")
    ]
    assert images.labels is not None
    assert images.labels.tolist() == [0, 0, 1, 1, 1]
    assert images.class_names == ("cat", "dog")
    decoded = decode(images, SPEC)
    assert decoded.pixels.shape == (5, 32, 32, 3)


def test_flat_folders_have_no_labels(photos: Path) -> None:
    save(photos / "stray.png")
    assert find_images(photos).labels is None


def test_labels_follow_the_models_names(photos: Path) -> None:
    images = find_images(photos)
    named = images.with_labels_of(("Dog!", "fish", "cat"), 3)
    assert named.labels is not None
    assert named.labels.tolist() == [2, 2, 0, 0, 0]
    ordered = images.with_labels_of(None, 2)
    assert ordered.labels is not None
    assert ordered.labels.tolist() == [0, 0, 1, 1, 1]


def test_labels_are_never_guessed(photos: Path) -> None:
    images = find_images(photos)
    with pytest.raises(DataError, match=r"folder dog is no class of the model \(1 of 2"):
        images.with_labels_of(("cat", "fish"), 2)
    with pytest.raises(DataError, match="has 2 folders, but the model 3 classes"):
        images.with_labels_of(None, 3)
    numbered = ImageSet("x", np.zeros((2, 4, 4), np.uint8), np.array([0, 7]))
    assert numbered.with_labels_of(None, 8).labels is not None
    with pytest.raises(DataError, match="label 7, but the model only 7"):
        numbered.with_labels_of(("a",) * 7, 7)


def test_links_are_followed_and_hidden_places_are_not(photos: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    save(elsewhere / "f.png")
    (photos / "bird").symlink_to(elsewhere)
    (photos / "cat" / "loop").symlink_to(photos)
    save(photos / ".ipynb_checkpoints" / "g.png")
    save(photos / "cat" / ".trash" / "h.png")
    images = find_images(photos)
    assert images.class_names == ("bird", "cat", "dog")
    names = [Path(str(item)).name for item in images.items]
    assert sorted(names) == ["a.png", "b.jpg", "c.PNG", "d.tif", "e.gif", "f.png"]


def test_names_that_are_no_text_can_be_reported(photos: Path) -> None:
    (photos / "cat" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"no image")
    (line,) = decode(find_images(photos), SPEC).skipped
    assert "caf\\xe9.jpg" in line
    line.encode("utf-8")


def test_broken_images_are_named_and_left_out(photos: Path) -> None:
    (photos / "cat" / "broken.png").write_bytes(b"no image")
    whole = (photos / "cat" / "a.png").read_bytes()
    (photos / "dog" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (photos / "dog" / "empty.jpg").touch()
    images = find_images(photos)
    decoded = decode(images, SPEC)
    assert len(decoded) == 5
    assert decoded.labels is not None
    assert decoded.labels.tolist() == [0, 0, 1, 1, 1]
    assert [Path(line.split(":")[0]).name for line in decoded.skipped] == [
        *("broken.png", "cut.png", "empty.jpg")
    ]
    with pytest.raises(DataError, match=r"broken\.png: cannot be read"):
        decode(images, SPEC, strict=True)


def test_folders_without_a_usable_image(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no image"):
        find_images(tmp_path)
    (tmp_path / "a.png").touch()
    with pytest.raises(DataError, match="none of 1 images can be read"):
        decode(find_images(tmp_path), SPEC)
    with pytest.raises(DataError, match="no such images"):
        find_images(tmp_path / "absent")
    with pytest.raises(DataError, match="give a folder"):
        find_images(tmp_path / "a.png")


def test_arrays_with_and_without_labels(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (3, 20, 30), np.uint8)
    np.savez(tmp_path / "grey.npz", images=grey, labels=np.array([1, 0, 2], np.uint8))
    np.save(tmp_path / "grey.npy", grey)
    labelled, bare = find_images(tmp_path / "grey.npz"), find_images(tmp_path / "grey.npy")
    assert labelled.labels is not None
    assert labelled.labels.tolist() == [1, 0, 2]
    assert bare.labels is None
    np.testing.assert_array_equal(decode(labelled, SPEC).pixels, decode(bare, SPEC).pixels)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"pictures": np.zeros((1, 4, 4), np.uint8)}, "no array called 'images'"),
        ({"images": np.zeros((1, 4, 4), np.float32)}, "must be uint8"),
        ({"images": np.zeros((4, 4), np.uint8)}, "must be uint8"),
        ({"images": np.zeros((1, 4, 4, 4), np.uint8)}, "must be uint8"),
        ({"images": np.zeros((0, 4, 4), np.uint8)}, "holds no image"),
        ({"images": np.zeros((2, 4, 4), np.uint8), "labels": np.array([1])}, "one class number"),
        ({"images": np.zeros((1, 4, 4), np.uint8), "labels": np.array([0.5])}, "one class number"),
        ({"images": np.zeros((1, 4, 4), np.uint8), "labels": np.array([-1])}, "one class number"),
        ({"images": np.array([object()])}, "not a readable array"),
        (
            {"images": np.zeros((1, 4, 4), np.uint8), "labels": np.array([2**64 - 1])},
            "one class number",
        ),
    ],
)
def test_arrays_that_are_refused(
    arrays: dict[str, np.ndarray], reason: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=reason):
        find_images(tmp_path / "x.npz")


def test_damaged_array_files(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    for content in (b"", b"PK\x03\x04", b"junk"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="not a readable array"):
            find_images(path)


def test_any_damaged_byte_is_an_error_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    images = np.random.default_rng(0).integers(0, 4, (2, 16, 16), np.uint8)
    np.savez_compressed(path, images=images)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            found = find_images(path)
        except DataError:
            continue
        assert isinstance(found.items, np.ndarray)


def test_samples_are_reproducible_and_keep_their_labels() -> None:
    pixels = np.arange(100, dtype=np.uint8).reshape(100, 1, 1)
    images = ImageSet("x", pixels, np.arange(100))
    first, again, other = images.sample(10, 3), images.sample(10, 3), images.sample(10, 4)
    assert isinstance(first.items, np.ndarray)
    assert isinstance(again.items, np.ndarray)
    assert isinstance(other.items, np.ndarray)
    assert first.labels is not None
    np.testing.assert_array_equal(first.items, again.items)
    assert not np.array_equal(first.items, other.items)
    np.testing.assert_array_equal(first.items.ravel(), first.labels)
    assert len(set(first.labels.tolist())) == 10
    assert images.sample(1000) is images


def test_the_digest_depends_on_pixels_alone() -> None:
    pixels = np.zeros((2, 4, 4), np.uint8)
    base = decode(ImageSet("x", pixels), SPEC)
    assert decode(ImageSet("y", pixels, np.array([0, 1])), SPEC).digest == base.digest
    assert decode(ImageSet("x", pixels + 1), SPEC).digest != base.digest
    assert decode(ImageSet("x", pixels[:1]), SPEC).digest != base.digest


def test_batches_are_normalised_and_complete() -> None:
    decoded = decode(ImageSet("x", np.full((5, 4, 4), 128, np.uint8)), SPEC)
    batches = list(decoded.batches(SPEC, 2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    np.testing.assert_array_equal(batches[0][0], SPEC.normalise(decoded.pixels[0]))


def test_the_bundled_images() -> None:
    calibration, evaluation = find_images(demo.CALIBRATION), find_images(demo.EVALUATION)
    assert (len(calibration), len(evaluation)) == (256, 2000)
    for images in (calibration, evaluation):
        assert images.labels is not None
        assert set(images.labels.tolist()) == set(range(10))
    size = demo.CALIBRATION.stat().st_size + demo.EVALUATION.stat().st_size
    assert size < 3_000_000


@pytest.mark.parametrize("mode", ["crop", "squash", "letterbox"])
def test_it_is_known_where_each_image_lies(mode: str, tmp_path: Path) -> None:
    Image.new("RGB", (50, 40)).save(tmp_path / "a.png")
    turned = Image.new("RGB", (60, 20))
    turned.getexif()[0x0112] = 6  # shown after a quarter turn
    turned.save(tmp_path / "b.jpg", exif=turned.getexif())
    spec = Preprocessing(size=32, resize_mode=mode)
    samples = decode(find_images(tmp_path), spec)
    assert list(samples.placements) == [spec.placement(40, 50), spec.placement(60, 20)]
    assert samples.annotations is None
