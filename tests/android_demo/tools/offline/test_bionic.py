"""What is struck from Android's libraries, and that what is left still works."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowformer_edge.android_demo.tools.offline.bionic import (
    STAND_IN,
    build_libraries,
    without_wishes,
)
from lowformer_edge.errors import LabError

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")

ANDROIDS = """
static int number;
int *__errno(void) { return &number; }
"""
ASKING = """
int *__errno(void);
long sysconf(int);
long page(void) { *__errno() = 0; return sysconf(0x27); }
"""


def compiled(folder: Path, name: str, text: str, *options: str) -> Path:
    source = folder / f"{name}.c"
    source.write_text(text)
    library = folder / name
    command = ["cc", "-shared", "-fPIC", "-o", str(library), str(source), *options]
    subprocess.run(command, check=True)
    return library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wants symbols' versions, liblog.so, and libc.so as Android calls its C library."""
    folder = tmp_path_factory.mktemp("library")
    for name in (STAND_IN, "liblog.so"):
        version = folder / f"{name}.map"
        version.write_text("LIBC { global: __errno; };")
        compiled(folder, name, ANDROIDS, f"-Wl,-soname,{name}", f"-Wl,--version-script={version}")
    return compiled(
        folder,
        "libexecutorch.so",
        ASKING,
        *("-nodefaultlibs", "-Wl,--no-as-needed", f"-L{folder}", f"-l:{STAND_IN}", "-l:liblog.so"),
        "-Wl,--unresolved-symbols=ignore-all",
    )


def wishes(path: Path) -> tuple[list[str], bool]:
    """The libraries that a library wants, and whether it wants versions."""
    command = ["readelf", "--dynamic", "--wide", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.findall(r"NEEDED.*\[(.*)\]", text), "VERNEED" in text


def test_only_what_is_brought_is_struck(library: Path, tmp_path: Path) -> None:
    before = library.read_bytes()
    assert wishes(library) == ([STAND_IN, "liblog.so"], True)
    after = tmp_path / "after.so"
    after.write_bytes(without_wishes(before))
    assert wishes(after) == ([STAND_IN], False)
    assert len(after.read_bytes()) == len(before)
    assert library.read_bytes() == before
    assert without_wishes(after.read_bytes()) == after.read_bytes()


def test_libraries_find_what_android_has(library: Path, tmp_path: Path) -> None:
    for name in ("libc++_shared.so", "libfbjni.so"):
        shutil.copyfile(library, library.with_name(name))
    names = ("libc++_shared.so", "libfbjni.so", "libexecutorch.so")
    folder = tmp_path / "libraries"
    build_libraries([library.with_name(name) for name in names], folder)
    code = (
        "import ctypes, sys, resource\n"
        "ctypes.CDLL(sys.argv[1])\n"
        "asking = ctypes.CDLL(sys.argv[2])\n"
        "assert asking.page() == resource.getpagesize(), asking.page()\n"
    )
    command = ["python3", "-c", code, str(folder / STAND_IN), str(folder / names[2])]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"", b"\x7fELF\x02\x01", b"MZ" + bytes(100)])
def test_what_is_no_library_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "libexecutorch.so"
    path.write_bytes(content)
    with pytest.raises(LabError, match="is no shared library for x86-64"):
        build_libraries([path], tmp_path / "libraries")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damage_is_refused_or_harmless(library: Path, data: st.DataObject) -> None:
    content = bytearray(library.read_bytes()[:4096])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        left = without_wishes(bytes(content))
    except (ValueError, struct.error):
        return
    assert len(left) == len(content)
