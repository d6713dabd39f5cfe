"""What is in a site of a bundle."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact.bundle import Bundle, open_bundle
from lowformer_edge.errors import UsageError
from lowformer_edge.targets.web import bundle_site
from lowformer_edge.targets.web.bundle_site import (
    PASSES,
    SAMPLES,
    SiteChoice,
    bundle_parts,
    parts_beside,
    site_parts,
)
from lowformer_edge.targets.web.job import Parts
from lowformer_edge.targets.web.protocol import WebJob


def content(parts: Parts, name: str) -> bytes:
    part = parts[name]
    return part if isinstance(part, bytes) else part.read_bytes()


def told(parts: Parts, name: str) -> Any:
    return json.loads(content(parts, name))


def job_in(parts: Parts) -> WebJob:
    return WebJob.model_validate_json(content(parts, "job.json"))


@pytest.fixture
def all_formats(all_formats_bundle: Path) -> Bundle:
    return open_bundle(all_formats_bundle)


def test_the_bundle_is_stated_for_the_page(demo_bundle: Path) -> None:
    bundle = open_bundle(demo_bundle)
    stated = told(bundle_parts(bundle), "bundle.json")
    assert (stated["name"], stated["task"]) == ("demo", "classification")
    assert stated["trained"] is True
    assert stated["labels"] == [*(bundle.labels or ())]
    assert stated["preprocessing"] == bundle.preprocessing.to_dict()
    manifest = (demo_bundle / "manifest.json").read_bytes()
    assert stated["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()


def test_golden_vectors_and_samples_go_along(demo_bundle: Path) -> None:
    bundle = open_bundle(demo_bundle)
    parts = bundle_parts(bundle)
    stated = told(parts, "bundle.json")
    assert content(parts, stated["golden"]) == (demo_bundle / "golden.npz").read_bytes()
    assert len(stated["samples"]) == SAMPLES
    for name, pixels in zip(stated["samples"], bundle.golden().pixels, strict=False):
        with Image.open(io.BytesIO(content(parts, name))) as image:
            np.testing.assert_array_equal(np.asarray(image), pixels)


def test_files_of_no_bundle_have_none_beside_them(tmp_path: Path, demo_bundle: Path) -> None:
    copy = tmp_path / "a.tflite"
    shutil.copy(demo_bundle / "demo-fp32.tflite", copy)
    assert parts_beside([copy]) == {"bundle.json": b"null"}
    assert parts_beside([copy, demo_bundle / "demo-fp32.tflite"]) == {"bundle.json": b"null"}
    assert parts_beside([]) == {"bundle.json": b"null"}


def test_files_of_one_bundle_have_it_beside_them(demo_bundle: Path) -> None:
    parts = parts_beside([demo_bundle / f"demo-{one}.tflite" for one in ("fp32", "int8")])
    assert told(parts, "bundle.json")["name"] == "demo"


@pytest.mark.usefixtures("web_lab")
def test_a_site_holds_the_page_its_runtimes_and_what_browsers_take(all_formats: Bundle) -> None:
    parts = site_parts(all_formats, SiteChoice())
    names = {Path(name).name for name in parts if name.startswith("files/")}
    taken = {path.name for path in all_formats.files if path.suffix in (".tflite", ".onnx")}
    assert names == taken
    assert {"index.html", "main.js", "worker.js", "job.json", "bundle.json"} <= set(parts)
    assert {name.split("/")[1] for name in parts if name.startswith("runtimes/")} == {
        "litert",
        "onnx",
    }
    assert all(content(parts, name) for name in parts)


@pytest.mark.usefixtures("web_lab")
def test_a_site_has_the_runtimes_of_its_files_alone(demo_bundle: Path) -> None:
    parts = site_parts(open_bundle(demo_bundle), SiteChoice())
    assert not [name for name in parts if name.startswith("runtimes/onnx")]


@pytest.mark.usefixtures("web_lab")
def test_each_accelerator_checks_opens_and_times_the_files_that_it_takes(
    all_formats: Bundle,
) -> None:
    job = job_in(site_parts(all_formats, SiteChoice(rounds=7)))
    assert not job.starts
    for accelerator, formats in (("wasm", {"tflite", "onnx"}), ("webgpu", {"tflite"})):
        files = [k for k, file in enumerate(job.files) if file.format in formats]
        requests = [one for one in job.requests if one.accelerator == accelerator]
        assert [one.task for one in requests] == ["check"] * len(files) + ["alone"] * len(files) + [
            "time"
        ] * PASSES
        assert [one.files for one in requests[: len(files)]] == [(k,) for k in files]
        turns = [one for one in requests if one.task == "time"]
        assert {one.files for one in turns} == {tuple(files)}
        assert [one.first for one in turns] == [k % len(files) for k in range(PASSES)]
        assert {one.rounds for one in turns} == {7}


@pytest.mark.usefixtures("web_lab")
def test_threads_are_those_of_the_processor(demo_bundle: Path) -> None:
    choice = SiteChoice(threads=(1, 4))
    requests = job_in(site_parts(open_bundle(demo_bundle), choice)).requests
    settings = dict.fromkeys((one.accelerator, one.threads) for one in requests)
    assert list(settings) == [("wasm", 1), ("wasm", 4), ("webgpu", 1)]


@pytest.mark.usefixtures("web_lab")
def test_large_outputs_are_of_fewer_images(
    demo_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = open_bundle(demo_bundle)
    monkeypatch.setattr(bundle_site, "LARGEST_OUTPUTS", 3 * 10 * 4 + 1)
    parts = site_parts(bundle, SiteChoice())
    checks = [one for one in job_in(parts).requests if one.task == "check"]
    assert {one.images.shape for one in checks} == {(3, 96, 96, 3)}
    assert content(parts, checks[0].images.file) == bundle.golden().pixels[:3].tobytes()


def test_a_bundle_without_files_for_browsers_is_refused(
    all_formats: Bundle, tmp_path: Path
) -> None:
    records = [one for one in all_formats.manifest.artifacts if one.format == "executorch"]
    manifest = all_formats.manifest.model_copy(update={"artifacts": tuple(records)})
    with pytest.raises(UsageError, match="holds no file for browsers; export it to tflite or onnx"):
        site_parts(dataclasses.replace(all_formats, manifest=manifest), SiteChoice())
