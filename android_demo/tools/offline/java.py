"""The Java compiler, for what is no Kotlin: tables of resources, and stand-ins of libraries."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ....errors import CheckError
from .toolchain import Toolchain


def compile_java(toolchain: Toolchain, name: str, sources: Sequence[Path], into: Path) -> Path:
    """Compiles Java against Android's classes, for Android.

    Args:
        toolchain: The compiler's.
        name: What is compiled, for the message if it fails.
        sources: Java files.
        into: A folder that takes the classes; what was in it is gone.

    Returns:
        ``into``.

    Raises:
        CheckError: The compiler refuses them.
    """
    if not sources:
        raise CheckError(f"{name}: has no Java files to compile")
    shutil.rmtree(into, ignore_errors=True)
    toolchain.run(
        toolchain.java_program("javac"),
        # That Java 8 is old is known.
        *("-nowarn", "-Xlint:-options", "-source", "8", "-target", "8", "-encoding", "UTF-8"),
        *("-bootclasspath", toolchain.android_classes, "-d", into),
        *sources,
        what_for=f"compiling {name}",
    )
    return into
