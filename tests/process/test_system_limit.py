"""Which limit of the machine an error comes from, whatever was said of a file."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact.arrays import read_arrays
from lowformer_edge.artifact.files import contents_of
from lowformer_edge.artifact.labels import read_labels
from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.cli.command import run_command
from lowformer_edge.errors import ArtifactError, DataError, SystemLimitError
from lowformer_edge.process.limits import LARGEST_ARRAYS
from lowformer_edge.process.native_output import captured_output
from lowformer_edge.process.replacing import Ownership, replaced_file, replaced_folder
from lowformer_edge.process.system_limit import limit_behind, scratch_folder

from ..small_disk import mounted_disk

OWN = Ownership(contents_of)


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """Lets this process open no more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Path(os.devnull).open("rb") as last:
        highest = last.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    with mounted_disk(tmp_path / "disk", 2) as disk:
        yield disk


@pytest.fixture
def small_scratch(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    return small_disk


@pytest.mark.parametrize(
    "reader",
    [
        pytest.param(functools.partial(read_arrays, limit=LARGEST_ARRAYS), id="read_arrays"),
        read_labels,
        read_manifest,
    ],
)
def test_a_file_is_not_blamed_for_too_many_open_ones(
    reader: Callable[[Path], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "labels.npz"
    np.savez(path, values=np.zeros(3))
    (tmp_path / "manifest.json").write_text("{}")

    def command() -> int:
        reader(tmp_path if reader is read_manifest else path)
        return 0

    with no_more_files():
        assert run_command(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: Too many open files (a process may have ")
    assert line.endswith("raise the limit, as by ulimit -n 4096")


def test_images_are_not_passed_over_for_too_many_open_files(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "some.png")
    images = find_images(tmp_path)
    with no_more_files(), pytest.raises(SystemLimitError, match=r"some\.png: Too many open files"):
        decode(images, Preprocessing(size=8))


def test_native_code_that_fails_without_a_word_is_seen_through() -> None:
    with (
        contextlib.ExitStack() as stack,
        pytest.raises(ValueError, match="failed") as raised,
        captured_output(),
    ):
        stack.enter_context(no_more_files())
        raise ValueError("failed")
    assert "Too many open files" in str(limit_behind(raised.value))


def test_native_code_that_fails_with_files_to_spare_is_believed() -> None:
    with pytest.raises(ValueError, match="failed") as raised, captured_output():
        raise ValueError("failed")
    assert limit_behind(raised.value) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENFILE, "table full"), "Too many open files"),
        (RuntimeError("open x: Too many open files"), "Too many open files"),
        (RuntimeError("write: No space left on device"), "disk is full"),
        (OSError(errno.ENAMETOOLONG, "long", "xxx"), "xxx: File name too long; choose"),
    ],
)
def test_a_limit_is_found_behind_what_was_made_of_it(error: Exception, told: str) -> None:
    blaming = DataError("x: damaged; copy it again")
    blaming.__cause__ = error
    assert told in str(limit_behind(blaming))


@pytest.mark.parametrize(
    "error", [ValueError("damaged"), OSError(errno.EACCES, "no"), FileNotFoundError(2, "no", "x")]
)
def test_other_errors_are_what_they_are(error: Exception) -> None:
    assert limit_behind(error) is None


def test_the_disk_of_temporary_files_is_told_from_the_outputs(
    small_scratch: Path, tmp_path: Path
) -> None:
    with pytest.raises(SystemLimitError) as raised, replaced_folder(tmp_path / "out", OWN):
        (small_scratch / "fill").write_bytes(bytes(3_000_000))
    assert str(raised.value).startswith(f"{small_scratch}: the disk is full, and temporary files")
    assert not (tmp_path / "out").exists()


def test_the_outputs_disk_is_told_from_that_of_temporary_files(small_disk: Path) -> None:
    with pytest.raises(SystemLimitError) as raised, replaced_file(small_disk / "out") as temporary:
        temporary.write_bytes(bytes(3_000_000))
    assert str(raised.value).startswith(f"{small_disk / 'out'}: the disk is full")


def test_a_temporary_folder_that_is_full_is_told_whatever_failed(small_scratch: Path) -> None:
    with pytest.raises(SystemLimitError) as raised, scratch_folder() as folder:
        with contextlib.suppress(OSError):
            (folder / "fill").write_bytes(bytes(3_000_000))
        raise ArtifactError("x.onnx: cannot be loaded")
    assert str(raised.value).startswith(f"{small_scratch}: the disk is full, and temporary files")


def test_a_temporary_folder_with_room_changes_no_error() -> None:
    with pytest.raises(ArtifactError, match="cannot be loaded"), scratch_folder():
        raise ArtifactError("x.onnx: cannot be loaded")


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "x" * 250 + ".json"])
def test_names_are_as_long_as_the_file_system_takes(name: str, tmp_path: Path) -> None:
    with replaced_file(tmp_path / name) as temporary:
        temporary.write_text("content")
    assert (tmp_path / name).read_text() == "content"


def test_a_longer_name_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(
            SystemLimitError,
            match="File name too long; choose a shorter one, a name has at most 255",
        ),
        replaced_folder(tmp_path / ("x" * 256), OWN),
    ):
        pass
