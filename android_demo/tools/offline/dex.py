"""Android's bytecode: made of Java's, and turned back into it to run it once more."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from .toolchain import Toolchain

_COMPILER = "com.android.dx.command.Main"


def make_dex(
    toolchain: Toolchain, name: str, classes: Sequence[Path], min_sdk: str, into: Path
) -> Path:
    """Compiles class files to a file of bytecode for Android.

    Args:
        toolchain: The compiler's.
        name: What is compiled, for the message if it fails.
        classes: Folders and JARs.
        min_sdk: The oldest version of Android that is to run it.
        into: The file to write.

    Returns:
        ``into``.

    Raises:
        CheckError: A class uses what Android does not know.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    toolchain.java(
        *("-cp", toolchain.jar("com.android.dx"), _COMPILER, "--dex"),
        *(f"--min-sdk-version={min_sdk}", f"--output={into}"),
        *classes,
        what_for=f"making Android's bytecode of {name}",
        megabytes=2000,
    )
    return into


def translate_dex(toolchain: Toolchain, dex: Path, into: Path) -> Path:
    """Turns bytecode of Android back into classes of Java.

    Args:
        toolchain: The translator's.
        dex: Bytecode of Android.
        into: The JAR to write.

    Returns:
        ``into``.

    Raises:
        CheckError: A class cannot be translated.
    """
    toolchain.python_program(
        *("enjarify.main", "--force", "--output", into, dex),
        what_for=f"translating {dex.name}",
    )
    return into


def library_without_metadata(source: Path, into: Path) -> Path:
    """A library's classes alone: dx takes those for other versions of Java for wrong ones.

    Returns:
        ``into``.
    """
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(into, "w") as kept:
        for name in archive.namelist():
            if name.endswith(".class") and not name.startswith("META-INF/"):
                kept.writestr(name, archive.read(name))
    return into
