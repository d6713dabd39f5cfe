"""What a site has of files and images."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.errors import ArtifactError
from lowformer_edge.targets.web.job import (
    check_task,
    job_of,
    job_parts,
    ship_files,
    ship_images,
)

from .jobs import SETTING, web_file


def test_files_of_a_bundle_are_told_with_their_precision(demo_bundle: Path) -> None:
    paths = [demo_bundle / "demo-fp32.tflite", demo_bundle / "demo-int8.tflite"]
    shipped = ship_files(paths)
    assert [file.precision for file in shipped.files] == ["fp32", "int8"]
    assert [file.name for file in shipped.files] == [path.name for path in paths]
    assert [shipped.parts[file.path] for file in shipped.files] == paths
    assert shipped.files[0].input.shape == (1, 96, 96, 3)
    assert [output.name for output in shipped.files[0].outputs] == ["logits"]


def test_files_of_one_name_lie_apart(demo_bundle: Path, tmp_path: Path) -> None:
    path = demo_bundle / "demo-fp32.tflite"
    other = tmp_path / path.name
    shutil.copy(path, other)
    one, copy = ship_files([path, other]).files
    assert one.path != copy.path
    assert copy.precision == ""


def test_every_side_that_is_open_is_one(all_formats_bundle: Path) -> None:
    (file,) = ship_files([all_formats_bundle / "demo-fp32.onnx"]).files
    assert file.format == "onnx"
    assert all(file.input.shape)


def test_files_that_take_no_image_are_refused(foreign_files: Path) -> None:
    with pytest.raises(ArtifactError, match="browsers run files that take one RGB image"):
        ship_files([foreign_files / "tokens.onnx"])


def test_images_are_their_bytes() -> None:
    pixels = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    images, parts = ship_images("images.raw", pixels[:, ::-1])
    assert images.shape == (2, 4, 5, 3)
    assert parts == {"images.raw": pixels[:, ::-1].tobytes()}


def test_a_job_is_read_as_it_was_written() -> None:
    images, _ = ship_images("images.raw", np.zeros((1, 8, 8, 3), np.uint8))
    task = check_task([0], images, Preprocessing(size=8), SETTING)
    job = job_of("job", [web_file()], [task], starts=True)
    (content,) = job_parts(job).values()
    assert isinstance(content, bytes)
    told = json.loads(content)
    assert (told["protocol"], told["name"], told["starts"]) == (1, "job", True)
    (request,) = told["requests"]
    assert (request["task"], request["files"], request["threads"]) == ("check", [0], 1)
    assert request["preprocessing"]["height"] == 8
    assert type(job).model_validate_json(content) == job
