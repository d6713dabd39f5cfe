"""What the compilers must refuse, they refuse."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.compilation import (
    Compilation,
    compile_module,
)
from lowformer_edge.android_demo.tools.offline.kotlin import compile_kotlin
from lowformer_edge.android_demo.tools.offline.project import Project
from lowformer_edge.android_demo.tools.offline.resources import link_resources
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError, ConfigError

DANGLING = '<string name="a">@string/b</string>'


def compile_text(toolchain: Toolchain, folder: Path, text: str) -> Path:
    """Compiles one file as a module of pure Kotlin."""
    source = folder / "Source.kt"
    source.write_text(text)
    return compile_kotlin(toolchain, "pure", [source], [toolchain.pure_classes], folder / "out")


def test_what_is_right_compiles(toolchain: Toolchain, tmp_path: Path) -> None:
    compile_text(toolchain, tmp_path, "package a\n\nval words = listOf(1, 2).map { it + 1 }\n")
    assert (tmp_path / "out" / "a" / "SourceKt.class").is_file()


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("fun f(): Int {\n    val unused = 1\n    return 2\n}\n", "warning: variable is unused"),
        ("fun f(x: Int): Int = x!!\n", "warning: unnecessary non-null assertion"),
        ("import android.app.Activity\n\nval a = Activity()\n", "unresolved reference 'android'"),
        ("val b = java.nio.file.Files.size(null)\n", "unresolved reference 'file'"),
    ],
    ids=["unused", "assertion", "android", "too-new"],
)
def test_what_is_remarked_upon_fails(
    toolchain: Toolchain, tmp_path: Path, text: str, remark: str
) -> None:
    with pytest.raises(CheckError, match="compiling pure failed: ") as caught:
        compile_text(toolchain, tmp_path, text)
    assert remark in str(caught.value)
    assert "Source.kt:" in str(caught.value)


def test_what_only_a_phone_can_test_compiles(android_app: Compilation) -> None:
    folder = android_app.folder / "phone-tests"
    compiled = {path.relative_to(folder).as_posix() for path in folder.rglob("*Test.class")}
    assert compiled == {"app/org/lowformer/edge/IncludedBundlesTest.class"}


def test_no_sources(toolchain: Toolchain, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="empty: has no Kotlin files to compile"):
        compile_kotlin(toolchain, "empty", [], [], tmp_path / "out")


def with_source(module: str, project: Project, folder: Path, text: str) -> Project:
    """The app with one module's sources in place of its own."""
    source = folder / module / "src" / "main" / "kotlin" / "Source.kt"
    source.parent.mkdir(parents=True)
    source.write_text(text)
    changed = dataclasses.replace(project.modules[module], folder=folder / module)
    return dataclasses.replace(project, modules=project.modules | {module: changed})


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("app", "import com.google.ai.edge.litert.CompiledModel\n\nval a = CompiledModel::class\n"),
        ("app", "import org.pytorch.executorch.Module\n\nval a = Module::class\n"),
        ("runtime", "import org.lowformer.edge.lab.Job\n\nval a = Job::class\n"),
        ("lab", "import android.app.Activity\n\nval a = Activity::class\n"),
    ],
    ids=["app-litert", "app-executorch", "runtime-lab", "lab-android"],
)
def test_a_module_sees_what_its_build_script_says_and_no_more(
    android_app: Compilation, project: Project, tmp_path: Path, module: str, text: str
) -> None:
    changed = dataclasses.replace(android_app, project=with_source(module, project, tmp_path, text))
    seen = changed.project.modules[module]
    with pytest.raises(CheckError, match="unresolved reference"):
        compile_kotlin(
            changed.toolchain, module, seen.sources, changed.seen(seen), tmp_path / "out"
        )


def test_a_library_that_is_not_here(android_app: Compilation, project: Project) -> None:
    module = dataclasses.replace(project.modules["app"], libraries=("junit.jupiter",))
    with pytest.raises(ConfigError, match=r"app: .*junit-jupiter:\S+, which cannot be had"):
        android_app.seen(module)


def test_an_error_says_where_it_is(toolchain: Toolchain, project: Project, tmp_path: Path) -> None:
    wrong = with_source("core", project, tmp_path, 'val a: Int = "text"\n')
    only_core = dataclasses.replace(wrong, modules={"core": wrong.modules["core"]})
    made = Compilation(toolchain, only_core, tmp_path / "out")
    with pytest.raises(CheckError, match=r"compiling core failed: .*Source\.kt:1:12: error"):
        compile_module(made, only_core.modules["core"])
    assert not made.classes("core").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("res/values/strings.xml", "</resources>", f"{DANGLING}</resources>", "string/b"),
        ("AndroidManifest.xml", "<application", "<uses-sdk /><application", "<uses-sdk>"),
        ("AndroidManifest.xml", "<manifest", '<manifest package="a.b"', "names a package"),
    ],
)
def test_wrong_resources(
    toolchain: Toolchain,
    project: Project,
    tmp_path: Path,
    file: str,
    old: str,
    new: str,
    reason: str,
) -> None:
    app = dataclasses.replace(project.modules["app"], folder=tmp_path / "app")
    main = app.folder / "src" / "main"
    shutil.copytree(project.modules["app"].folder / "src" / "main", main)
    text = (main / file).read_text()
    assert old in text
    (main / file).write_text(text.replace(old, new, 1))
    with pytest.raises(CheckError, match=reason):
        link_resources(toolchain, project, app, tmp_path / "out")
