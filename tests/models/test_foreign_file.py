"""Files that are given as checkpoints and are none: each says what it is."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from lowformer_edge.errors import CheckpointError
from lowformer_edge.models.checkpoint import read_checkpoint
from lowformer_edge.models.foreign_file import foreign_kind

PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 72000000\n"


def tarred(magic: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=magic) as archive:
        archive.addfile(tarfile.TarInfo("evalmodel.pt"))
    return stream.getvalue()


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


def saved(content: object) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def scripted() -> bytes:
    stream = io.BytesIO()
    program = torch.jit.trace(torch.nn.Linear(2, 2), torch.ones(1, 2))  # type: ignore[no-untyped-call]
    torch.jit.save(program, stream)
    return stream.getvalue()


def numpy_file() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, a=np.ones(3))
    return stream.getvalue()


KINDS = {
    "empty": (b"", "empty; copy or download"),
    "page": (PAGE.encode(), "an HTML page; download the file itself"),
    "page with a comment": (f"\n <!-- x -->\n{PAGE}".encode(), "an HTML page"),
    "page in UTF-8 with a mark": (b"\xef\xbb\xbf" + PAGE.encode(), "an HTML page"),
    "LFS": (POINTER.encode(), "a git-LFS pointer.*git lfs pull"),
    "gzip": (gzip.compress(b"x" * 99), "a gzip archive; unpack it"),
    "tar": (tarred(tarfile.USTAR_FORMAT), "a tar archive; unpack it"),
    "zip with a checkpoint": (zipped("a/evalmodel.pt"), r"a zip archive.*a/evalmodel\.pt in it"),
    "zip": (zipped("readme.txt"), "a zip archive, not a checkpoint"),
    "npz": (numpy_file(), "an archive of numpy arrays"),
    "a cut zip": (
        saved({"a.b": torch.zeros(99)})[:-200],
        "not a whole PyTorch.*cut short or damaged",
    ),
    "JSON": (json.dumps({"lr": 1}).encode(), "JSON, not a checkpoint"),
    "text": (b"Access denied: quota exceeded", "a text.*Access denied.*download"),
    "TFLite": (b"\x1c\0\0\0TFL3" + bytes(64), "a TFLite file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(64), "an HDF5 file"),
    "zeros": (bytes(512), "not a whole PyTorch checkpoint"),
    "noise": (random.Random(0).randbytes(512), "not a whole PyTorch checkpoint"),
}


@pytest.mark.parametrize("suffix", ["pt", "pth", "safetensors"])
@pytest.mark.parametrize("kind", KINDS)
def test_2_3_a_file_that_is_no_checkpoint_says_what_it_is(
    kind: str, suffix: str, tmp_path: Path
) -> None:
    content, reason = KINDS[kind]
    if suffix == "safetensors":
        reason = reason.replace("not a whole PyTorch checkpoint", "not a whole safetensors file")
    path = tmp_path / f"evalmodel.{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"evalmodel\.{suffix}: {reason}") as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_2_3_a_torchscript_program_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scripted.pt"
    path.write_bytes(scripted())
    with pytest.raises(CheckpointError, match=r"scripted\.pt: a TorchScript program"):
        read_checkpoint(path)


def test_2_3_checkpoints_are_no_foreign_files(tmp_path: Path) -> None:
    torch.save({"a.b": torch.zeros(2)}, tmp_path / "zip.pt")
    torch.save({"a.b": torch.zeros(2)}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("zip.pt", "old.pt"):
        assert foreign_kind((tmp_path / name).read_bytes()) is None
