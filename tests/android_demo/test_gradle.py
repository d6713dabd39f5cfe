"""Gradle's files, as far as they can be held without Gradle."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lowformer_edge.android_demo.tools.offline.demo_bundle import DEMO
from lowformer_edge.android_demo.tools.offline.project import CATALOG, Project, read_project
from lowformer_edge.errors import ConfigError
from lowformer_edge.lab.android import ABIS

ANDROID = "{http://schemas.android.com/apk/res/android}"
NODE = "{http://schemas.android.com/tools}node"

WRAPPER = "55243ef57851f12b070ad14f7f5bb8302daceeebc5bce5ece5fa6edb23e1145c"
"""SHA-256 of the wrapper of Gradle 9.4.1, as Gradle publishes it."""

DOMAINS = (
    *("root", "file", "database", "sharedpref", "external"),
    *("device_root", "device_file", "device_database", "device_sharedpref"),
)
"""Where an app's data are, as rules for backups call it."""

MODULES = {
    "core": (),
    "lab": ("core",),
    "screen": ("core",),
    "runtime": ("core",),
    "app": ("core", "lab", "screen", "runtime"),
}


def test_modules_depend_one_way(project: Project) -> None:
    assert {name: module.modules for name, module in project.modules.items()} == MODULES
    assert {name for name, module in project.modules.items() if module.android} == {
        "runtime",
        "app",
    }


def test_only_one_module_knows_the_runtimes(project: Project) -> None:
    known = {
        name
        for name, module in project.modules.items()
        if re.search(r"libs\.(litert|executorch)", module.script)
    }
    assert known == {"runtime"}
    assert "runtimeOnly(libs.litert.gpu)" in project.modules["runtime"].script


def test_sources_lie_where_gradle_looks(project: Project) -> None:
    for name, module in project.modules.items():
        assert module.sources, name
        found = {*(module.folder / "src").rglob("*.kt")}
        ours = (*module.sources, *module.tests, *module.phone_tests)
        assert found == {*ours}, name
        for path in ours:
            package = re.search(r"^package ([\w.]+)$", path.read_text(encoding="utf-8"), re.M)
            assert package, path
            assert path.parent.as_posix().endswith(package[1].replace(".", "/")), path


def test_what_is_not_gradles_lies_in_one_folder(project: Project) -> None:
    """So that the folder is a plain project of Gradle's to Android Studio."""
    known = {*project.modules, "gradle", "tools"}
    built = {"build", "__pycache__"}
    folders = {path.name for path in project.folder.iterdir() if path.is_dir()}
    assert {name for name in folders if name[0] != "."} - built == known
    python = {path.relative_to(project.folder).parts[0] for path in project.folder.rglob("*.py")}
    assert python == {"tools"}


def test_the_app_asks_for_the_camera_alone(project: Project) -> None:
    """A library's manifest becomes part of the app's where Gradle builds it."""
    asked: dict[str, list[str | None]] = {}
    for name, module in project.modules.items():
        for path in sorted((module.folder / "src").rglob("AndroidManifest.xml")):
            assert path == module.folder / "src" / "main" / "AndroidManifest.xml"
            asked[name] = [
                node.get(f"{ANDROID}name")
                for node in ElementTree.parse(path).iter()
                if node.tag.startswith("uses-permission") and node.get(NODE) != "remove"
            ]
    assert asked.pop("app") == ["android.permission.CAMERA"]
    assert not any(asked.values())


def test_what_litert_asks_for_besides_is_taken_out(project: Project) -> None:
    """By the manifest of litert-api as its sources have it from 2.1.6 on, and of what it brings."""
    manifest = project.modules["app"].folder / "src" / "main" / "AndroidManifest.xml"
    removed = {
        (node.tag, node.get(f"{ANDROID}name"))
        for node in ElementTree.parse(manifest).iter()
        if node.get(NODE) == "remove"
    }
    assert removed == {
        ("uses-permission", "android.permission.FOREGROUND_SERVICE"),
        ("uses-permission", "android.permission.FOREGROUND_SERVICE_DATA_SYNC"),
        ("uses-feature", "android.hardware.npu"),
    }
    script = (project.folder / "build.gradle.kts").read_text(encoding="utf-8")
    excluded = re.findall(r'exclude\(group = "([\w.]+)"\)', script)
    rules = (project.modules["runtime"].folder / "consumer-rules.pro").read_text(encoding="utf-8")
    assert excluded == ["com.google.android.play", "com.google.android.gms"]
    assert re.findall(r"^-dontwarn ([\w.]+)\.\*\*$", rules, re.MULTILINE) == excluded


def test_settings_of_android_modules_agree(project: Project) -> None:
    for name in ("runtime", "app"):
        script = project.modules[name].script
        assert "compileSdk = libs.versions.compileSdk.get().toInt()" in script
        assert "minSdk = libs.versions.minSdk.get().toInt()" in script
        assert script.count("JavaVersion.VERSION_17") == 2
    app = project.modules["app"].script
    assert re.findall(r"abiFilters \+= listOf\((.*)\)", app) == [", ".join(map(json.dumps, ABIS))]
    (exported,) = re.findall(r"lowformer-export (--to .*?)\" \+\s+\" (.*?) --output", app)
    assert " ".join(exported) == " ".join(DEMO)


def test_warnings_are_errors_where_that_is_asked_for(project: Project) -> None:
    script = (project.folder / "build.gradle.kts").read_text(encoding="utf-8")
    assert 'val isStrict = providers.gradleProperty("strict").isPresent' in script
    for line in ("allWarningsAsErrors", "extraWarnings"):
        assert f"{line} = isStrict" in script
    assert "progressiveMode = true" in script


def test_what_lint_finds_is_an_error(project: Project) -> None:
    """In all modules, since the app's lint follows what it depends on."""
    (block,) = re.findall(
        r"^    lint \{\n(.*?)^    \}$", project.modules["app"].script, re.M | re.S
    )
    for line in ("abortOnError = true", "checkDependencies = true"):
        assert f"        {line}\n" in block
    assert 'warningsAsErrors = providers.gradleProperty("strict").isPresent' in block
    disabled = re.findall(r'"(\w+)"', block.partition("disable +=")[2])
    assert disabled == ["AndroidGradlePluginVersion", "GradleDependency", "NewerVersionAvailable"]
    assert not re.search(r"^\s*baseline", block, re.M)
    assert not [*project.folder.rglob("lint-baseline.xml")]


def test_what_a_phone_tests_is_the_app(project: Project) -> None:
    """By AndroidX's runner, which finds JUnit 4's tests."""
    assert [name for name, module in project.modules.items() if module.phone_tests] == ["app"]
    script = project.modules["app"].script
    assert 'testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"' in script
    for library in ("androidx.test.runner", "junit4"):
        assert f"    androidTestImplementation(libs.{library})\n" in script
        assert library in project.libraries
    for path in project.modules["app"].phone_tests:
        assert "    @Test\n" in path.read_text(encoding="utf-8"), path


def test_hashes_of_what_gradle_fetches_are_not_made_up(project: Project) -> None:
    """They can be written where Gradle can fetch, and the page says how."""
    assert not (project.folder / "gradle" / "verification-metadata.xml").exists()
    told = (project.folder / "README.md").read_text(encoding="utf-8")
    assert "--write-verification-metadata sha256 assembleDebug" in told


def test_nothing_is_backed_up(project: Project) -> None:
    """Neither to a cloud nor, from Android 12 on, to another device."""
    main = project.modules["app"].folder / "src" / "main"
    application = ElementTree.parse(main / "AndroidManifest.xml").getroot().find("application")
    assert application is not None
    assert application.get(f"{ANDROID}allowBackup") == "false"
    assert application.get(f"{ANDROID}fullBackupContent") == "false"
    assert application.get(f"{ANDROID}dataExtractionRules") == "@xml/data_extraction_rules"
    rules = ElementTree.parse(main / "res" / "xml" / "data_extraction_rules.xml").getroot()
    assert [section.tag for section in rules] == ["cloud-backup", "device-transfer"]
    for section in rules:
        left_out = {(rule.tag, rule.get("domain"), rule.get("path")) for rule in section}
        assert left_out == {("exclude", domain, ".") for domain in DOMAINS}


def test_licences_are_told_of_all_libraries_in_the_app(project: Project) -> None:
    notices = (project.modules["app"].folder / "src/main/assets/notices.txt").read_text()
    words = " ".join(notices.split())
    packed = {
        library
        for module in project.modules.values()
        for library in re.findall(
            r"^    (?:implementation|runtimeOnly)\(libs\.([\w.]+)\)$", module.script, re.M
        )
    }
    assert packed == {"executorch", "litert", "litert.gpu"}
    for library in packed:
        _, artifact, _ = project.libraries[library].split(":")
        assert re.search(rf"[ :]{re.escape(artifact)}\b", words), artifact
    for text in ("kotlin-stdlib", "Apache License Version 2.0, January 2004", "Meta Platforms"):
        assert text in words


def test_pure_modules_see_the_java_that_they_are_for(project: Project) -> None:
    """Whichever newer JDK compiles them."""
    for module in project.modules.values():
        assert ('freeCompilerArgs.add("-Xjdk-release=17")' in module.script) != module.android


def test_the_apps_languages_are_offered_in_androids_settings(project: Project) -> None:
    app = project.modules["app"]
    assert "generateLocaleConfig = true" in app.script
    properties = app.folder / "src" / "main" / "res" / "resources.properties"
    assert properties.read_text(encoding="utf-8") == "unqualifiedResLocale=en\n"


def test_what_native_code_looks_up_is_kept(project: Project) -> None:
    rules = (project.modules["runtime"].folder / "consumer-rules.pro").read_text(encoding="utf-8")
    for package in ("org.pytorch.executorch", "com.facebook.jni", "com.google.ai.edge.litert"):
        assert f"-keep class {package}.** {{ *; }}" in rules


def test_the_wrapper_is_gradles(project: Project) -> None:
    wrapper = project.folder / "gradle" / "wrapper"
    digest = hashlib.sha256((wrapper / "gradle-wrapper.jar").read_bytes()).hexdigest()
    assert digest == WRAPPER
    properties = (wrapper / "gradle-wrapper.properties").read_text()
    assert re.search(r"^distributionSha256Sum=[0-9a-f]{64}$", properties, re.MULTILINE)
    assert os.access(project.folder / "gradlew", os.X_OK)
    assert b"\r\n" in (project.folder / "gradlew.bat").read_bytes()


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Path:
    """The build files alone, to be damaged."""
    names = ["settings.gradle.kts", str(CATALOG)]
    for name in (*names, *(f"{module}/build.gradle.kts" for module in project.modules)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project.folder / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("settings.gradle.kts", "include(", "// (", "includes no modules"),
        ("settings.gradle.kts", '":core", ', "", "lab/build.gradle.kts: core is no module"),
        ("settings.gradle.kts", '":core"', '":other"', "other/build.gradle.kts: is missing"),
        (
            "runtime/build.gradle.kts",
            "libs.litert)",
            "libs.other)",
            "other is no module",
        ),
        (str(CATALOG), "[versions]", "[versions", "is no version catalog"),
    ],
)
def test_wrong_build_files(copy: Path, file: str, old: str, new: str, message: str) -> None:
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message) as caught:
        read_project(copy)
    assert "\n" not in str(caught.value)


def test_an_untouched_copy_is_read(copy: Path, project: Project) -> None:
    assert [*read_project(copy).modules] == [*project.modules]
    with pytest.raises(ConfigError, match="says no applicationId"):
        project.modules["core"].setting("applicationId")
