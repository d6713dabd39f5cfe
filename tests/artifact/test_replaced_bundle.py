"""A bundle that is read while others replace it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge import open_model
from lowformer_edge.artifact import bundle as bundles
from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.artifact.files import digest_of
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import FILE_NAME, read_manifest
from lowformer_edge.errors import ManifestError
from lowformer_edge.process.renaming import exchange

TIMES = 1000

REPLACER = """
import sys
from pathlib import Path
from lowformer_edge.process.renaming import exchange

place, other, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
for _ in range(times):
    assert exchange(other, place)
"""


def other_bundle(bundle: Path, folder: Path) -> Path:
    """The same bundle with other golden vectors and other class names."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / FILE_NAME).read_text())
    golden = GoldenVectors.load(folder / manifest["golden"]["path"])
    GoldenVectors(golden.pixels // 2, golden.outputs).save(folder / manifest["golden"]["path"])
    labels = folder / manifest["labels"]["path"]
    labels.write_text("".join(f"other {number}\n" for number in range(10)))
    for name in ("golden", "labels"):
        manifest[name]["sha256"] = digest_of(folder / manifest[name]["path"])
    (folder / FILE_NAME).write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def two(demo_bundle: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A bundle's place, and another bundle."""
    place = tmp_path / "bundle"
    shutil.copytree(demo_bundle, place)
    other = other_bundle(demo_bundle, tmp_path / "other")
    if not exchange(other, place):
        pytest.skip("this file system cannot exchange two folders in one call")
    return place, other


def test_a_reader_never_sees_half_of_one(two: tuple[Path, Path]) -> None:
    """What it reads is of one of both, or it is told that it was replaced."""
    place, other = two
    whole = {}
    for folder in two:
        opened = open_bundle(folder)
        assert opened.labels is not None
        whole[opened.labels] = opened.golden().pixels
    assert len(whole) == 2
    command = [sys.executable, "-c", REPLACER, str(place), str(other), str(TIMES)]
    seen, told = 0, []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as replacer:
        assert replacer.stdout is not None
        replacer.stdout.readline()
        while replacer.poll() is None or not seen:
            try:
                opened = open_bundle(place)
                labels, pixels = opened.labels, opened.golden().pixels
            except ManifestError as error:
                told.append(str(error))
                continue
            assert labels is not None
            assert np.array_equal(whole[labels], pixels)
            seen += 1
        assert replacer.returncode == 0
    assert seen
    assert all("replaced" in line for line in told)


def test_it_is_read_again_where_it_was_replaced_in_between(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, other = two
    replaced: list[bool] = []

    def read_and_replace(folder: Path) -> object:
        manifest = read_manifest(folder)
        if not replaced:
            replaced.append(exchange(other, place))
        return manifest

    monkeypatch.setattr(bundles, "read_manifest", read_and_replace)
    opened = open_bundle(place)
    assert replaced == [True]
    assert not opened.is_replaced
    assert opened.manifest == read_manifest(place)


def test_what_was_replaced_after_it_was_opened_says_so(two: tuple[Path, Path]) -> None:
    place, other = two
    opened = open_bundle(place)
    assert exchange(other, place)
    for read in (opened.golden, lambda: opened.labels, lambda: open_model(opened, "tflite/fp32")):
        with pytest.raises(ManifestError, match="was replaced while it was read; open it again"):
            read()


def test_one_that_is_always_replaced_ends_in_an_error(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, other = two

    def read_and_replace(folder: Path) -> object:
        manifest = read_manifest(folder)
        assert exchange(other, place)
        return manifest

    monkeypatch.setattr(bundles, "read_manifest", read_and_replace)
    monkeypatch.setattr(bundles, "TRIES", 3)
    with pytest.raises(ManifestError, match="is replaced faster than it can be read"):
        open_bundle(place)
