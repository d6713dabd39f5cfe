"""The app against Android's newest classes: what it must not do with them is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.kotlin import compile_kotlin
from lowformer_edge.android_demo.tools.offline.project import Project
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError
from lowformer_edge.lab.android import STUBS_LEVEL


def test_gradle_compiles_against_the_same(project: Project) -> None:
    assert int(project.versions["compileSdk"]) == STUBS_LEVEL


def test_the_app_compiles(newest_android: Path, project: Project) -> None:
    for name, module in project.modules.items():
        compiled = [*(newest_android.parent / name).rglob("*.class")]
        assert bool(compiled) == module.android


WRONG = """
package a

import android.content.Intent

fun length(intent: Intent) = intent.action.length

abstract class Screen : android.app.Activity() {
    override fun onCreate(state: android.os.Bundle) = super.onCreate(state)
}

fun nothing(view: android.view.View) = view.getNothing()

fun time(image: android.media.Image): Int = image.timestamp

class Listener : android.hardware.display.DisplayManager.DisplayListener
"""
ERRORS = (
    "Source.kt:5:43: error: only safe (?.) or non-null asserted (!!.) calls are allowed",
    "Source.kt:8:5: error: 'onCreate' overrides nothing",
    "Source.kt:11:45: error: unresolved reference 'getNothing'",
    "Source.kt:13:45: error: return type mismatch: expected 'Int', actual 'Long'",
    "Source.kt:15:1: error: class 'Listener' is not abstract",
)

OUTDATED = """
package a

fun colour(resources: android.content.res.Resources) = resources.getColor(1)
"""

RIGHT = """
package a

import android.graphics.Bitmap
import android.hardware.camera2.CameraCharacteristics

fun text(view: android.view.View): android.widget.TextView = view.requireViewById(1)

val clicked = android.view.View.OnClickListener { }

fun degrees(lens: CameraCharacteristics): Int? = lens.get(CameraCharacteristics.SENSOR_ORIENTATION)

open class Screen : android.app.Activity() {
    override fun onCreate(state: android.os.Bundle?) = super.onCreate(state)
}

fun isDeep(picture: Bitmap): Boolean = picture.config == Bitmap.Config.RGBA_1010102
"""


def compile_text(toolchain: Toolchain, android: Path, folder: Path, text: str) -> Path:
    """Compiles one file against Android's newest classes."""
    source = folder / "Source.kt"
    source.write_text(text.lstrip())
    seen = [toolchain.pure_classes]
    return compile_kotlin(toolchain, "some", [source], seen, folder / "out", java_sources=android)


def test_what_is_wrong_with_the_newest_android_is_refused(
    toolchain: Toolchain, newest_android: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckError) as caught:
        compile_text(toolchain, newest_android, tmp_path, WRONG)
    said = str(caught.value)
    assert [error for error in ERRORS if error not in said] == [], said


def test_what_it_has_deprecated_is_refused(
    toolchain: Toolchain, newest_android: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckError, match=r"Source\.kt:3:66: warning: .*getColor.* is deprecated"):
        compile_text(toolchain, newest_android, tmp_path, OUTDATED)


def test_what_is_right_with_it_compiles(
    toolchain: Toolchain, newest_android: Path, tmp_path: Path
) -> None:
    folder = compile_text(toolchain, newest_android, tmp_path, RIGHT)
    assert (folder / "a" / "Screen.class").is_file()
