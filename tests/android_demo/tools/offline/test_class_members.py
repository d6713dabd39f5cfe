"""What class files declare, as javac writes them and as Android's own are."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.class_members import (
    ABSTRACT,
    INTERFACE,
    PROTECTED,
    ClassLibrary,
    read_members,
)
from lowformer_edge.android_demo.tools.offline.java import compile_java
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError

SOURCE = """
abstract class Some extends java.io.File implements Runnable {
    static final long AGE = 7L;
    Some() { super("a"); }
    protected abstract int[] find(String name, long at);
    interface Inner {}
}
"""


def test_parents_members_and_flags(toolchain: Toolchain, tmp_path: Path) -> None:
    source = tmp_path / "Some.java"
    source.write_text(SOURCE)
    folder = compile_java(toolchain, "some", [source], tmp_path / "out")
    some = read_members((folder / "Some.class").read_bytes())
    assert (some.name, some.parents) == ("Some", ("java/io/File", "java/lang/Runnable"))
    assert set(some.members) == {
        ("AGE", "J"),
        ("<init>", "()V"),
        ("find", "(Ljava/lang/String;J)[I"),
    }
    assert some.members["find", "(Ljava/lang/String;J)[I"] == PROTECTED | ABSTRACT
    assert read_members((folder / "Some$Inner.class").read_bytes()).flags & INTERFACE


def test_androids_classes_have_what_they_inherit(toolchain: Toolchain) -> None:
    library = ClassLibrary(toolchain.android_classes)
    assert library.has("android/app/Activity", "onCreate", "(Landroid/os/Bundle;)V")
    assert library.has("android/app/Activity", "getString", "(I)Ljava/lang/String;")
    assert not library.has("android/app/Activity", "getString", "(J)Ljava/lang/String;")
    assert not library.has("android/app/None", "getString", "(I)Ljava/lang/String;")
    assert library.find("android/app/None") is None


@pytest.mark.parametrize("size", [0, 9, 60])
def test_damaged_files_are_refused(toolchain: Toolchain, tmp_path: Path, size: int) -> None:
    source = tmp_path / "Some.java"
    source.write_text(SOURCE)
    content = (
        compile_java(toolchain, "some", [source], tmp_path / "out") / "Some.class"
    ).read_bytes()
    with pytest.raises(CheckError, match="is no class file"):
        read_members(content[:size])
