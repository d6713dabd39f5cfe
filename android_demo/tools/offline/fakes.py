"""The app's own screens, camera and threads on Java's virtual machine, over fakes of Android.

What is run are the very classes that go into the app. Beneath them is ``fakes``: Java classes by
the names of Android's and of the runtimes', as far as the app calls them, which a test steers. A
fake has no member that the real class has not; what tests steer by has names that Android has not.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .compilation import APP, Compilation
from .java import compile_java
from .junit import JUnitRun, run_junit
from .kotlin import compile_kotlin
from .project import TOOLS

MODULES = ("core", "lab", "screen", "runtime", APP)
"""The app's modules that take part: all."""

_NAME = "fakes"
_SOURCES = TOOLS / _NAME / "src"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there
"""Where the many small files of the tests are written fastest, if there is such a place."""


@dataclasses.dataclass(frozen=True)
class Fakes:
    """The app over fakes, ready to run.

    Attributes:
        made: The app.
        folder: Holds the fakes and the tests.
    """

    made: Compilation
    folder: Path

    @property
    def fakes(self) -> Path:
        """The classes that stand for Android's and the runtimes'."""
        return self.folder / "classes"

    @property
    def tests(self) -> Path:
        """The classes of the tests."""
        return self.folder / "tests"

    @property
    def classes(self) -> list[Path]:
        """The fakes, the app's classes, and Android's own where interfaces suffice."""
        return [
            self.fakes,
            *(self.made.classes(name) for name in MODULES),
            self.made.resource_numbers,
            *_libraries(self.made),
        ]

    def run_tests(self, *, java: Sequence[str] = ()) -> JUnitRun:
        """Runs the tests.

        Args:
            java: Options of Java.

        Raises:
            CheckError: JUnit failed.
        """
        resources = self.made.project.modules[APP].folder / "src" / "main" / "res"
        with tempfile.TemporaryDirectory(
            dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None
        ) as disk:
            return run_junit(
                self.made.toolchain,
                _NAME,
                self.tests,
                self.classes,
                self.folder / "reports",
                properties={
                    "lowformer.resources": str(resources),
                    "java.awt.headless": "true",
                    "java.io.tmpdir": disk,
                },
                java=java,
            )


def build_fakes(made: Compilation, folder: Path) -> Fakes:
    """Compiles the fakes, and the tests that run the app over them.

    Args:
        made: The app; all its modules are compiled.
        folder: Takes all.

    Raises:
        CheckError: There is an error, or anything else to remark upon.
    """
    fakes = Fakes(made, folder)
    sources = sorted((_SOURCES / "main").rglob("*.java"))
    compile_java(made.toolchain, "the fakes", sources, fakes.fakes, seen=_libraries(made))
    compile_kotlin(
        made.toolchain,
        f"{_NAME}-tests",
        [*sorted((_SOURCES / "test").rglob("*.kt")), *_shared_tests(made)],
        [*fakes.classes, *made.toolchain.junit_classes],
        fakes.tests,
        tested=made.classes(APP),
    )
    return fakes


def _shared_tests(made: Compilation) -> list[Path]:
    """What the tests take from those of ``lab``."""
    return [path for path in made.project.modules["lab"].tests if path.name == "NumpyZip.kt"]


def _libraries(made: Compilation) -> list[Path]:
    toolchain = made.toolchain
    return [
        made.executorch,
        made.stand_ins,
        toolchain.kotlin_library,
        toolchain.json_classes,
        toolchain.android_classes,
    ]
