"""Bundles as they are opened, and the files that are chosen of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.artifact.bundle import Bundle, open_bundle
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.errors import ManifestError, UsageError


@pytest.fixture(scope="module")
def bundle(all_formats_bundle: Path) -> Bundle:
    return open_bundle(all_formats_bundle)


def test_it_is_what_the_manifest_states(bundle: Bundle) -> None:
    manifest = read_manifest(bundle.folder)
    assert bundle.manifest == manifest
    assert [path.name for path in bundle.files] == [one.file.path for one in manifest.artifacts]
    assert all(path.exists() for path in bundle.files)
    assert bundle.preprocessing == manifest.preprocessing_spec()
    assert bundle.num_classes == 10
    assert bundle.labels is not None
    assert len(bundle.labels) == 10
    assert bundle.golden().outputs["logits"].shape == (8, 10)


@pytest.mark.parametrize(
    ("artifact", "name"),
    [
        ("tflite/int8", "demo-int8.tflite"),
        ("onnx/fp32", "demo-fp32.onnx"),
        ("demo-int8.pte", "demo-int8.pte"),
    ],
)
def test_a_file_by_format_and_precision_or_name(artifact: str, name: str, bundle: Bundle) -> None:
    assert bundle.path(artifact) == bundle.folder / name


@pytest.mark.parametrize(
    ("artifact", "told"),
    [
        (None, "holds 8 files; give as `artifact` one of tflite/fp32, tflite/int8"),
        ("int8", "holds 4 files that are 'int8'; give as `artifact` one of tflite/int8"),
        ("onnx", "holds 2 files that are 'onnx'"),
        ("tflite/int4", "holds no 'tflite/int4'; give as `artifact` one of tflite/fp32"),
        ("manifest.json", "holds no 'manifest.json'"),
        ("../all/demo-int8.tflite", "holds no"),
    ],
)
def test_what_is_none_or_several(artifact: str | None, told: str, bundle: Bundle) -> None:
    with pytest.raises(UsageError) as caught:
        bundle.path(artifact)
    assert told in str(caught.value)


def test_the_only_file_need_not_be_named(bundle: Bundle) -> None:
    first = bundle.manifest.model_copy(update={"artifacts": bundle.manifest.artifacts[:1]})
    assert Bundle(bundle.folder, first).path() == bundle.files[0]


def test_files_of_one_kind_are_told_apart_by_their_names(bundle: Bundle) -> None:
    record = bundle.manifest.artifacts[0]
    other = record.model_copy(update={"file": bundle.manifest.artifacts[1].file})
    twice = bundle.manifest.model_copy(update={"artifacts": (record, other)})
    with pytest.raises(UsageError, match=r"one of demo-fp32\.tflite, demo-int8\.tflite"):
        Bundle(bundle.folder, twice).path("tflite/fp32")


def test_what_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="not a bundle"):
        open_bundle(str(tmp_path))
