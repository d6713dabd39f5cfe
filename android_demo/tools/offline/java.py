"""The Java compiler, for what is no Kotlin: tables of resources, and stand-ins of libraries."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ....errors import CheckError
from .toolchain import Toolchain, class_path

_FOR_ANDROID = ("-nowarn", "-Xlint:-options", "-source", "8", "-target", "8")
"""That Java 8 is old is known."""

_FOR_JVM = ("-Xlint:all,-serial", "-Werror")


def compile_java(
    toolchain: Toolchain,
    name: str,
    sources: Sequence[Path],
    into: Path,
    *,
    seen: Sequence[Path] | None = None,
) -> Path:
    """Compiles Java against Android's classes, for Android.

    Args:
        toolchain: The compiler's.
        name: What is compiled, for the message if it fails.
        sources: Java files.
        into: A folder that takes the classes; what was in it is gone.
        seen: For what runs on the JVM alone, where the classes are that it uses besides Java's.

    Returns:
        ``into``.

    Raises:
        CheckError: The compiler refuses them.
    """
    if not sources:
        raise CheckError(f"{name}: has no Java files to compile")
    shutil.rmtree(into, ignore_errors=True)
    if seen is None:
        options = [*_FOR_ANDROID, "-bootclasspath", str(toolchain.android_classes)]
    else:
        options = [*_FOR_JVM, "-classpath", class_path(*seen)]
    toolchain.run(
        toolchain.java_program("javac"),
        *options,
        *("-encoding", "UTF-8", "-d", into),
        *sources,
        what_for=f"compiling {name}",
    )
    return into
