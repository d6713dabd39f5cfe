"""Fetching npm's packages: what is not what it should be is refused."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
from lowformer_edge.lab import npm
from lowformer_edge.lab.npm import NpmPackage

SCOPED = NpmPackage("@scope/name", "1.2.3", "")


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts a program called npm where it is found first."""
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def tarball(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def test_a_scoped_packages_file() -> None:
    assert SCOPED.tarball == "scope-name-1.2.3.tgz"


def test_the_known_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path, monkeypatch, 'printf content > "$5/scope-name-1.2.3.tgz"')
    digest = base64.b64encode(hashlib.sha512(b"content").digest()).decode()
    npm.fetch([NpmPackage("@scope/name", "1.2.3", digest)], tmp_path / "packages")
    assert (tmp_path / "packages" / SCOPED.tarball).read_bytes() == b"content"


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path, monkeypatch, 'printf other > "$5/scope-name-1.2.3.tgz"')
    with pytest.raises(LabError, match=r"@scope/name 1\.2\.3: the registry's file is not"):
        npm.fetch([SCOPED], tmp_path / "packages")


def test_no_file_and_no_registry_and_no_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_npm(tmp_path, monkeypatch, "exit 0")
    with pytest.raises(LabError, match=r"npm fetched no scope-name-1\.2\.3\.tgz"):
        npm.fetch([SCOPED], tmp_path / "nothing")
    fake_npm(tmp_path, monkeypatch, "echo 'npm error code E404' >&2; exit 1")
    with pytest.raises(LabError, match="fetching @scope/name failed: npm error code E404"):
        npm.fetch([SCOPED], tmp_path / "unknown")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LabError, match="needs npm, which is not installed"):
        npm.fetch([SCOPED], tmp_path / "absent")


def test_only_what_is_wanted_is_unpacked(tmp_path: Path) -> None:
    files = {"package/lib/a.jar": "a", "package/lib/b.txt": "b", "other/lib/c.jar": "c"}
    archive = tarball(tmp_path / "x.tgz", files)
    npm.extract(archive, tmp_path / "into", lambda path: path.suffix == ".jar")
    found = [path for path in (tmp_path / "into").rglob("*") if path.is_file()]
    assert found == [tmp_path / "into" / "lib" / "a.jar"]


def test_nothing_is_unpacked_outside(tmp_path: Path) -> None:
    archive = tarball(tmp_path / "x.tgz", {"package/../../a.jar": "a"})
    with pytest.raises(LabError, match=r"outside its package: package/\.\./\.\./a\.jar"):
        npm.extract(archive, tmp_path / "in" / "to", lambda path: True)
    assert not list(tmp_path.rglob("a.jar"))
