"""Exported files in use: images in, classes out, the same as everywhere else."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.errors import DataError, UsageError
from lowformer_edge.runtime.formats import format_of
from lowformer_edge.tasks.classification import softmax


@pytest.fixture(scope="module")
def bundle(all_formats_bundle: Path) -> lfe.Bundle:
    return lfe.open_bundle(all_formats_bundle)


def run_here(bundle: lfe.Bundle) -> list[Path]:
    records = bundle.manifest.artifacts
    return [path for path, record in zip(bundle.files, records, strict=True) if not record.not_run]


def test_outputs_are_the_runners(bundle: lfe.Bundle) -> None:
    images = bundle.preprocessing.normalise(bundle.golden().pixels)
    for path in run_here(bundle):
        with lfe.open_model(path) as model, format_of(path).runner(path, 1) as runner:
            (outputs,) = model.run(images).items()
            assert outputs[0] == "logits"
            np.testing.assert_array_equal(outputs[1], runner.run(images)["logits"])


def test_classes_are_those_of_the_logits(bundle: lfe.Bundle) -> None:
    pixels, names = bundle.golden().pixels, bundle.labels
    assert names is not None
    for path in run_here(bundle):
        with lfe.open_model(path) as model:
            assert model.labels == bundle.labels
            assert model.input_size == pixels.shape[1:3]
            expected = model.run(bundle.preprocessing.normalise(pixels))["logits"].argmax(1)
            best = [model(image, top=1)[0] for image in pixels]
        assert [one.index for one in best] == list(expected)
        assert [one.label for one in best] == [names[index] for index in expected]


def test_a_model_gives_each_thread_its_own_outputs(bundle: lfe.Bundle) -> None:
    images = bundle.preprocessing.normalise(bundle.golden().pixels)
    for path in run_here(bundle):
        with lfe.open_model(path) as model, ThreadPoolExecutor(4) as threads:
            expected = model.run(images)["logits"]
            asked = [*range(len(images))] * 8
            given = threads.map(lambda one, of=model: of.run(images[one][None])["logits"], asked)
            np.testing.assert_array_equal([*given], expected[asked][:, None])


def test_models_are_opened_by_several_threads(
    bundle: lfe.Bundle, capfd: pytest.CaptureFixture[str]
) -> None:
    files = run_here(bundle) * 4
    with ThreadPoolExecutor(8) as threads:
        for model in threads.map(lfe.open_model, files):
            model.close()
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_files_arrays_and_pictures_are_the_same(bundle: lfe.Bundle, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 50, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    with lfe.open_model(bundle, "tflite/int8") as model:
        expected = model(pixels)
        assert model(Image.fromarray(pixels)) == expected
        assert model(tmp_path / "photo.png") == expected
        assert model(str(tmp_path / "photo.png")) == expected
        assert model(pixels[:, :, 0]) == model(np.repeat(pixels[:, :, :1], 3, axis=2))


def test_photos_are_turned_upright(bundle: lfe.Bundle, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 50, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held upright: to be turned right by 90 degrees.
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    with lfe.open_model(bundle, "tflite/int8") as model:
        assert model(tmp_path / "turned.png") == model(np.rot90(pixels, -1))


def test_predictions_are_all_classes_by_probability(bundle: lfe.Bundle) -> None:
    with lfe.open_model(bundle, "tflite/fp32") as model:
        predictions = model(bundle.golden().pixels[0], top=100)
        assert len(predictions) == model.num_classes
    probabilities = [one.probability for one in predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1)
    assert len({one.index for one in predictions}) == len(predictions)


def test_softmax_does_not_overflow() -> None:
    large = np.array([[1e4, 1e4 - 1, -1e4]], np.float32)
    np.testing.assert_allclose(softmax(large).sum(axis=1), 1)
    np.testing.assert_allclose(softmax(large)[0, 0] / softmax(large)[0, 1], np.e, rtol=1e-3)


def test_a_closed_model(bundle: lfe.Bundle) -> None:
    model = lfe.open_model(bundle, "tflite/int8")
    model.close()
    model.close()
    image = bundle.golden().pixels[0]
    for use in (
        lambda: model(image),
        lambda: model.run(bundle.preprocessing.normalise(image[None])),
        lambda: model.input_size,
        model.__enter__,
    ):
        with pytest.raises(UsageError, match="was closed; open it again"):
            use()


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (7, "`image` must be a file"),
        (np.zeros((8, 8, 3)), "`image` must be uint8"),
        (np.zeros((8, 8, 4), np.uint8), "`image` must be uint8"),
        (np.zeros((0, 8, 3), np.uint8), "`image` must be uint8"),
        ("no-such.png", "`image` cannot be read"),
        (__file__, "`image` cannot be read"),
    ],
)
def test_what_is_no_image(image: object, told: str, bundle: lfe.Bundle) -> None:
    with (
        lfe.open_model(bundle, "tflite/int8") as model,
        pytest.raises((UsageError, DataError), match=told),
    ):
        model(image)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 3, 64, 64), np.float32),
        np.zeros((3, 96, 96), np.float32),
        np.zeros((1, 96, 96, 3), np.float32),
        np.zeros((1, 3, 96, 96)),
        [[0.0]],
    ],
)
def test_what_is_no_batch(images: object, bundle: lfe.Bundle) -> None:
    with (
        lfe.open_model(bundle, "tflite/int8") as model,
        pytest.raises(UsageError, match=r"`images` must be .*float32 \[N, 3, 96, 96\]"),
    ):
        model.run(images)  # type: ignore[arg-type]


def test_an_empty_batch(bundle: lfe.Bundle) -> None:
    with lfe.open_model(bundle, "tflite/int8") as model:
        assert model.run(np.zeros((0, 3, 96, 96), np.float32))["logits"].shape == (0, 10)


def test_preprocessing_and_labels_can_be_given(bundle: lfe.Bundle) -> None:
    other = dataclasses.replace(bundle.preprocessing, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    names = tuple(f"class {number}" for number in range(10))
    image = bundle.golden().pixels[0]
    with lfe.open_model(bundle, "tflite/fp32", preprocessing=other, labels=names) as model:
        (best,) = model(image, top=1)
        assert best.label == f"class {best.index}"
        logits = model.run(other(Image.fromarray(image))[None])["logits"]
        assert best.index == int(logits.argmax())


def test_a_file_that_states_nothing(slight_config: lfe.LowFormerConfig, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    source = lfe.export_model(
        lfe.load_model(config=slight_config, random_weights=True),
        tmp_path / "bundle",
        "onnx",
        runs=1,
    )
    graph = onnx.load(source.path())
    del graph.metadata_props[:]
    path = tmp_path / "bare.onnx"
    onnx.save(graph, path)
    side, _ = sides_of(slight_config.input_size)
    with lfe.open_model(path) as model:
        assert (model.preprocessing, model.labels) == (None, None)
        assert model.run(np.zeros((1, 3, side, side), np.float32))["logits"].shape == (1, 5)
        with pytest.raises(UsageError, match="give `preprocessing`"):
            model(np.zeros((8, 8, 3), np.uint8))
    with lfe.open_model(path, preprocessing=lfe.Preprocessing(size=side)) as model:
        (best,) = model(np.zeros((8, 8, 3), np.uint8), top=1)
        assert best.label == str(best.index)
    assert json.dumps(dataclasses.asdict(best))
