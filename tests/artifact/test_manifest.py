from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lowformer_edge.artifact.manifest import (
    RESIZE,
    FileRecord,
    Interval,
    Manifest,
    Residency,
    read_manifest,
)
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import ManifestError


@pytest.fixture
def bundle(demo_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the demo bundle, to be damaged."""
    return Path(shutil.copytree(demo_bundle, tmp_path / "bundle"))


def edit(bundle: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = bundle / "manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_real_manifest_round_trips(demo_manifest: Manifest) -> None:
    assert Manifest.model_validate_json(demo_manifest.to_json()) == demo_manifest
    assert demo_manifest.preprocessing_spec() == Preprocessing(size=96, crop_ratio=1.0)


def test_it_names_every_file(demo_bundle: Path, demo_manifest: Manifest) -> None:
    named = {record.path for record in demo_manifest.files()} | {"manifest.json"}
    assert {path.name for path in demo_bundle.iterdir()} == named


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../../x", "C:/x", "..\\x", "", "..", "a\0b"],
)
def test_hostile_paths_are_refused(path: str, bundle: Path) -> None:
    edit(bundle, lambda content: content["golden"].update(path=path))
    with pytest.raises(ManifestError, match="leaves the bundle"):
        read_manifest(bundle)


def test_links_out_of_the_bundle_are_refused(bundle: Path, tmp_path: Path) -> None:
    moved = tmp_path / "golden.npz"
    (bundle / "golden.npz").rename(moved)
    (bundle / "golden.npz").symlink_to(moved)
    with pytest.raises(ManifestError, match="leads out"):
        read_manifest(bundle)


@given(st.text())
def test_a_path_is_relative_or_refused(path: str) -> None:
    try:
        record = FileRecord(path=path, sha256="0" * 64, bytes=0)
    except ValidationError:
        return
    base = Path("/bundle")
    assert (base / record.path).resolve().is_relative_to(base)


@pytest.mark.parametrize("version", [0, 1, 3, "2", None, 1.5])
def test_other_schema_versions(version: object, bundle: Path) -> None:
    edit(bundle, lambda content: content.update(schema_version=version))
    with pytest.raises(ManifestError, match="schema version"):
        read_manifest(bundle)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda content: content.pop("name"), "name"),
        (lambda content: content.update(extra=1), "extra"),
        (lambda content: content["golden"].update(sha256="xyz"), "golden.sha256"),
        (lambda content: content["artifacts"][0]["file"].update(bytes=-1), "bytes"),
        (lambda content: content["preprocessing"].update(size=0), "preprocessing"),
        (lambda content: content["model"].pop("num_classes"), "num_classes is missing"),
        (lambda content: content.update(model={}), "num_classes is missing"),
        (lambda content: content["model"].update(num_classes=0), "from 1 to 2147483647, not 0"),
        (lambda content: content["model"].update(num_classes=2**31), "not 2147483648"),
        (lambda content: content["model"].update(num_classes=True), "not True"),
        (lambda content: content["model"].update(num_classes="10"), "not '10'"),
        (lambda content: content["model"].update(num_classes=10.0), r"not 10\.0"),
        (lambda content: content["outputs"][0].update(shape=[0]), r"outputs\.0\.shape\.0"),
        (lambda content: content["artifacts"][0]["spec"].update(options=["cpu"]), "options must"),
        (lambda content: content["artifacts"][0]["spec"].update(float32_modules=[1]), "names"),
    ],
)
def test_fields_that_do_not_fit(
    change: Callable[[dict[str, Any]], object], place: str, bundle: Path
) -> None:
    edit(bundle, change)
    with pytest.raises(ManifestError, match=place):
        read_manifest(bundle)


@pytest.mark.parametrize("content", ["", "[]", "null", "{", "\udcff"])
def test_files_that_are_no_manifest(content: str, bundle: Path) -> None:
    (bundle / "manifest.json").write_text(content, errors="surrogateescape")
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        read_manifest(bundle)


def test_missing_and_changed_files(bundle: Path, tmp_path: Path) -> None:
    labels = bundle / "labels.txt"
    labels.write_text(labels.read_text() + "x")
    with pytest.raises(ManifestError, match=r"labels\.txt: differs from its hash"):
        read_manifest(bundle)
    labels.unlink()
    with pytest.raises(ManifestError, match=r"labels\.txt.*missing"):
        read_manifest(bundle)
    with pytest.raises(ManifestError, match="not a bundle"):
        read_manifest(tmp_path)


def test_figures_must_be_finite() -> None:
    with pytest.raises(ValidationError):
        Interval(value=float("nan"), low=0, high=1)


@pytest.mark.parametrize(
    ("refused", "kinds", "left", "partitions"),
    [
        ({"CAST": 1}, ("CAST",), {}, 1),
        ({"CAST": 2}, ("CAST",), {"CAST": 1}, 4),
        ({RESIZE: 3}, (RESIZE,) * 3, {}, 1),
        ({RESIZE: 3, "GELU": 1}, (RESIZE,) * 3, {"GELU": 1}, 4),
        ({}, ("CAST",), {}, 4),
    ],
)
def test_ops_that_no_delegate_need_take_cut_nothing(
    refused: dict[str, int], kinds: tuple[str, ...], left: dict[str, int], partitions: int
) -> None:
    found = Residency(delegate="XNNPACK", partitions=4, delegated_ops=9, refused=refused)
    judged = found.without(kinds)
    assert (judged.refused, judged.partitions) == (left, partitions)
