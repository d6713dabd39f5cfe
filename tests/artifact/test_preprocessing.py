from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from lowformer_edge.artifact.preprocessing import Preprocessing, to_rgb
from lowformer_edge.artifact.size import PADDING_PLACES, RESIZE_MODES
from lowformer_edge.errors import ConfigError

SPECS = st.builds(
    Preprocessing,
    size=st.integers(1, 64),
    crop_ratio=st.floats(0.3, 1.0),
    interpolation=st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos"]),
    mean=st.tuples(*[st.floats(0, 1)] * 3),
    std=st.tuples(*[st.floats(0.1, 1)] * 3),
)


def noise(height: int, width: int, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(pixels)


def test_the_published_evaluation() -> None:
    spec = Preprocessing()
    assert (spec.size, spec.resize, spec.interpolation) == (224, (236, 236), "bicubic")
    image = noise(300, 400)
    # What torchvision's Resize(236, bicubic) and CenterCrop(224) do with a Pillow image.
    resized = image.resize((int(236 * 400 / 300), 236), Image.Resampling.BICUBIC)
    left, top = round((resized.width - 224) / 2), round((236 - 224) / 2)
    cropped = resized.crop((left, top, left + 224, top + 224))
    np.testing.assert_array_equal(spec.pixels(image), np.asarray(cropped))


@given(spec=SPECS, height=st.integers(1, 90), width=st.integers(1, 90))
@settings(max_examples=60, deadline=None)
def test_any_image_becomes_the_input_size(spec: Preprocessing, height: int, width: int) -> None:
    result = spec(noise(height, width))
    assert result.shape == (3, spec.height, spec.width)
    assert result.dtype == np.float32


@given(spec=SPECS)
@settings(max_examples=30, deadline=None)
def test_a_constant_image_stays_constant(spec: Preprocessing) -> None:
    image = Image.new("RGB", (50, 40), (10, 130, 250))
    pixels = spec.pixels(image)
    assert (pixels == np.array([10, 130, 250])).all()


@given(
    spec=SPECS,
    pixels=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=3).map(lambda s: (*s, 3))),
)
@settings(max_examples=50, deadline=None)
def test_normalisation_is_the_formula_and_can_be_undone(
    spec: Preprocessing, pixels: np.ndarray[Any, np.dtype[np.uint8]]
) -> None:
    result = spec.normalise(pixels)
    assert result.shape == (*pixels.shape[:-3], 3, *pixels.shape[-3:-1])
    back = np.moveaxis(result, -3, -1).astype(np.float64) * np.array(spec.std) + spec.mean
    np.testing.assert_allclose(back * 255, pixels, atol=1e-3)


@given(spec=SPECS)
def test_specs_round_trip_through_json(spec: Preprocessing) -> None:
    assert Preprocessing.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert spec.resize[0] >= spec.height


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"size": 0}, "at least a pixel"),
        ({"size": 10.5}, "a side in pixels"),
        ({"crop_ratio": 0}, "crop_ratio"),
        ({"crop_ratio": 1.1}, "crop_ratio"),
        ({"interpolation": "cubic"}, "bicubic"),
        ({"crop_ratio": 1e-320}, "crop_ratio"),
        ({"crop_ratio": "1"}, "crop_ratio"),
        ({"std": (0.0, 1.0, 1.0)}, "std must be positive"),
        ({"mean": ("a", "b", "c")}, "three numbers"),
        ({"mean": (0.0, float("nan"), 0.0)}, "three numbers"),
        ({"mean": (0.0, 1.0)}, "three numbers"),
        ({"scale": 2}, "unknown field scale"),
        ({"size": 224, "resize": 256}, "contradicts"),
        ({"mean": 3}, "wrong type"),
    ],
)
def test_impossible_specs_are_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        Preprocessing.from_dict(fields)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = to_rgb(noise(5, 7).convert("RGB").convert(mode if mode != "PA" else "P"))
    assert image.mode == "RGB"
    assert image.size == (7, 5)


def test_alpha_is_dropped() -> None:
    image = Image.new("RGBA", (2, 2), (200, 100, 50, 0))
    assert to_rgb(image).getpixel((0, 0)) == (200, 100, 50)


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bit_samples_keep_their_upper_eight_bits(mode: str) -> None:
    samples = np.array([[0, 255, 256], [32768, 65280, 65535]], np.uint16)
    dtype = {"I;16": "<u2", "I;16B": ">u2"}[mode]
    image = Image.frombytes(mode, (3, 2), samples.astype(dtype).tobytes())
    found = np.asarray(to_rgb(image))[..., 0]
    np.testing.assert_array_equal(found, samples >> 8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(orientation: int) -> None:
    upright = noise(6, 9)
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(turns[orientation]) if orientation > 1 else upright.copy()
    exif = stored.getexif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(np.asarray(to_rgb(stored)), np.asarray(upright))


@pytest.mark.parametrize("mode", ["I", "F"])
def test_thirty_two_bit_samples_are_refused_rather_than_guessed(mode: str) -> None:
    with pytest.raises(ValueError, match="32-bit samples"):
        to_rgb(Image.new(mode, (4, 4)))


def test_sixteen_bit_png_files_are_read_as_such(tmp_path: Path) -> None:
    samples = np.array([[0, 255, 256], [32768, 65280, 65535]], np.uint16)
    Image.fromarray(samples).save(tmp_path / "grey.png")
    with Image.open(tmp_path / "grey.png") as image:
        np.testing.assert_array_equal(np.asarray(to_rgb(image))[..., 1], samples >> 8)


@pytest.mark.parametrize("size", [(1, 30_000), (30_000, 1)])
def test_absurd_shapes_are_refused_before_they_fill_memory(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="too unequal"):
        Preprocessing().pixels(Image.new("RGB", size))


@given(
    mode=st.sampled_from(RESIZE_MODES),
    place=st.sampled_from(PADDING_PLACES),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    image=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
@settings(max_examples=80, deadline=None)
def test_every_mode_gives_the_size(
    mode: str, place: str, size: tuple[int, int], image: tuple[int, int]
) -> None:
    spec = Preprocessing(size, resize_mode=mode, padding_place=place)
    assert spec.pixels(noise(*image)).shape == (*size, 3)
    assert Preprocessing.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_a_crop_of_a_rectangle_keeps_the_shape_and_covers() -> None:
    """As timm: the image is resized to cover the size over the ratio, and cut to its centre."""
    spec = Preprocessing((96, 192), crop_ratio=0.8)
    assert spec.resize == (120, 240)
    image = noise(300, 400)
    resized = image.resize((240, 180), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(
        spec.pixels(image), np.asarray(resized.crop((24, 42, 24 + 192, 42 + 96)))
    )


def test_squashing_is_one_resize() -> None:
    image = noise(50, 40)
    expected = image.resize((30, 20), Image.Resampling.BILINEAR)
    spec = Preprocessing((20, 30), interpolation="bilinear", resize_mode="squash")
    np.testing.assert_array_equal(spec.pixels(image), np.asarray(expected))


@pytest.mark.parametrize(("place", "left"), [("bottom-right", 0), ("around", 11)])
def test_letterboxing_keeps_the_shape_and_pads(place: str, left: int) -> None:
    image = noise(80, 50)
    spec = Preprocessing((40, 48), resize_mode="letterbox", padding=(7, 8, 9), padding_place=place)
    pixels = spec.pixels(image)
    resized = image.resize((25, 40), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(pixels[:, left : left + 25], np.asarray(resized))
    rest = np.delete(pixels, np.arange(left, left + 25), axis=1)
    assert (rest == (7, 8, 9)).all()


def test_padding_is_the_mean_by_default() -> None:
    assert Preprocessing().padding == (124, 116, 104)
    assert Preprocessing(mean=(0, 1.2, -3)).padding == (0, 255, 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"resize_mode": "stretch"}, "crop, squash, letterbox"),
        ({"padding_place": "left"}, "bottom-right, around"),
        ({"padding": (0, 0, 256)}, "from 0 to 255"),
        ({"padding": (0, 0)}, "three whole numbers"),
        ({"padding": (0, 0, 1.5)}, "three whole numbers"),
        ({"size": (0, 4)}, "at least a pixel"),
    ],
)
def test_impossible_resizing(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        Preprocessing(**fields)


def test_a_resize_that_contradicts_is_refused() -> None:
    fields = {**Preprocessing((20, 30)).to_dict(), "resize": [20, 30]}
    with pytest.raises(ConfigError, match="contradicts 20 x 30"):
        Preprocessing.from_dict(fields)
