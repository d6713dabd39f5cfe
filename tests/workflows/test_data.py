"""Images as the API opens them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge import demo
from lowformer_edge.errors import DataError, UsageError


@pytest.fixture(scope="module")
def model() -> lfe.LoadedModel:
    return lfe.load_model()


@pytest.fixture
def photos(model: lfe.LoadedModel, tmp_path: Path) -> Path:
    """Two photos in a folder of each of two classes."""
    random = np.random.default_rng(0)
    assert model.labels is not None
    for name in ("Bag", "Sandal"):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(2):
            pixels = random.integers(0, 256, (40, 30, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path


def test_folders_files_and_arrays_give_the_same_pixels(
    photos: Path, model: lfe.LoadedModel
) -> None:
    by_folder = lfe.open_images(photos, model)
    files = sorted(photos.rglob("*.png"))
    by_list = lfe.open_images(files, model, labels=[8, 8, 5, 5])
    array = np.stack([np.asarray(Image.open(path)) for path in files])
    by_array = lfe.open_images(array, model, labels=[8, 8, 5, 5])
    assert by_folder.labels is not None
    assert list(by_folder.labels) == [8, 8, 5, 5]
    for samples in (by_list, by_array):
        np.testing.assert_array_equal(samples.pixels, by_folder.pixels)
        np.testing.assert_array_equal(samples.labels, by_folder.labels)
    assert by_folder.pixels.shape == (4, 96, 96, 3)


def test_a_bundle_does_as_well_as_a_model(
    photos: Path, model: lfe.LoadedModel, demo_bundle: Path
) -> None:
    bundle = lfe.open_bundle(demo_bundle)
    ours, theirs = lfe.open_images(photos, model), lfe.open_images(str(photos), bundle)
    assert (bundle.task_name, bundle.output_bytes) == (model.task_name, model.output_bytes)
    assert ours.digest == theirs.digest
    np.testing.assert_array_equal(ours.labels, theirs.labels)


def test_a_table_of_labels(photos: Path, model: lfe.LoadedModel) -> None:
    lines = [f"{path.relative_to(photos).as_posix()},3" for path in photos.rglob("*.png")]
    (photos / "labels.csv").write_text("\n".join(lines))
    samples = lfe.open_images(photos, model, labels=photos / "labels.csv")
    assert samples.labels is not None
    assert set(samples.labels) == {3}


def test_a_draw_is_the_same_each_time(model: lfe.LoadedModel) -> None:
    first, again = (lfe.open_images(demo.EVALUATION, model, count=9, seed=3) for _ in range(2))
    other = lfe.open_images(demo.EVALUATION, model, count=9, seed=4)
    assert len(first) == 9
    assert first.digest == again.digest != other.digest


def test_the_bundled_images_have_their_name(model: lfe.LoadedModel) -> None:
    assert lfe.open_images(demo.EVALUATION, model, count=1).name == demo.EVALUATION_NAME


def test_broken_images_are_warned_of(photos: Path, model: lfe.LoadedModel) -> None:
    (photos / "Bag" / "broken.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="skipped") as warned:
        samples = lfe.open_images(photos, model)
    assert len(samples) == 4
    first, last = (str(one.message) for one in warned)
    assert first.endswith("broken.png: not an image")
    assert last.endswith("used 4 images, skipped 1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match="cannot be read"):
            lfe.open_images(photos, model, strict=True)


@pytest.mark.parametrize("count", [0, -1, 1.5, True])
def test_impossible_counts(count: int, photos: Path, model: lfe.LoadedModel) -> None:
    with pytest.raises(UsageError, match="`count` must be a"):
        lfe.open_images(photos, model, count=count)


def test_numbers_need_an_order(photos: Path, model: lfe.LoadedModel) -> None:
    with pytest.raises(UsageError, match="`labels` as numbers"):
        lfe.open_images(photos, model, labels=[1, 2, 3, 4])


def test_classifiers_have_no_label_maps(photos: Path, model: lfe.LoadedModel) -> None:
    with pytest.raises(UsageError, match="`reduce_zero_label` is for files of label maps"):
        lfe.open_images(photos, model, reduce_zero_label=False)


def test_classes_that_the_model_has_not(photos: Path, model: lfe.LoadedModel) -> None:
    with pytest.raises(DataError, match="label 10, but the model only 10 classes"):
        lfe.open_images(np.zeros((1, 8, 8, 3), np.uint8), model, labels=[10])
    (photos / "Bag").rename(photos / "Kangaroo")
    with pytest.raises(DataError, match="folder Kangaroo is no class of the model"):
        lfe.open_images(photos, model)
