"""Class files of Java 11 run as ones of Java 8."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowformer_edge.android_demo.tools.offline.class_file import JAVA_8, lower_class, lower_jar
from lowformer_edge.android_demo.tools.offline.compilation import Compilation
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError

NESTED = """
public class Outer {
    private final int secret = 41;
    private long big = 1L << 40;
    private double real = 0.5;
    private int add(int x) { return secret + x; }
    static class Inner {
        private int ask(Outer outer) { return outer.add(1) + (int) (outer.real * 2) - 1; }
    }
    public static void main(String[] arguments) {
        System.out.println(new Inner().ask(new Outer()));
    }
}
"""

DYNAMIC = """
public class Dynamic {
    static String f(int x) { return "x is " + x; }
}
"""


def compile_java_11(toolchain: Toolchain, folder: Path, name: str, text: str) -> list[Path]:
    source = folder / f"{name}.java"
    source.write_text(text)
    javac = toolchain.java_program("javac")
    toolchain.run(javac, "--release", "11", "-d", folder, source, what_for="compiling")
    return sorted(folder.glob("*.class"))


def test_nests_are_undone(toolchain: Toolchain, tmp_path: Path) -> None:
    files = compile_java_11(toolchain, tmp_path, "Outer", NESTED)
    assert [path.name for path in files] == ["Outer$Inner.class", "Outer.class"]
    for path in files:
        content = path.read_bytes()
        assert b"Nest" in content
        assert struct.unpack_from(">H", content, 6) == (55,)
        lowered = lower_class(content)
        assert struct.unpack_from(">HH", lowered, 4) == (0, JAVA_8)
        assert lower_class(lowered) == lowered
        path.write_bytes(lowered)
    assert toolchain.java("-cp", tmp_path, "Outer", what_for="running").strip() == "42"


def test_dynamic_calls_are_refused(toolchain: Toolchain, tmp_path: Path) -> None:
    (path,) = compile_java_11(toolchain, tmp_path, "Dynamic", DYNAMIC)
    jar = tmp_path / "source.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.write(path, "a/Dynamic.class")
    with pytest.raises(CheckError, match=r"source.jar: a/Dynamic.class: calls by invokedynamic"):
        lower_jar(jar, tmp_path / "target.jar")
    lower_jar(jar, tmp_path / "target.jar", leave_out=["a/"])
    assert zipfile.ZipFile(tmp_path / "target.jar").namelist() == []


@given(st.binary(max_size=200))
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(CheckError, match="is no class file"):
        lower_class(content)


def test_executorch_keeps_its_classes(android_app: Compilation) -> None:
    lowered = zipfile.ZipFile(android_app.executorch).namelist()
    every = zipfile.ZipFile(android_app.toolchain.executorch_classes).namelist()
    assert "org/pytorch/executorch/Module.class" in lowered
    assert set(lowered) == {
        name for name in every if name.endswith(".class") and "/extension/asr/" not in name
    }
