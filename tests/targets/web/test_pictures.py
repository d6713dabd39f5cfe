"""A browser's pixels are Pillow's, and what files see in them is what Python says."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

import lowformer_edge as lfe
from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.preprocessing import to_rgb
from lowformer_edge.demo.scenes import bundled_garments, make_scene
from lowformer_edge.lab.place import Lab
from lowformer_edge.targets.web import decoder_probes

from .chromium import opened_browser
from .sites import Parts, served, site_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

pytestmark = pytest.mark.browser

HARNESS = b'<!doctype html><title>harness</title><script src="harness.js"></script>'
ORIENTATION = 0x0112

Ask = Callable[..., Any]


def photo(height: int = 37, width: int = 53) -> Image.Image:
    """Slopes, edges and grain."""
    rows, columns = np.mgrid[0:height, 0:width]
    colours = np.stack([255 * columns / width, 255 * rows / height, 99 + 60 * (rows > 9)], axis=-1)
    colours[height // 4 : height // 2, width // 4 : width // 2] = (250, 30, 20)
    grain = np.random.default_rng(height).integers(-25, 26, colours.shape)
    return Image.fromarray(np.clip(colours + grain, 0, 255).astype(np.uint8))


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def with_alpha(image: Image.Image) -> Image.Image:
    """The same, less and less of it to be seen."""
    alpha = np.linspace(0, 255, image.width * image.height).astype(np.uint8)
    image = image.copy()
    image.putalpha(Image.fromarray(alpha.reshape(image.height, image.width)))
    return image


def png_chunk(name: bytes, content: bytes) -> PngImagePlugin.PngInfo:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(name, content)
    return chunks


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif


def odd_pictures() -> dict[str, bytes]:
    """Images as people have them, by name."""
    plain = photo()
    grey = plain.convert("L")
    deep = Image.fromarray(np.arange(37 * 53, dtype=np.uint16).reshape(37, 53) * 33)
    palette = plain.quantize(17)
    pictures = {
        "rgb.png": saved(plain, "png"),
        "grey.png": saved(grey, "png"),
        "grey-alpha.png": saved(with_alpha(grey), "png"),
        "alpha.png": saved(with_alpha(plain), "png"),
        "palette.png": saved(palette, "png"),
        "palette-transparent.png": saved(palette, "png", transparency=3),
        "one-bit.png": saved(plain.convert("1"), "png"),
        "16-bit.png": saved(deep, "png"),
        "gamma.png": saved(plain, "png", pnginfo=png_chunk(b"gAMA", b"\0\1\x86\xa0")),
        "srgb.png": saved(plain, "png", pnginfo=png_chunk(b"sRGB", b"\0")),
        "turned.png": saved(plain, "png", exif=turned(6)),
        "one-pixel.png": saved(photo(1, 1), "png"),
        "thin.png": saved(photo(1, 5000), "png"),
        "tall.png": saved(photo(4200, 3), "png"),
        "best.jpg": saved(plain, "jpeg", quality=100, subsampling=0),
        "444.jpg": saved(plain, "jpeg", quality=80, subsampling=0),
        "422.jpg": saved(plain, "jpeg", quality=80, subsampling=1),
        "420.jpg": saved(plain, "jpeg", quality=80, subsampling=2),
        "worst.jpg": saved(plain, "jpeg", quality=5),
        "progressive.jpg": saved(plain, "jpeg", progressive=True),
        "grey.jpg": saved(grey, "jpeg"),
        "cmyk.jpg": saved(plain.convert("CMYK"), "jpeg"),
        "optimised.jpg": saved(photo(300, 400), "jpeg", optimize=True),
        "restarts.jpg": saved(plain, "jpeg", restart_marker_blocks=1),
        "lossy.webp": saved(plain, "webp", quality=70),
        "lossless.webp": saved(plain, "webp", lossless=True),
        "alpha.webp": saved(with_alpha(plain), "webp", lossless=True, exact=True),
        "plain.gif": saved(palette, "gif"),
        "plain.bmp": saved(plain, "bmp"),
        "palette.bmp": saved(palette, "bmp"),
    }
    turns = {f"turned-{k}.jpg": saved(plain, "jpeg", exif=turned(k)) for k in range(1, 9)}
    return pictures | turns


PICTURES = odd_pictures()


def pixels_of(answer: dict[str, Any]) -> NDArray[np.uint8]:
    assert "failure" not in answer, answer["failure"]
    values = np.frombuffer(base64.b64decode(answer["pixels"]), np.uint8)
    return values.reshape(answer["height"], answer["width"], 3)


def pillow_of(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(to_rgb(image))


def asking(page: Page) -> Ask:
    """Calls what the harness has."""
    return lambda name, *given: page.evaluate(
        "([name, given]) => globalThis.harness[name](...given)", [name, given]
    )


@pytest.fixture(scope="module")
def ask(browser: Browser, harness: bytes, page_files: dict[str, bytes]) -> Iterator[Ask]:
    parts: Parts = {**page_files, **PICTURES, "index.html": HARNESS, "harness.js": harness}
    parts |= {"text.png": b"no image", "cut.jpg": PICTURES["best.jpg"][:200], "empty.png": b""}
    parts["huge.png"] = saved(Image.new("1", (8193, 8193)), "png")
    parts["long.png"] = saved(Image.new("1", (32769, 1)), "png")
    with served(parts) as site:
        page = browser.new_page()
        page.goto(site.address)
        yield asking(page)
        page.close()


def test_there_are_enough() -> None:
    assert len(PICTURES) >= 30


@pytest.mark.parametrize("name", PICTURES)
def test_pixels_are_pillows(ask: Ask, name: str) -> None:
    decoded, expected = pixels_of(ask("decode", name)), pillow_of(PICTURES[name])
    assert decoded.shape == expected.shape
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("text.png", "this is no image that this browser opens; choose a JPEG, a PNG or a WebP"),
        ("empty.png", "this is no image"),
        ("huge.png", r"the image has 8193 x 8193 pixels; up to 32768 a side and 64 million in all"),
        ("long.png", r"the image has 1 x 32769 pixels; .* choose a smaller one"),
    ],
)
def test_what_is_no_image_is_told(ask: Ask, name: str, said: str) -> None:
    answer = ask("decode", name)
    assert "pixels" not in answer
    assert re.search(f"PageError: .*{said}", answer["failure"])


def test_a_context_that_is_lost_comes_back(ask: Ask) -> None:
    expected = pillow_of(PICTURES["alpha.png"])
    for _ in range(3):
        ask("loseContexts")
        np.testing.assert_array_equal(pixels_of(ask("decode", "alpha.png")), expected)


def test_probes_tell_no_difference_here(ask: Ask) -> None:
    assert ask("probe") == []


def test_probes_are_what_pillow_makes_of_them() -> None:
    probes = json.loads(decoder_probes.PROBES.read_text(encoding="utf-8"))["probes"]
    assert len(probes) >= 5
    for probe in probes:
        image = decoder_probes.decoded(base64.b64decode(probe["file"]))
        assert image.size == (probe["width"], probe["height"])
        assert image.tobytes() == base64.b64decode(probe["pixels"])
    assert [one["name"] for one in decoder_probes.make_probes()["probes"]] == [
        one["name"] for one in probes
    ]


def test_a_camera_gives_images(browser: Browser, harness: bytes) -> None:
    context = browser.new_context(permissions=["camera"])
    with served({"index.html": HARNESS, "harness.js": harness}) as site:
        page = context.new_page()
        page.goto(site.address)
        frame = asking(page)("frame")
    context.close()
    assert (frame["width"], frame["height"]) == (1280, 720)
    assert not frame["isPlain"]


def test_without_a_gpu_opaque_images_are_read_alone(playwright: Playwright, harness: bytes) -> None:
    names = ("rgb.png", "420.jpg", "turned-6.jpg", "gamma.png", "alpha.png")
    parts: Parts = {name: PICTURES[name] for name in names}
    parts |= {"index.html": HARNESS, "harness.js": harness}
    with served(parts) as site, opened_browser(playwright, ["--disable-3d-apis"]) as browser:
        page = browser.new_page()
        page.goto(site.address)
        ask = asking(page)
        for name in names[:-1]:
            expected = pillow_of(PICTURES[name])
            np.testing.assert_array_equal(pixels_of(ask("decode", name)), expected)
        assert "transparent in places" in ask("decode", "alpha.png")["failure"]


def scene(side: int) -> Image.Image:
    """A photo for the demo models."""
    garments = bundled_garments()
    return Image.fromarray(make_scene(*garments, seed=7, number=1, size=(side, side)).pixels)


@pytest.fixture
def looking(
    browser: Browser, harness: bytes, page_files: dict[str, bytes], web_lab: Lab
) -> Iterator[Callable[[Path, bytes], Ask]]:
    """Looks at a photo by a bundle's file, by its number."""
    pages = []

    def look(bundle: Path, content: bytes) -> Any:
        parts = site_of(bundle, page_files)
        parts |= {"index.html": HARNESS, "harness.js": harness, "photo": content}
        with served(parts) as site:
            page = browser.new_page()
            pages.append(page)
            page.goto(site.address)
            return asking(page)("look", 0, "photo")

    yield look
    for page in pages:
        page.close()


def test_classes_are_pythons(
    looking: Callable[[Path, bytes], Any], classifier_bundle: Path
) -> None:
    content = saved(scene(160), "jpeg", quality=90)
    scores = looking(classifier_bundle, content)["scores"]
    with lfe.open_model(classifier_bundle, "tflite/fp32") as model:
        expected = model(Image.open(io.BytesIO(content)), top=5)
    assert [one["index"] for one in scores] == [one.index for one in expected]
    probabilities = [one.probability for one in expected]
    assert [one["probability"] for one in scores] == pytest.approx(probabilities, abs=1e-5)


def test_boxes_and_masks_are_pythons(
    looking: Callable[[Path, bytes], Any], dense_bundle: Path
) -> None:
    content = saved(scene(160), "jpeg", quality=90, exif=turned(8))
    findings = looking(dense_bundle, content)
    with lfe.open_model(dense_bundle, "tflite/fp32") as model:
        expected = model(Image.open(io.BytesIO(content)))
    if open_bundle(dense_bundle).task_name == "detection":
        seen = [one for one in expected if one.score >= 0.1]
        told = [one for one in findings["objects"] if one["score"] >= 0.1]
        assert len(seen) > 0
        assert [one["index"] for one in told] == [one.index for one in seen]
        for one, other in zip(told, seen, strict=True):
            assert one["score"] == pytest.approx(other.score, abs=1e-4)
            sides = [one[side] for side in ("left", "top", "right", "bottom")]
            assert sides == pytest.approx(list(other.box), abs=0.01)
    else:
        labels = np.frombuffer(base64.b64decode(findings["labels"]), np.uint8)
        assert findings["size"] == {"height": 160, "width": 160}
        assert np.mean(labels.reshape(160, 160) == expected.classes) > 0.9995
        assert findings["regions"][0]["index"] == expected.regions[0].index
