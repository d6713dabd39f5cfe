"""The page reads what numpy writes, and refuses what is damaged."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from .conftest import RunScript

PIXELS = np.arange(2 * 5 * 3 * 3, dtype=np.uint8).reshape(2, 5, 3, 3)
LOGITS = np.linspace(-3, 3, 14, dtype=np.float32).reshape(2, 7)

Save = Callable[..., None]


@dataclasses.dataclass(frozen=True)
class Reader:
    """Asks the page for arrays of files."""

    run: RunScript

    def read(self, *questions: tuple[Path, str, str]) -> list[dict[str, Any]]:
        asked = [
            {"file": str(file), "name": name, "type": type_} for file, name, type_ in questions
        ]
        answers: list[dict[str, Any]] = json.loads(self.run("npz-reader.ts", json.dumps(asked)))
        return answers

    def error(self, file: Path, name: str = "logits", type_: str = "float32") -> str:
        (answer,) = self.read((file, name, type_))
        return str(answer["error"])


@pytest.fixture
def reader(run_script: RunScript) -> Reader:
    return Reader(run_script)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_those_that_numpy_wrote(save: Save, reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    scalar, empty = np.array(7, np.float32), np.zeros((0, 3), np.float32)
    save(path, pixels=PIXELS, logits=LOGITS, scalar=scalar, empty=empty)
    found = reader.read(
        (path, "pixels", "uint8"),
        (path, "logits", "float32"),
        (path, "scalar", "float32"),
        (path, "empty", "float32"),
    )
    arrays: list[NDArray[Any]] = [PIXELS, LOGITS, scalar, empty]
    for answer, array in zip(found, arrays, strict=True):
        assert answer == {"shape": list(array.shape), "hex": array.tobytes().hex()}


def test_a_large_array_of_a_newer_header(reader: Reader, tmp_path: Path) -> None:
    array = np.random.default_rng(0).random((300, 1001), np.float32)
    path = tmp_path / "golden.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for version in ((1, 0), (2, 0), (3, 0)):
            with archive.open(f"v{version[0]}.npy", "w") as file:
                np.lib.format.write_array(file, array, version)
    for answer in reader.read(*((path, f"v{number}", "float32") for number in (1, 2, 3))):
        assert answer == {"shape": [300, 1001], "hex": array.tobytes().hex()}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_no_damage_goes_unseen(save: Save, reader: Reader, tmp_path: Path) -> None:
    """Each byte of the array's own file is changed in turn, and the archive cut at many places."""
    whole = tmp_path / "golden.npz"
    save(whole, logits=LOGITS)
    content = whole.read_bytes()
    end = content.index(b"PK\1\2")
    start = 30 + int.from_bytes(content[26:28], "little") + int.from_bytes(content[28:30], "little")
    damaged = []
    for place in range(start, end):
        changed = bytearray(content)
        changed[place] ^= 0x55
        damaged.append(bytes(changed))
    damaged += [content[:length] for length in range(0, len(content), 7)]
    questions = []
    for number, bytes_ in enumerate(damaged):
        (tmp_path / f"{number}.npz").write_bytes(bytes_)
        questions.append((tmp_path / f"{number}.npz", "logits", "float32"))
    answers = reader.read(*questions)
    assert len(answers) > 100
    for answer in answers:
        assert answer["error"].startswith("PageError: golden.npz: not a readable array file (")


def test_what_is_not_there_or_of_another_type_is_told(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    np.savez(path, pixels=PIXELS, turned=np.asfortranarray(LOGITS), exact=LOGITS.astype(float))
    assert 'it has no "boxes.npy"); export again' in reader.error(path, "boxes")
    assert 'pixels: its type is "|u1", not <f4' in reader.error(path, "pixels")
    assert 'exact: its type is "<f8", not <f4' in reader.error(path, "exact")
    assert "turned: it is not in C order" in reader.error(path, "turned")
    path.write_bytes(b"not an archive at all, but long enough to look for one")
    assert "it is no zip archive, or is cut off" in reader.error(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "its header is damaged"),
        (b"\x93NUMPY\4\0\1\0{", "its header is damaged"),
        (b"\x93NUMPY\1\0\xff\xff{", "its header is damaged"),
        (b"\x93NUMPY\1\0\4\0{1:2", "its header is damaged"),
    ],
)
def test_what_is_no_array_is_told(
    content: bytes, said: str, reader: Reader, tmp_path: Path
) -> None:
    path = tmp_path / "golden.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("logits.npy", content)
    assert f"logits: {said}" in reader.error(path)


def test_arrays_that_are_not_of_their_shape_are_told(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    np.savez(path, logits=LOGITS)
    with zipfile.ZipFile(path) as archive:
        content = archive.read("logits.npy")
    for shape in (b"(2, 8)", b"(3, 7)"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("logits.npy", content.replace(b"(2, 7)", shape))
        assert "does not have the size of its shape" in reader.error(path)


def test_a_file_that_claims_another_size_is_refused(reader: Reader, tmp_path: Path) -> None:
    """It is unpacked no further than it claims."""
    path = tmp_path / "golden.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logits.npy", b"\0" * 10_000_000)
    content = bytearray(path.read_bytes())
    size = content.index(b"PK\1\2") + 24
    for claimed, said in ((100, "differs from its checksum"), (1 << 31, "has more than")):
        content[size : size + 4] = claimed.to_bytes(4, "little")
        path.write_bytes(content)
        assert said in reader.error(path)


def test_other_ways_to_pack_are_refused(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "golden.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("logits.npy", b"0")
    assert "it is packed by method 12" in reader.error(path)
