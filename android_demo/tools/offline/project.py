"""What Gradle's files say of the app: modules, what each is compiled against, versions."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

from ....errors import ConfigError

ROOT = Path(__file__).parents[2]
"""The folder of the app's sources."""

TOOLS = Path(__file__).parents[1]
"""What is no part of the app: stubs of what cannot be had, and what runs it without Android."""

CATALOG = Path("gradle") / "libs.versions.toml"

_INCLUDE = re.compile(r"^include\((?P<names>[^)]*)\)$", re.MULTILINE)
_PLUGIN = re.compile(r"^\s*alias\(libs\.plugins\.(?P<name>[\w.]+)\)$", re.MULTILINE)
_DEPENDENCY = re.compile(
    r'^\s*(?P<use>[a-zA-Z]+)\((?:project\(":(?P<module>\w+)"\)|libs\.(?P<library>[\w.]+))\)$',
    re.MULTILINE,
)
_SETTING = r'^\s*{}\s*=\s*"?(?P<value>[^"\s]+)"?$'

_COMPILED = ("implementation", "api", "compileOnly")
_TESTED = ("testImplementation", "testRuntimeOnly")


@dataclasses.dataclass(frozen=True)
class Module:
    """A module of the app.

    Attributes:
        name: Also of its folder.
        folder: Holds its build script, and its sources under ``src``.
        android: Whether it may use Android; else it is pure Kotlin.
        modules: Those that it is compiled against.
        libraries: Of the catalog, those that it is compiled against, ``junit.jupiter``.
        test_libraries: Those that its tests use besides.
        script: What its build script says.
    """

    name: str
    folder: Path
    android: bool
    modules: tuple[str, ...]
    libraries: tuple[str, ...]
    test_libraries: tuple[str, ...]
    script: str

    @property
    def sources(self) -> list[Path]:
        """Its Kotlin files."""
        return sorted((self.folder / "src" / "main" / "kotlin").rglob("*.kt"))

    @property
    def tests(self) -> list[Path]:
        """The Kotlin files of its tests."""
        return sorted((self.folder / "src" / "test" / "kotlin").rglob("*.kt"))

    @property
    def phone_tests(self) -> list[Path]:
        """The Kotlin files of its tests that a phone runs."""
        return sorted((self.folder / "src" / "androidTest" / "kotlin").rglob("*.kt"))

    def setting(self, name: str) -> str:
        """A value that its build script assigns.

        Raises:
            ConfigError: It assigns none.
        """
        match = re.search(_SETTING.format(re.escape(name)), self.script, re.MULTILINE)
        if match is None:
            raise ConfigError(f"{self.folder / 'build.gradle.kts'}: says no {name}")
        return match["value"]


@dataclasses.dataclass(frozen=True)
class Project:
    """The app as Gradle's files describe it.

    Attributes:
        folder: Where it is.
        modules: By name, each after those that it is compiled against.
        versions: Of the catalog, by name.
        libraries: Of the catalog: group, artifact and version, by name with dots.
    """

    folder: Path
    modules: dict[str, Module]
    versions: dict[str, str]
    libraries: dict[str, str]


def read_project(folder: Path = ROOT) -> Project:
    """Reads the settings, the version catalog and all modules' build scripts.

    Raises:
        ConfigError: They are incomplete, or name what is not there.
    """
    catalog = _read_catalog(folder / CATALOG)
    versions: dict[str, str] = catalog["versions"]
    libraries = {
        name.replace("-", "."): f"{entry['module']}:{versions[entry['version']['ref']]}"
        for name, entry in catalog["libraries"].items()
    }
    match = _INCLUDE.search(_text(folder / "settings.gradle.kts"))
    if match is None:
        raise ConfigError(f"{folder / 'settings.gradle.kts'}: includes no modules")
    modules: dict[str, Module] = {}
    for name in re.findall(r'":(\w+)"', match["names"]):
        module = _read_module(name, folder / name)
        unknown = {*module.modules} - {*modules} or (
            {*module.libraries, *module.test_libraries} - {*libraries}
        )
        if unknown:
            raise ConfigError(
                f"{folder / name / 'build.gradle.kts'}: {', '.join(sorted(unknown))} is no module"
                " that settings.gradle.kts names before it, and no library of the catalog"
            )
        modules[name] = module
    return Project(folder, modules, versions, libraries)


def _read_catalog(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is no version catalog ({error})") from error


def _read_module(name: str, folder: Path) -> Module:
    script = _text(folder / "build.gradle.kts")
    plugins = _PLUGIN.findall(script)
    found = [match.groupdict() for match in _DEPENDENCY.finditer(script)]
    compiled = [item for item in found if item["use"] in _COMPILED]
    return Module(
        name=name,
        folder=folder,
        android=any(plugin.startswith("android.") for plugin in plugins),
        modules=tuple(item["module"] for item in compiled if item["module"]),
        libraries=tuple(item["library"] for item in compiled if item["library"]),
        test_libraries=tuple(
            item["library"] for item in found if item["use"] in _TESTED and item["library"]
        ),
        script=script,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: is missing") from error
