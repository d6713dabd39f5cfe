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
from lowformer_edge.export.options import BACKENDS

MOST_BYTES = 500_000
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
    assert any(min(case.size) < case.spec.size for case in cases)


@pytest.mark.parametrize("kind", ["bilinear", "bicubic", "lanczos"])
def test_a_photo_is_told_apart_from_other_arithmetic(kind: str) -> None:
    """The vectors would notice a resize that is not antialiased."""
    number, case = next(
        (number, case)
        for number, case in enumerate(golden_pixels.cases())
        if case.name == f"sharp edges, {kind}"
    )
    image = case.image(number).convert("RGB")
    side = case.spec.resize
    size = (int(side * image.width / image.height), side)
    plain = image.transform(
        size,
        Image.Transform.AFFINE,
        (image.width / size[0], 0, 0, 0, image.height / size[1], 0),
        Image.Resampling.BICUBIC,
    )
    left, top = round((size[0] - case.spec.size) / 2), round((side - case.spec.size) / 2)
    crop = plain.crop((left, top, left + case.spec.size, top + case.spec.size))
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
    assert {(item.target, item.precision) for item in artifacts} == {
        (target, precision) for target in IN_ALL for precision in FORMATS[target].precisions
    }
    assert {
        (item.spec["backend"], item.precision) for item in artifacts if item.target == "executorch"
    } == {
        (backend, precision) for backend, precisions in BACKENDS.items() for precision in precisions
    }
    assert any(item.inputs[0].quantization for item in artifacts)
    assert {manifest.labels is None for manifest in manifests} == {True, False}


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_BYTES
