"""Compiling all modules of the app, each against what its build script lets it see."""

from __future__ import annotations

import dataclasses
import functools
import shutil
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

from ....errors import ConfigError
from .class_file import lower_jar
from .java import compile_java
from .junit import JUnitRun, run_junit
from .kotlin import compile_kotlin
from .project import ROOT, TOOLS, Module, Project
from .resources import link_resources
from .tasks import Task, run_tasks
from .toolchain import Toolchain

APP = "app"

_NOT_WANTED = ("org/pytorch/executorch/extension/asr/",)
"""Of ExecuTorch, what the app has no use for. Language models and training are none the less wanted
by ExecuTorch's library, which gives their methods their bodies when it is loaded."""

_LITERT = "com/google/ai/edge/litert/"
_NEWER_ANDROID = "android/"
_ANDROIDX = "androidx/"
_DECODING = ROOT.parent / "tests" / "data" / "decoding"
"""Cases of decoding that every language is held to."""

_AT_RUN_TIME = {"json"}
"""Libraries that the classes seen by every module have already."""


@dataclasses.dataclass(frozen=True)
class Compilation:
    """The app's classes.

    Attributes:
        toolchain: What they were compiled with.
        project: What was compiled.
        folder: Holds all that was made.
    """

    toolchain: Toolchain
    project: Project
    folder: Path

    @property
    def executorch(self) -> Path:
        """ExecuTorch's classes, for Java 8."""
        return self.folder / "executorch.jar"

    @property
    def stand_ins(self) -> Path:
        """The classes that stand for libraries ExecuTorch's need."""
        return self.folder / "stand-ins"

    @property
    def litert(self) -> Path:
        """What stands for LiteRT's classes; never part of the app."""
        return self.folder / "litert-stub.jar"

    @property
    def newer_android(self) -> Path:
        """What stands for newer classes of Android; never part of the app."""
        return self.folder / "android-stub.jar"

    @property
    def androidx(self) -> Path:
        """What stands for AndroidX's classes for tests on phones; never part of the app."""
        return self.folder / "androidx-stub.jar"

    @property
    def resources(self) -> Path:
        """The app's resources and manifest, as an APK without code."""
        return self.folder / "resources" / "resources.apk"

    @property
    def resource_numbers(self) -> Path:
        """The classes with the resources' numbers."""
        return self.folder / "classes" / "resources"

    def classes(self, module: str) -> Path:
        """The classes of a module."""
        return self.folder / "classes" / module

    def tests(self, module: str) -> Path:
        """The classes of a module's tests."""
        return self.folder / "tests" / module

    def seen(self, module: Module) -> list[Path]:
        """What a module is compiled against."""
        base = [self.toolchain.pure_classes]
        if module.android:
            base = [self.newer_android, self.toolchain.android_classes]
        known = {"executorch": [self.executorch, self.stand_ins], "litert": [self.litert]}
        libraries: list[Path] = []
        for name in module.libraries:
            if name not in known and name not in _AT_RUN_TIME:
                raise ConfigError(
                    f"{module.name}: is compiled against {self.project.libraries[name]}, which"
                    " cannot be had without Gradle"
                )
            libraries += known.get(name, [])
        if module.name == APP:
            libraries.append(self.resource_numbers)
        return [*base, *(self.classes(name) for name in module.modules), *libraries]

    def run_tests(
        self,
        module: str,
        classes: list[Path] | None = None,
        properties: dict[str, str] | None = None,
        java: Sequence[str] = (),
    ) -> JUnitRun:
        """Runs the tests of a module on the JVM.

        Args:
            module: A pure one.
            classes: In place of its own and those that it is compiled against.
            properties: Java's system properties that they read, besides where cases are.
            java: Options of Java.

        Raises:
            CheckError: JUnit failed, or found no test.
        """
        tested = self.project.modules[module]
        own = [self.classes(module), *(self.classes(name) for name in tested.modules)]
        return run_junit(
            self.toolchain,
            module,
            self.tests(module),
            [
                *(own if classes is None else classes),
                self.toolchain.json_classes,
                tested.folder / "src" / "test" / "resources",
            ],
            self.folder / "reports" / (module if classes is None else f"{module}-translated"),
            properties={"lowformer.decoding": str(_DECODING), **(properties or {})},
            java=java,
        )


def compile_app(toolchain: Toolchain, project: Project, folder: Path) -> Compilation:
    """Compiles all modules, their tests and the app's resources.

    Args:
        toolchain: What to compile with.
        project: What to compile.
        folder: Takes all that is made; what of it was there is made again.

    Raises:
        CheckError: There is an error, or anything else to remark upon.
    """
    made = Compilation(toolchain, project, folder)
    folder.mkdir(parents=True, exist_ok=True)
    tasks: dict[str, tuple[Collection[str], Task]] = {
        "stubs": ((), functools.partial(_compile_stubs, made)),
        "libraries": ((), functools.partial(_lower_libraries, made)),
        "resources": ((), functools.partial(_compile_resources, made)),
    }
    for module in project.modules.values():
        waits = {*module.modules, *(("stubs", "libraries") if module.android else ())}
        if module.name == APP:
            waits.add("resources")
        tasks[module.name] = (waits, functools.partial(compile_module, made, module))
        if module.tests:
            tasks[f"tests of {module.name}"] = (
                (module.name,),
                functools.partial(_compile_tests, made, module),
            )
        if module.phone_tests:
            tasks[f"phone tests of {module.name}"] = (
                (module.name,),
                functools.partial(_compile_phone_tests, made, module),
            )
    run_tasks(tasks)
    return made


def compile_module(made: Compilation, module: Module) -> None:
    """Compiles one module after those that it needs.

    Raises:
        CheckError: There is an error, or anything else to remark upon.
    """
    compile_kotlin(
        made.toolchain, module.name, module.sources, made.seen(module), made.classes(module.name)
    )


def _compile_tests(made: Compilation, module: Module) -> None:
    compile_kotlin(
        made.toolchain,
        f"{module.name}-tests",
        module.tests,
        [
            made.classes(module.name),
            *(made.classes(name) for name in module.modules),
            made.toolchain.json_classes,
            *made.toolchain.junit_classes,
        ],
        made.tests(module.name),
        tested=made.classes(module.name),
    )


def _compile_phone_tests(made: Compilation, module: Module) -> None:
    """Compiles what only a phone can run, so that it is at least right."""
    compile_kotlin(
        made.toolchain,
        f"{module.name}-phone-tests",
        module.phone_tests,
        [
            made.classes(module.name),
            *made.seen(module),
            made.androidx,
            made.toolchain.junit4_classes,
        ],
        made.folder / "phone-tests" / module.name,
        tested=made.classes(module.name),
    )


def _compile_stubs(made: Compilation) -> None:
    """Compiles what stands for LiteRT, newer Android and AndroidX, and keeps them apart."""
    sources = sorted((TOOLS / "stubs").rglob("*.kt"))
    android = [made.toolchain.android_classes]
    classes = made.classes("stubs")
    compile_kotlin(made.toolchain, "stubs", sources, android, classes)
    for target, prefix in (
        (made.litert, _LITERT),
        (made.newer_android, _NEWER_ANDROID),
        (made.androidx, _ANDROIDX),
    ):
        with zipfile.ZipFile(target, "w") as archive:
            for path in sorted(classes.rglob("*.class")):
                name = path.relative_to(classes).as_posix()
                if name.startswith(prefix):
                    archive.write(path, name)


def _lower_libraries(made: Compilation) -> None:
    lower_jar(made.toolchain.executorch_classes, made.executorch, _NOT_WANTED)
    sources = sorted((TOOLS / "hotspot").rglob("com/facebook/**/*.java"))
    compile_java(made.toolchain, "the stand-ins", sources, made.stand_ins)


def _compile_resources(made: Compilation) -> None:
    app = made.project.modules[APP]
    _, sources = link_resources(made.toolchain, made.project, app, made.resources.parent)
    compile_java(made.toolchain, "the resources' numbers", sources, made.resource_numbers)
    shutil.rmtree(made.resources.parent / "java")
