from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lowformer_edge.artifact.arrays import read_arrays, rows_of
from lowformer_edge.errors import DataError

LIMIT = 1 << 20


def array_file(header: str, body: bytes = b"", version: int = 1) -> bytes:
    """An array's file, whatever its header says."""
    text = header.encode("latin-1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + body


def of_shape(shape: str, kind: str = "|u1") -> str:
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n"


def test_arrays_are_read(tmp_path: Path) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.savez(tmp_path / "x.npz", one=values, none=values[:0])
    np.save(tmp_path / "x.npy", values)
    found = read_arrays(tmp_path / "x.npz", LIMIT)
    np.testing.assert_array_equal(found["one"], values)
    assert found["none"].shape == (0, 3)
    np.testing.assert_array_equal(read_arrays(tmp_path / "x.npy", LIMIT)[""], values)


def test_the_longest_array_is_told_without_reading_it(tmp_path: Path) -> None:
    values = np.zeros((6, 3), np.float32)
    np.savez(tmp_path / "x.npz", one=values, longer=np.zeros(9), scalar=np.zeros(()))
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "scalar.npy", np.zeros(()))
    names = ("x.npz", "x.npy", "scalar.npy", "none.npz")
    assert [rows_of(tmp_path / name, LIMIT) for name in names] == [9, 6, 1, 1]
    (tmp_path / "x.npy").write_bytes(array_file(of_shape(f"({10**400},)")))
    assert rows_of(tmp_path / "x.npy", LIMIT) == LIMIT
    (tmp_path / "x.npy").write_bytes(array_file(of_shape("(" * 200)))
    assert rows_of(tmp_path / "x.npy", LIMIT) == 1


@pytest.mark.parametrize(
    "content",
    [
        array_file(of_shape("(1000000000, 1000000000)")),
        array_file(of_shape(f"({10**400},)")),
        array_file(of_shape("(8, 3000, 3000, 3)"), bytes(64)),
        array_file(of_shape("(-1,)")),
        array_file(of_shape("(2,)", "|O"), bytes(16)),
        array_file(of_shape("(" * 200)),
        array_file("(" * 9000),
        array_file(of_shape("(2,)"), bytes(2), version=3),
        array_file(of_shape("(2,)"), bytes(2))[:20],
        b"not an array",
    ],
)
@pytest.mark.parametrize("archived", [False, True])
def test_headers_that_lie(content: bytes, archived: bool, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    if archived:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("one.npy", content)
        path.write_bytes(out.getvalue())
    with pytest.raises(DataError, match="not a readable array file"):
        read_arrays(path, LIMIT)
