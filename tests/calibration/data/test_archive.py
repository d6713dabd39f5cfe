from __future__ import annotations

import contextlib
import io
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.calibration.data.archive import Archive, is_archive
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.images import find_images
from lowformer_edge.errors import DataError

SPEC = Preprocessing(size=32, crop_ratio=1.0)
KINDS = ("tar", "tar.gz", "tar.bz2", "tar.xz", "tgz", "zip")


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def pack(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    mode = {"gz": "w:gz", "tgz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}.get(path.suffix[1:], "w")
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


FILES = {
    "val/dog/b.png": png(1),
    "val/cat/a.png": png(0),
    "val/cat/deep/c.PNG": png(2),
    "val/notes.txt": b"no image",
    "val/.hidden/d.png": png(3),
}


@pytest.mark.parametrize("kind", KINDS)
def test_archives_read_as_folders_do(kind: str, tmp_path: Path) -> None:
    for name, content in FILES.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    archive = find_images(pack(tmp_path / f"images.{kind}", FILES))
    folder = find_images(tmp_path / "folder" / "val")
    assert archive.class_names == folder.class_names == ("cat", "dog")
    assert archive.labels is not None
    assert folder.labels is not None
    assert archive.labels.tolist() == folder.labels.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(decode(archive, SPEC).pixels, decode(folder, SPEC).pixels)


def test_flat_archives_have_no_labels(tmp_path: Path) -> None:
    path = pack(tmp_path / "ILSVRC.tar", {f"ILSVRC2012_val_{n:08}.png": png(n) for n in range(5)})
    images = find_images(path)
    assert (len(images), images.labels) == (5, None)


def test_samples_of_archives_decode(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {f"{n}.png": png(n) for n in range(20)})
    assert len(decode(find_images(path).sample(6), SPEC)) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_reading_from_several_threads(kind: str, tmp_path: Path) -> None:
    files = {f"{n}.png": png(n) for n in range(40)}
    archive = Archive(pack(tmp_path / f"x.{kind}", files))
    with ThreadPoolExecutor(4) as pool:
        assert dict(pool.map(lambda name: (name, archive.read(name)), files)) == files


def test_broken_members_are_named_and_left_out(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.tar", {"a.png": png(0), "b.png": b"no image", "c.png": b""})
    decoded = decode(find_images(path), SPEC)
    assert len(decoded) == 1
    assert [line.split(":")[1] for line in decoded.skipped] == ["b.png", "c.png"]
    with pytest.raises(DataError, match=r"x\.tar:b\.png: cannot be read"):
        decode(find_images(path), SPEC, strict=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_damaged_archives_are_one_error(kind: str, share: float, tmp_path: Path) -> None:
    path = pack(tmp_path / f"x.{kind}", {f"{n}.png": png(n) for n in range(9)})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=r"x\."):
        decode(find_images(path), SPEC, strict=True)


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bits_are_one_error_or_pass(kind: str, tmp_path: Path) -> None:
    """What unpacks has exceptions of its own in each library."""
    path = pack(tmp_path / f"x.{kind}", {f"{n}.png": png(n) for n in range(3)})
    content = path.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        with contextlib.suppress(DataError):
            decode(find_images(path), SPEC)


def test_archives_without_images(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no image"):
        find_images(pack(tmp_path / "x.zip", {"readme.txt": b""}))


def test_hostile_paths_are_read_and_never_written(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.tar", {"../../evil.png": png(0), "/abs.png": png(1)})
    before = sorted(tmp_path.rglob("*"))
    assert len(decode(find_images(path), SPEC)) == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_members_that_are_too_large_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(tmp_path / "x.zip", {"a.png": png(0), "b.png": png(1) + bytes(100_000)})
    monkeypatch.setattr("lowformer_edge.calibration.data.archive.LARGEST_MEMBER", 50_000)
    decoded = decode(find_images(path), SPEC)
    assert len(decoded) == 1
    assert "larger than" in decoded.skipped[0]


@pytest.mark.parametrize(
    ("name", "expected"), [("a.TAR", True), ("a.tar.gz", True), ("a.zip", True), ("a.gz", False)]
)
def test_archives_are_told_by_their_name(name: str, expected: bool) -> None:
    assert is_archive(Path(name)) is expected
