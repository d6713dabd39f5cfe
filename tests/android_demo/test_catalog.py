"""One truth for versions: the catalog, Python's pins, the laboratory and the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lowformer_edge
from lowformer_edge.android_demo.tools.offline.project import Project
from lowformer_edge.lab import android
from lowformer_edge.lab.place import Lab

ROOT = Path(lowformer_edge.__file__).parent
README = (ROOT / "android_demo" / "README.md").read_text(encoding="utf-8")
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if "==" in line
)

STATED = {
    "Android Gradle plugin": "agp",
    "Kotlin": "kotlin",
    "`com.google.ai.edge.litert:litert`": "litert",
    "`com.google.ai.edge.litert:litert-gpu`": "litert",
    "`org.pytorch:executorch-android`": "executorch",
    "JUnit": "junit",
    "JUnit 4": "junit4",
    "`androidx.test:runner`": "androidx-test",
    "`minSdk`": "minSdk",
    "`targetSdk`": "targetSdk",
    "`compileSdk`": "compileSdk",
}
"""Rows of the README's table of versions."""

PAIRED = {"AGP": "agp", "Kotlin": "kotlin", "LiteRT": "litert", "compileSdk": "compileSdk"}
"""What its table of pairs calls them, besides Gradle."""


@pytest.mark.parametrize("row", [*STATED, "Gradle"])
def test_the_readme_states_the_versions(project: Project, row: str) -> None:
    found = re.findall(rf"^\| {re.escape(row)} \| ([\w.]+) \|", README, re.MULTILINE)
    expected = gradle_version(project) if row == "Gradle" else project.versions[STATED[row]]
    assert found == [expected]


def gradle_version(project: Project) -> str:
    properties = (project.folder / "gradle/wrapper/gradle-wrapper.properties").read_text()
    (version,) = re.findall(r"/gradle-([\d.]+)-bin\.zip", properties)
    return version


def test_each_pair_of_versions_has_a_source(project: Project) -> None:
    versions = {name: project.versions[key] for name, key in PAIRED.items()}
    versions["Gradle"] = gradle_version(project)
    rows = re.findall(r"^\| (\w+ [\d.]+), (\w+ [\d.]+) \| .+? \| (.+) \|$", README, re.MULTILINE)
    pairs = set()
    for first, second, source in rows:
        assert re.search(r"\]\(https://[^)]+\)", source), source
        names = []
        for name, version in (first.split(), second.split()):
            assert version == versions[name]
            names.append(name)
        pairs.add(frozenset(names))
    assert pairs == {
        frozenset(pair)
        for pair in (
            ("AGP", "Gradle"),
            ("AGP", "compileSdk"),
            ("AGP", "Kotlin"),
            ("Gradle", "Kotlin"),
            ("AGP", "LiteRT"),
        )
    }


def test_phones_run_what_python_verifies(project: Project) -> None:
    assert project.libraries["litert"].endswith(f":litert:{PINS['ai-edge-litert']}")
    assert project.libraries["litert.gpu"].endswith(f":litert-gpu:{PINS['ai-edge-litert']}")
    assert project.libraries["executorch"].endswith(f":{PINS['executorch']}")


def test_the_laboratory_compiles_as_gradle_does(project: Project) -> None:
    assert project.versions["kotlin"] == android.KOTLIN.version


def test_the_laboratory_tests_as_gradle_does(project: Project, android_lab: Lab) -> None:
    assert android_lab.versions["junit5:all"].startswith(f"{project.versions['junit']}-")


def test_the_readme_names_what_the_laboratory_fetches() -> None:
    for package in (
        android.KOTLIN,
        android.EXECUTORCH,
        android.REACT_NATIVE,
        android.ANDROID_TYPES,
        android.ANDROID_STUBS,
    ):
        assert f"`{package.name}` {package.version}" in " ".join(README.split())


def test_the_version_is_the_packages(project: Project) -> None:
    assert project.modules["app"].setting("versionName") == lowformer_edge.__version__


def test_every_version_is_used_and_pinned(project: Project) -> None:
    catalog = (project.folder / "gradle" / "libs.versions.toml").read_text(encoding="utf-8")
    scripts = "".join(module.script for module in project.modules.values())
    for name, version in project.versions.items():
        assert re.fullmatch(r"\d[\w.]*", version), name
        assert f'version.ref = "{name}"' in catalog or f"libs.versions.{name}." in scripts
