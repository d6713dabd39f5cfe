"""What the app's tests read is what Python makes today."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.android_demo.tools import (
    golden_exports,
    golden_figures,
    golden_manifests,
    golden_pixels,
)
from lowformer_edge.android_demo.tools.golden_pixels import FOLDER
from lowformer_edge.artifact.formats import FORMATS, IN_ALL
from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.artifact.size import PADDING_PLACES, RESIZE_MODES
from lowformer_edge.export.options import BACKENDS

MOST_BYTES = 800_000
"""Of all committed files together."""


def zipped_json(name: str) -> Any:
    return json.loads(gzip.decompress((FOLDER / name).read_bytes()))


def test_the_committed_pixels() -> None:
    index, pixels = golden_pixels.golden_pixels()
    assert json.loads((FOLDER / golden_pixels.INDEX_FILE).read_text()) == index
    assert gzip.decompress((FOLDER / golden_pixels.PIXELS_FILE).read_bytes()) == pixels


def test_the_cases_are_of_every_kind() -> None:
    cases = golden_pixels.cases()
    assert len(cases) >= 24
    assert len({case.name for case in cases}) == len(cases)
    assert {case.spec.interpolation for case in cases} == {
        "nearest",
        "bilinear",
        "bicubic",
        "lanczos",
    }
    assert {case.orientation for case in cases} == set(range(1, 9))
    assert any(case.size == (1, 1) for case in cases)
    assert any(max(case.size) < case.spec.height for case in cases)
    others = [case for case in cases if case.spec.resize_mode != "crop"]
    assert len(others) >= 40
    for mode in RESIZE_MODES:
        own = [case.spec for case in cases if case.spec.resize_mode == mode]
        assert {spec.interpolation for spec in own} == {case.spec.interpolation for case in cases}
        assert {np.sign(spec.width - spec.height) for spec in own} == {-1, 0, 1}
    boxed = [case.spec for case in others if case.spec.resize_mode == "letterbox"]
    assert {spec.padding_place for spec in boxed} == {*PADDING_PLACES}
    assert len({spec.padding for spec in boxed}) >= 5


@pytest.mark.parametrize("kind", ["bilinear", "bicubic", "lanczos"])
def test_a_photo_is_told_apart_from_other_arithmetic(kind: str) -> None:
    """The vectors would notice a resize that is not antialiased."""
    number, case = next(
        (number, case)
        for number, case in enumerate(golden_pixels.cases())
        if case.name == f"sharp edges, {kind}"
    )
    image = case.image(number).convert("RGB")
    side, _ = case.spec.resize
    size = (int(side * image.width / image.height), side)
    plain = image.transform(
        size,
        Image.Transform.AFFINE,
        (image.width / size[0], 0, 0, 0, image.height / size[1], 0),
        Image.Resampling.BICUBIC,
    )
    top, left = case.spec.placed(side, size[0])
    crop = plain.crop((-left, -top, case.spec.width - left, case.spec.height - top))
    expected = case.spec.pixels(image).astype(int)
    assert np.abs(expected - np.asarray(crop)).max() > 20


def test_the_committed_figures() -> None:
    found = json.loads((FOLDER / golden_figures.FILE).read_text())
    expected = golden_figures.golden_figures()
    assert found["latencies"] == expected["latencies"]
    assert len(found["parities"]) == len(expected["parities"])
    for ours, theirs in zip(found["parities"], expected["parities"], strict=True):
        # Sums over many logits end with the processor's own order of adding.
        exact = {"classes", "reference", "logits", "max_difference", "agreement"}
        assert {name: ours[name] for name in exact} == {name: theirs[name] for name in exact}
        assert ours["cosine"] == pytest.approx(theirs["cosine"], rel=1e-12)
        if theirs["sqnr_db"] == "exact":
            assert ours["sqnr_db"] == "exact"
        else:
            assert ours["sqnr_db"] == pytest.approx(theirs["sqnr_db"], rel=1e-12)


def test_the_committed_verdicts() -> None:
    found = zipped_json(golden_manifests.FILE)
    assert found == json.loads(json.dumps(golden_manifests.golden_manifests()))
    names = [case["name"] for case in found["cases"]]
    assert len(set(names)) == len(names)


def test_the_committed_manifests_of_exports() -> None:
    """They are what Python reads, and of all that can be exported."""
    found = zipped_json(golden_exports.FILE)
    manifests = [Manifest.model_validate_json(json.dumps(content)) for content in found.values()]
    artifacts = [artifact for manifest in manifests for artifact in manifest.artifacts]
    assert {(item.format, item.precision) for item in artifacts} == {
        (name, precision) for name in IN_ALL for precision in FORMATS[name].precisions
    }
    assert {
        (item.spec["options"]["backend"], item.precision)
        for item in artifacts
        if item.format == "executorch"
    } == {
        (backend, precision) for backend, precisions in BACKENDS.items() for precision in precisions
    }
    assert any(item.inputs[0].quantization for item in artifacts)
    assert any(None in item.inputs[0].shape for item in artifacts)
    assert {(item.format, item.spec["input"]) for item in artifacts} >= {
        (name, "image") for name in ("tflite", "executorch", "coreml")
    }
    assert {item.outputs[0].name for item in artifacts} >= {"logits", "probabilities"}
    assert {manifest.labels is None for manifest in manifests} == {True, False}


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
