"""What the app's bytecode needs of Android, and since when Android has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.api_level import (
    GUARDED,
    UNKNOWN,
    ApiLevels,
    check_levels,
    newer_references,
)
from lowformer_edge.android_demo.tools.offline.dex import make_dex
from lowformer_edge.android_demo.tools.offline.dex_references import Reference, read_references
from lowformer_edge.android_demo.tools.offline.kotlin import compile_kotlin
from lowformer_edge.android_demo.tools.offline.project import Project
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError

NEWER = """
package some

import android.app.Activity
import android.view.View

open class Screen : Activity() {
    fun shown(): View = requireViewById(1)
}

class Own : Screen() {
    val level = android.os.Build.VERSION.SDK_INT

    fun getPriority(): Int = 3

    fun asked(): Int = getPriority()
}
"""
REQUIRED = "some/Screen.requireViewById(I)Landroid/view/View;"


@pytest.fixture
def newer(toolchain: Toolchain, newest_android: Path, tmp_path: Path) -> Path:
    """Bytecode that asks for a view by a method of Android 9."""
    source = tmp_path / "Some.kt"
    source.write_text(NEWER)
    classes = compile_kotlin(
        toolchain,
        "some",
        [source],
        [toolchain.pure_classes],
        tmp_path / "out",
        java_sources=newest_android,
    )
    return make_dex(toolchain, "some", [classes], "26", tmp_path / "some.dex")


def test_the_app_needs_nothing_newer_than_it_says(
    android_apk: Path, android_levels: ApiLevels, project: Project
) -> None:
    references = read_references(android_apk.parent / "app.dex")
    assert {"android/app/Activity", "android/hardware/camera2/CameraDevice"} <= references.classes
    min_sdk = int(project.versions["minSdk"])
    assert {*newer_references(references, android_levels, min_sdk)} == {*GUARDED}
    # It uses what is newer than the classes that it is compiled against.
    assert "android/media/ExifInterface.<init>(Ljava/io/InputStream;)V" in newer_references(
        references, android_levels, 23
    )


def test_what_is_inherited_is_found_and_what_is_the_apps_own_is_not(
    newer: Path, android_levels: ApiLevels
) -> None:
    references = read_references(newer)
    assert newer_references(references, android_levels, 26) == {REQUIRED: 28}
    assert newer_references(references, android_levels, 28) == {}
    assert Reference("some/Own", "getPriority", "()I") in references.defined
    assert references.parents["some/Own"] == ("some/Screen",)


def test_a_newer_member_is_refused_unless_guarded(newer: Path, android_levels: ApiLevels) -> None:
    with pytest.raises(CheckError, match=r"requireViewById.* is of API 28, and minSdk is 26"):
        check_levels(android_levels, newer, 26, {})
    check_levels(android_levels, newer, 26, {REQUIRED: "asked for before"})
    with pytest.raises(CheckError, match="is not used, or not newer than minSdk"):
        check_levels(android_levels, newer, 28, {REQUIRED: "asked for before"})


@pytest.mark.parametrize(
    ("owner", "name", "descriptor", "level"),
    [
        ("android/app/Activity", "getString", "(I)Ljava/lang/String;", 23),
        ("android/media/ExifInterface", "<init>", "(Ljava/io/InputStream;)V", 24),
        ("android/view/View", "setAllowClickWhenDisabled", "(Z)V", 31),
        ("android/app/Activity", "setAllowClickWhenDisabled", "(Z)V", UNKNOWN),
        ("android/os/Build$VERSION", "SDK_INT", "I", 23),
        ("android/os/Build$VERSION", "SDK_INT", "J", UNKNOWN),
        ("android/os/Build$VERSION", "SDK_INT_FULL", "I", 36),
        ("java/util/List", "of", "()Ljava/util/List;", 30),
        ("org/apache/http/HttpHost", "getPort", "()I", UNKNOWN),
    ],
)
def test_members_are_as_old_as_android_says(
    android_levels: ApiLevels, owner: str, name: str, descriptor: str, level: int
) -> None:
    assert android_levels.of_member(Reference(owner, name, descriptor)) == level


def test_classes_are_as_old_as_android_says(android_levels: ApiLevels) -> None:
    assert android_levels.of_class("android/app/Activity") == 23
    assert android_levels.of_class("android/graphics/ImageDecoder") == 28
    assert android_levels.of_class("android/app/None") == UNKNOWN


@pytest.mark.parametrize("size", [0, 60, 400])
def test_damaged_bytecode_is_refused(newer: Path, size: int) -> None:
    newer.write_bytes(newer.read_bytes()[:size])
    with pytest.raises(CheckError, match=r"some\.dex: is (no|damaged) bytecode of Android"):
        read_references(newer)
