"""Fetching Debian's packages, and what is said where they cannot be had."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
from lowformer_edge.lab import debian
from lowformer_edge.lab.debian import MIRROR_VARIABLE, DebianArchive, library_folders, turn_links

needs_apt = pytest.mark.skipif(not shutil.which("apt-get"), reason="there is no apt-get")


@needs_apt
def test_an_unreachable_mirror_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, f"file:{tmp_path}/nothing")
    if not debian.KEYRING.is_file():
        pytest.skip("debian-archive-keyring is not installed")
    with pytest.raises(LabError, match="reading the package lists failed: ") as caught:
        DebianArchive(tmp_path / "archive")
    assert "\n" not in str(caught.value)


def test_no_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "file:/nothing")
    monkeypatch.setattr(debian, "KEYRING", tmp_path / "keyring.gpg")
    with pytest.raises(LabError, match="install debian-archive-keyring"):
        DebianArchive(tmp_path / "archive")


def test_no_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="needs apt-get and dpkg"):
        DebianArchive(tmp_path / "archive")


def test_links_lead_into_the_unpacked_system(tmp_path: Path) -> None:
    settings = tmp_path / "etc" / "java"
    settings.mkdir(parents=True)
    (settings / "jvm.cfg").write_text("-server KNOWN")
    library = tmp_path / "usr" / "lib" / "jvm"
    library.mkdir(parents=True)
    (library / "conf").symlink_to("/etc/java")
    (library / "jvm.cfg").symlink_to("/etc/java/jvm.cfg")
    (library / "elsewhere").symlink_to("/etc/passwd")
    turn_links(tmp_path)
    assert (library / "jvm.cfg").read_text() == "-server KNOWN"
    assert (library / "conf" / "jvm.cfg").samefile(settings / "jvm.cfg")
    assert (library / "elsewhere").readlink() == Path("/etc/passwd")
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    assert (moved / "usr" / "lib" / "jvm" / "jvm.cfg").read_text() == "-server KNOWN"


def test_libraries_are_looked_for_wherever_packages_put_them(tmp_path: Path) -> None:
    for name in (
        "lib/x86_64-linux-gnu/libz.so.1",
        "usr/lib/libzopfli.so.1.0.3",
        "usr/lib/p7zip/7z.so",
        "usr/lib/x86_64-linux-gnu/android/liblog.so.0",
        "usr/lib/jvm/java-17/lib/libjava.so",
        "usr/lib/python3/module.py",
        "usr/share/notes/libread.me",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert [str(folder.relative_to(tmp_path)) for folder in library_folders(tmp_path)] == [
        "usr/lib/x86_64-linux-gnu/android",
        "usr/lib/p7zip",
        "usr/lib",
        "lib/x86_64-linux-gnu",
    ]
