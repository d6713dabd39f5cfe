"""LiteRT for the app's own code on Java's virtual machine.

LiteRT for Android is only to be had from Google's repository, and so are its Kotlin classes and the
native code behind them. Here ``stubs`` stand for the classes, as far as the app calls them, and
``hotspot/native/litert.c`` for the native code. What computes is LiteRT's C library as
ai-edge-litert brings it for this machine, of the version that the app is built with.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

from ....errors import LabError
from ....lab import android
from ....process.tool import run_tool
from ....runtime.tflite.litert_model import VERSION, library_path
from .java import compile_java
from .project import TOOLS
from .toolchain import Toolchain

_SOURCE = TOOLS / "hotspot" / "native" / "litert.c"
_LIBRARY = "liblitert_jni.so"
"""By the name that the classes load."""

_ANDROID = TOOLS / "hotspot" / "android"
_BITMAPS = TOOLS / "fakes" / "src" / "main" / "java" / "android" / "graphics"
_SEARCHED = "LD_LIBRARY_PATH"


def build_litert(toolchain: Toolchain, libraries: Path, android_classes: Path) -> None:
    """Compiles the native methods of LiteRT's classes, and what stands for Android's.

    Args:
        toolchain: Of the Java compiler and its headers.
        libraries: The folder that takes the library.
        android_classes: The folder that takes the classes.

    Raises:
        CheckError: A compiler refuses something.
        LabError: There is no ai-edge-litert of the right version, or no C compiler.
    """
    stand_ins = [
        *sorted(_ANDROID.rglob("*.java")),
        *(_BITMAPS / f"{name}.java" for name in ("Bitmap", "Matrix")),
    ]
    seen = [toolchain.android_classes]
    compile_java(toolchain, "the stand-ins of Android", stand_ins, android_classes, seen=seen)
    if not shutil.which("cc"):
        raise LabError("running LiteRT under the app's code needs a C compiler; install gcc")
    folder = _litert_folder()
    headers = toolchain.lab.folder / android.JAVA_HOME / "include"
    libraries.mkdir(parents=True, exist_ok=True)
    run_tool(
        [
            *("cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
            *("-I", headers, "-I", headers / "linux", "-o", libraries / _LIBRARY, _SOURCE),
            *("-Wl,--no-undefined", f"-Wl,-rpath,{folder}", "-L", folder),
            f"-l:{library_path().name}",
        ],
        "compiling the native methods of LiteRT's classes",
    )


def gpu_variables(device: Mapping[str, str]) -> dict[str, str]:
    """The variables of the environment with which LiteRT finds its library for GPUs, and a GPU.

    Args:
        device: Those that make a process find the GPU.

    Raises:
        LabError: There is no LiteRT.
    """
    places = [str(_litert_folder()), device.get(_SEARCHED, "")]
    return {**device, _SEARCHED: ":".join(filter(None, places))}


def _litert_folder() -> Path:
    """Where LiteRT's libraries are.

    Raises:
        LabError: There are none, or those of another version.
    """
    if importlib.util.find_spec("ai_edge_litert") is None:
        raise LabError(
            "running LiteRT needs ai-edge-litert; install lowformer-edge[tflite-runtime]"
        )
    found = importlib.metadata.version("ai-edge-litert")
    if found != VERSION or not library_path().is_file():
        raise LabError(
            f"ai-edge-litert {found} has another C interface than {VERSION}; install that"
        )
    return library_path().parent
