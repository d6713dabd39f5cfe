"""The guide in a bundle: its code does what the toolkit does, and needs nothing of it."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lowformer_edge as lfe
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.errors import ManifestError
from lowformer_edge.export.guide.guide import use_guide
from lowformer_edge.export.guide.photo import read_code
from lowformer_edge.export.spec import ExportSpec

from ...guides import blocks_of, run_guide, sections_of

LONGEST_BLOCK = 15
"""Lines of code, without empty ones."""


def photo_of(bundle: Path) -> Image.Image:
    """A garment, larger than the input and no square."""
    garment = lfe.open_bundle(bundle).golden().pixels[0]
    return Image.fromarray(garment).resize((211, 167))


def shown(bundle: Path, path: str, photo: Image.Image) -> str:
    """What the guide's code prints of the toolkit's own result."""
    with lfe.open_model(bundle, path) as model:
        found = model(photo)
    return "".join(f"{one.label}: {one.probability:.4f}\n" for one in found)


@pytest.mark.heavy
def test_every_file_finds_what_the_toolkit_finds(all_formats_bundle: Path, tmp_path: Path) -> None:
    photo = photo_of(all_formats_bundle)
    found = run_guide(all_formats_bundle, photo, tmp_path)
    assert {Path(path).suffix for path in found} == {".tflite", ".pte", ".onnx"}
    assert len(found) == 6
    for path, printed in found.items():
        assert printed == shown(all_formats_bundle, path, photo)


@pytest.fixture(scope="module")
def unusual_bundle(
    slight_config: lfe.LowFormerConfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Files for two images at once: of int8 values, and of pixels with probabilities."""
    model = lfe.load_model(config=slight_config, random_weights=True)
    pixels = np.random.default_rng(0).integers(0, 256, (16, 64, 64, 3), np.uint8)
    images = lfe.open_images(pixels, model)
    specs = [
        ExportSpec.of("tflite", "int8", io="int8", batch=2),
        ExportSpec.of("tflite", "fp32", input="image", output="probabilities", batch=2),
    ]
    folder = tmp_path_factory.mktemp("unusual") / "bundle"
    lfe.export_model(
        model, folder, specs, calibration=images, evaluation=images, runs=1, keep_failed=True
    )
    return folder


@pytest.mark.heavy
def test_integers_pixels_and_batches_go_in(unusual_bundle: Path, tmp_path: Path) -> None:
    photo = photo_of(unusual_bundle)
    found = run_guide(unusual_bundle, photo, tmp_path)
    assert len(found) == 2
    for path, printed in found.items():
        assert printed == shown(unusual_bundle, path, photo)
    page = sections_of(unusual_bundle)
    assert "**The weights are random" in page[""]
    assert "whose names nobody stated" in page[""]


@pytest.mark.parametrize(
    "stated",
    [
        {"size": (40, 96), "crop_ratio": 0.875},
        {"size": 64, "interpolation": "bilinear", "crop_ratio": 1.0},
        {"size": (64, 50), "resize_mode": "squash", "interpolation": "lanczos"},
        {"size": (64, 50), "resize_mode": "letterbox", "padding": (1, 2, 3)},
        {"size": 96, "resize_mode": "letterbox", "padding_place": "around"},
    ],
    ids=str,
)
def test_photos_become_the_toolkits_pixels(stated: dict[str, Any], tmp_path: Path) -> None:
    spec = lfe.Preprocessing(**stated)
    names: dict[str, Any] = {}
    exec(read_code(spec), names)
    generator = np.random.default_rng(3)
    for width, height in ((64, 64), (301, 97), (50, 333), (5, 3), (1, 40)):
        photo = Image.fromarray(generator.integers(0, 256, (height, width, 3), np.uint8))
        photo.save(tmp_path / "photo.png")
        pixels, size, resized, corner = names["read_photo"](tmp_path / "photo.png")
        np.testing.assert_array_equal(pixels, spec.pixels(photo))
        place = spec.placement(height, width)
        assert (size, resized) == (photo.size, (place.columns.resized, place.rows.resized))
        assert corner == (place.columns.start, place.rows.start)


def test_photos_are_turned_upright_and_made_rgb(tmp_path: Path) -> None:
    spec = lfe.Preprocessing(size=32)
    names: dict[str, Any] = {}
    exec(read_code(spec), names)
    grey = Image.fromarray(np.random.default_rng(4).integers(0, 256, (40, 60), np.uint8))
    exif = grey.getexif()
    exif[0x0112] = 6
    grey.save(tmp_path / "photo.png", exif=exif)
    pixels, *_ = names["read_photo"](tmp_path / "photo.png")
    turned = grey.convert("RGB").transpose(Image.Transpose.ROTATE_270)
    np.testing.assert_array_equal(pixels, spec.pixels(turned))


def test_the_manifest_vouches_for_it(all_formats_bundle: Path, tmp_path: Path) -> None:
    manifest = read_manifest(all_formats_bundle)
    assert manifest.guide is not None
    page = (all_formats_bundle / manifest.guide.path).read_text(encoding="utf-8")
    assert page == use_guide(manifest)
    copy = Path(shutil.copytree(all_formats_bundle, tmp_path / "copy"))
    (copy / manifest.guide.path).write_text(page.replace("255", "256"), encoding="utf-8")
    with pytest.raises(ManifestError, match=r"USE\.md: differs from its hash"):
        read_manifest(copy)


def test_each_file_has_code_of_few_lines(all_formats_bundle: Path, unusual_bundle: Path) -> None:
    expected = {
        ".tflite": {"python", "kotlin"},
        ".pte": {"python", "kotlin"},
        ".onnx": {"python"},
        ".mlpackage": {"swift"},
    }
    for bundle in (all_formats_bundle, unusual_bundle):
        sections = sections_of(bundle)
        for name, section in sections.items():
            code = {one: blocks_of(section, one) for one in ("python", "kotlin", "swift")}
            if (bundle / name).exists() and name:
                assert {one for one in code if code[one]} == expected[Path(name).suffix]
            for text in itertools.chain(*code.values()):
                assert len(list(filter(None, text.splitlines()))) <= LONGEST_BLOCK, text
        assert {path.name for path in lfe.open_bundle(bundle).files} <= sections.keys()


def test_swift_is_said_not_to_be_compiled(all_formats_bundle: Path) -> None:
    for name, section in sections_of(all_formats_bundle).items():
        assert ("**it was not compiled**" in section) == name.endswith(".mlpackage")


@pytest.mark.parametrize(
    ("format_name", "options", "told"),
    [
        ("executorch", {"backend": "vulkan"}, "built with its vulkan delegate"),
        ("qnn", {"chip": "8gen2"}, "Qualcomm's execution provider"),
    ],
)
def test_what_no_code_of_ours_runs(
    format_name: str, options: dict[str, str], told: str, all_formats_bundle: Path
) -> None:
    manifest = read_manifest(all_formats_bundle)
    first = manifest.artifacts[0]
    record = first.model_copy(
        update={"format": format_name, "spec": {**first.spec, "options": options}}
    )
    page = use_guide(manifest.model_copy(update={"artifacts": (record,)}))
    _, section = page.split(f"## {record.file.path}")
    assert told in section
    assert "```" not in section
