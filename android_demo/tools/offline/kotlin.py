"""The Kotlin compiler: whatever it remarks upon is an error."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ....errors import CheckError
from ....lab import android
from .toolchain import Toolchain, class_path

_COMPILER = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"

_STRICT = ("-Werror", "-Wextra", "-progressive")
_FOR_ANDROID = (
    # dx knows neither Java's newer bytecode nor the calls that lambdas are made of.
    *("-jvm-target", "1.8"),
    *("-Xlambdas=class", "-Xsam-conversions=class", "-Xstring-concat=inline"),
    # enjarify's class files are too old for interfaces with code in them.
    "-jvm-default=disable",
    "-no-jdk",
)
_FOR_TESTS = ("-jvm-target", "17")


def compile_kotlin(
    toolchain: Toolchain,
    name: str,
    sources: Sequence[Path],
    seen: Sequence[Path],
    into: Path,
    *,
    tested: Path | None = None,
    java_sources: Path | None = None,
) -> Path:
    """Compiles the sources of a module.

    Args:
        toolchain: The compiler's.
        name: Of the module.
        sources: Kotlin files.
        seen: Where the classes are that they may use, besides Kotlin's own.
        into: A folder that takes the classes; what was in it is gone.
        tested: For tests, the classes whose internals they may use; they run on the JVM.
        java_sources: A folder with sources of Java's that they may use, and that are not compiled.

    Returns:
        ``into``.

    Raises:
        CheckError: There is something to remark upon, or no source.
    """
    if not sources:
        raise CheckError(f"{name}: has no Kotlin files to compile")
    shutil.rmtree(into, ignore_errors=True)
    friends = () if tested is None else (f"-Xfriend-paths={tested}",)
    java = () if java_sources is None else (f"-Xjava-source-roots={java_sources}",)
    toolchain.java(
        *("-cp", toolchain.lab.folder / android.COMPILER / "kotlin-compiler.jar", _COMPILER),
        *("-kotlin-home", (toolchain.lab.folder / android.COMPILER).parent),
        *("-no-stdlib", "-no-reflect", *_STRICT),
        *(_FOR_ANDROID if tested is None else _FOR_TESTS),
        *("-module-name", name, *friends, *java),
        *("-classpath", class_path(toolchain.kotlin_library, *seen)),
        *("-d", into),
        *sources,
        what_for=f"compiling {name}",
    )
    return into
