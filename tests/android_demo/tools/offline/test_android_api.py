"""Java's sources of Android: each fact from the source that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.android_api import write_android_api
from lowformer_edge.android_demo.tools.offline.android_history import read_history
from lowformer_edge.android_demo.tools.offline.class_members import ClassLibrary
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError

STUBS = """
import typing

import android.os
import java.chaquopy
import java.lang
import java.util

class Image(java.lang.AutoCloseable):
    OLD: typing.ClassVar[int] = ...
    def __init__(self) -> None: ...
    def getTimestamp(self) -> int: ...
    def getNames(self, prefix: str | java.lang.String, /) -> java.util.List[java.lang.String]: ...
    def setKind(self, kind: typing.Type[java.lang.Object], /) -> None: ...
    def setAges(self, ages: java.chaquopy.JavaArrayJLong, at: float | java.jdouble, /) -> None: ...

_Holder__T = typing.TypeVar('_Holder__T')
class Holder(Image, typing.Generic[_Holder__T]):
    _cast_0__E = typing.TypeVar('_cast_0__E')
    @staticmethod
    def cast(holder: Holder[_cast_0__E], /) -> Holder.Kind: ...
    class Kind(java.lang.Enum[Holder.Kind]):
        FIRST: typing.ClassVar[Holder.Kind] = ...
        @staticmethod
        def values() -> java.chaquopy.JavaArray[Holder.Kind]: ...
    class Listener(java.lang.Object):
        def onHeard(self, holder: Holder, /) -> None: ...
        def onLost(self, *arguments: int | java.jint) -> None: ...
"""

DECLARED = """
declare module android {
\texport module media {
\t\texport abstract class Image extends java.lang.Object implements java.lang.AutoCloseable {
\t\t\t/** @deprecated Deprecated in API 30 */
\t\t\tpublic static OLD: 1;
\t\t\t/** @deprecated Deprecated in API 37 */
\t\t\tpublic getTimestamp(): number;
\t\t\tpublic getNames(prefix: string | null): java.util.List<string> | null;
\t\t}
\t\texport module Holder {
\t\t\t/** @since 24 */
\t\t\texport class Listener extends java.lang.Object {
\t\t\t\tpublic constructor(implementation: {
\t\t\t\t\tonHeard(holder: android.media.Holder): void;
\t\t\t\t});
\t\t\t\tpublic onHeard(holder: android.media.Holder): void;
\t\t\t\t/** @since 31 */
\t\t\t\tpublic onLost(arguments: androidNative.Array<number>): void;
\t\t\t}
\t\t}
\t\texport class Holder<T>  extends android.media.Image {
\t\t}
\t}
}
"""

NULLABLE = "@org.jetbrains.annotations.Nullable"
IMAGE = f"""package android.media;

public abstract class Image implements java.lang.AutoCloseable {{
@Deprecated public static final int OLD;
public Image() {{}}
public abstract long getTimestamp();
{NULLABLE} public native java.util.List<java.lang.String> getNames({NULLABLE} java.lang.String a0);
public native void setKind(java.lang.Class<?> a0);
public native void setAges(long[] a0, double a1);
}}
"""
HOLDER = """package android.media;

public class Holder<T> extends android.media.Image {
public static native <E> android.media.Holder.Kind cast(android.media.Holder<E> a0);
public static enum Kind {
FIRST;
}
public static interface Listener {
public void onHeard(android.media.Holder a0);
public default void onLost(int... a0);
}
}
"""


@pytest.fixture
def sources(toolchain: Toolchain, tmp_path: Path) -> Path:
    """Sources of a package with little in it, of a class of Android 6 and a newer one."""
    stub = tmp_path / "stubs" / "android-stubs" / "media" / "__init__.pyi"
    stub.parent.mkdir(parents=True)
    stub.write_text(STUBS)
    declared = tmp_path / "android.d.ts"
    declared.write_text(DECLARED)
    classes = ClassLibrary(toolchain.android_classes)
    history = read_history(declared)
    return write_android_api(tmp_path / "stubs", classes, history, 36, tmp_path / "android")


def test_a_class_of_the_old_version(sources: Path) -> None:
    """Its flags and its numbers are the old version's, what may be null is TypeScript's."""
    assert (sources / "android" / "media" / "Image.java").read_text() == IMAGE


def test_a_newer_class(sources: Path) -> None:
    """Its methods of unknown kind have bodies, and so have an interface's later ones."""
    assert (sources / "android" / "media" / "Holder.java").read_text() == HOLDER


def test_without_stubs(toolchain: Toolchain, tmp_path: Path) -> None:
    classes = ClassLibrary(toolchain.android_classes)
    with pytest.raises(CheckError, match="has no stubs of Android"):
        write_android_api(tmp_path, classes, {}, 36, tmp_path / "android")
