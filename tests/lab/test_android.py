"""The Android laboratory has what the app is built with, and its programs run where they lie."""

from __future__ import annotations

import os
import subprocess
import zipfile

import pytest

from lowformer_edge.lab.android import (
    ABIS,
    ANDROID_JAR,
    ANDROID_STUBS,
    ANDROID_TYPES,
    COMPILER,
    COVERAGE_AGENT,
    COVERAGE_CLASSES,
    EXECUTORCH_JAR,
    HISTORY,
    JARS,
    JAVA_API,
    JAVA_HOME,
    KOTLIN,
    NATIVE,
    STUBS,
    TOOLS,
    tool_environment,
)
from lowformer_edge.lab.place import Lab

from .linking import libraries_from_elsewhere


@pytest.mark.parametrize(
    ("tool", "argument", "said"),
    [
        (f"{JAVA_HOME}/bin/javac", "-version", "javac 17."),
        (f"{TOOLS}/usr/bin/aapt2", "version", "Android Asset Packaging Tool"),
        (f"{TOOLS}/usr/bin/aapt", "version", "Android Asset Packaging Tool"),
        (f"{TOOLS}/usr/bin/dexdump", "-?", "dexdump"),
        (f"{TOOLS}/usr/bin/zipalign", "-?", "Zip alignment utility"),
    ],
)
def test_programs_run_from_the_lab(android_lab: Lab, tool: str, argument: str, said: str) -> None:
    done = subprocess.run(
        [android_lab.folder / tool, argument],
        env=os.environ | tool_environment(android_lab),
        capture_output=True,
        text=True,
    )
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    "tool",
    [
        f"{JAVA_HOME}/bin/java",
        f"{JAVA_HOME}/lib/server/libjvm.so",
        f"{TOOLS}/usr/bin/aapt2",
        f"{TOOLS}/usr/bin/aapt",
        f"{TOOLS}/usr/bin/dexdump",
        f"{TOOLS}/usr/bin/zipalign",
    ],
)
def test_programs_load_the_labs_own_libraries(android_lab: Lab, tool: str) -> None:
    folder = android_lab.folder
    assert not libraries_from_elsewhere(folder / tool, folder, tool_environment(android_lab))


def test_pure_classes_are_no_androids(android_lab: Lab) -> None:
    pure = zipfile.ZipFile(android_lab.folder / JAVA_API).namelist()
    assert {"java/lang/Object.class", "org/json/JSONObject.class"} <= set(pure)
    assert not [name for name in pure if name.startswith(("android/", "dalvik/", "com/android/"))]
    assert (
        "android/app/Activity.class" in zipfile.ZipFile(android_lab.folder / ANDROID_JAR).namelist()
    )


def test_the_compiler_executorch_and_libraries_are_there(android_lab: Lab) -> None:
    folder = android_lab.folder
    assert android_lab.versions["kotlin-compiler"] == KOTLIN.version
    assert (folder / COMPILER / "kotlin-compiler.jar").is_file()
    assert (folder / JARS / "junit-platform-console.jar").is_file()
    classes = zipfile.ZipFile(folder / EXECUTORCH_JAR).namelist()
    assert "org/pytorch/executorch/Module.class" in classes
    machines = {"arm64-v8a": 183, "x86_64": 62}
    for abi in ABIS:
        for name in ("libexecutorch.so", "libfbjni.so", "libc++_shared.so"):
            header = (folder / NATIVE / abi / name).read_bytes()[:20]
            assert header[:4] == b"\x7fELF"
            assert int.from_bytes(header[18:20], "little") == machines[abi]


def test_signatures_of_newer_android_are_there(android_lab: Lab) -> None:
    for package in (ANDROID_STUBS, ANDROID_TYPES):
        assert android_lab.versions[package.name] == package.version
    stubs = (android_lab.folder / STUBS / "android-stubs" / "app" / "__init__.pyi").read_text()
    assert "\nclass Activity(" in stubs
    with (android_lab.folder / HISTORY).open(encoding="utf-8") as history:
        assert any("@since 36" in line for line in history)


def test_what_counts_lines_is_there(android_lab: Lab) -> None:
    folder = android_lab.folder
    with zipfile.ZipFile(folder / COVERAGE_AGENT) as agent:
        assert b"Premain-Class: " in agent.read("META-INF/MANIFEST.MF")
    for name in COVERAGE_CLASSES:
        assert zipfile.is_zipfile(folder / name)
