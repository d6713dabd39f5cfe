"""Android's libraries for x86-64, made loadable beside glibc.

They differ from the system's in two ways that keep them from being loaded: they want versions of
symbols that glibc calls otherwise, and libraries that are Android's own. Both wishes stand in the
dynamic section, from which they are struck in copies of the libraries; nothing moves. What glibc
has not, ``hotspot/native/bionic.c`` brings under the name ``libc.so``.

The format: "System V Application Binary Interface", chapters 4 and 5.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Sequence
from pathlib import Path

from ....errors import LabError
from ....process.tool import run_tool

STAND_IN = "libc.so"
"""Loaded first; it opens the other libraries that lie beside it."""

_SOURCE = Path(__file__).parents[1] / "hotspot" / "native" / "bionic.c"

_IDENTITY = b"\x7fELF\x02\x01"
_X86_64 = b"\x3e"
_MACHINE, _PROGRAM = 18, 32
_SEGMENTS = struct.Struct("<Q14xHH")
_SEGMENT = struct.Struct("<I4xQQ8xQ16x")
"""Kind, place in the file, address in memory, length in the file."""
_ENTRY = struct.Struct("<qQ")

_LOAD, _DYNAMIC = 1, 2
_END, _NEEDED, _STRINGS = 0, 1, 5
_VERSIONS = {0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF}

_BROUGHT = {b"libm.so", b"libdl.so", b"liblog.so", b"libandroid.so"}
"""Android's own libraries whose symbols the stand-in brings, or glibc behind it."""


def build_libraries(libraries: Sequence[Path], folder: Path) -> None:
    """Writes the stand-in of Android's C library, and copies of libraries that want it.

    Args:
        libraries: For Android on x86-64; they stay as they are.
        folder: Takes all; what was in it is gone.

    Raises:
        LabError: A library is none for Android on x86-64, or there is no C compiler.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in libraries:
        try:
            content = without_wishes(path.read_bytes())
        except (struct.error, ValueError) as error:
            raise LabError(f"{path}: is no shared library for x86-64 ({error})") from error
        (folder / path.name).write_bytes(content)
    if not shutil.which("cc"):
        raise LabError("running Android's libraries needs a C compiler; install gcc")
    run_tool(
        [
            *("cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"),
            # Calls of what it defines itself must stay calls.
            *("-fno-builtin", "-shared", "-fPIC", f"-Wl,-soname,{STAND_IN}"),
            *("-o", folder / STAND_IN, _SOURCE),
            *("-Wl,--no-as-needed", "-lm", "-ldl"),
        ],
        "compiling the stand-in of Android's C library",
    )


def without_wishes(library: bytes) -> bytes:
    """A library that wants no versions of symbols, and of Android's own libraries ``libc.so``.

    Args:
        library: A shared library for x86-64.

    Raises:
        ValueError: It is none.
        struct.error: It ends too early.
    """
    if not library.startswith(_IDENTITY) or library[_MACHINE : _MACHINE + 1] != _X86_64:
        raise ValueError("its header says so")
    content = bytearray(library)
    start, size, count = _SEGMENTS.unpack_from(content, _PROGRAM)
    if start + size * count > len(content):
        raise ValueError("its segments lie beyond its end")
    segments = [_SEGMENT.unpack_from(content, start + size * number) for number in range(count)]
    dynamic = [segment for segment in segments if segment[0] == _DYNAMIC]
    if not dynamic:
        raise ValueError("it has no dynamic section")
    _, place, _, length = dynamic[0]
    entries = list(_ENTRY.iter_unpack(content[place : place + length]))
    names = _in_file(segments, dict(entries).get(_STRINGS, -1))

    def is_wanted(kind: int, value: int) -> bool:
        if kind == _NEEDED:
            return _text(content, names + value) not in _BROUGHT
        return kind not in _VERSIONS

    kept = [entry for entry in entries if is_wanted(*entry)]
    kept += [(_END, 0)] * (len(entries) - len(kept))
    content[place : place + length] = b"".join(_ENTRY.pack(*entry) for entry in kept)
    return bytes(content)


def _in_file(segments: Sequence[tuple[int, ...]], address: int) -> int:
    """Where in the file something is that has an address in memory."""
    for kind, place, start, length in segments:
        if kind == _LOAD and start <= address < start + length:
            return address - start + place
    raise ValueError(f"nothing is at {address:#x}")


def _text(content: bytearray, start: int) -> bytes:
    return bytes(content[start : content.index(0, start)])
