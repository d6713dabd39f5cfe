"""The programs, classes and libraries of the Android laboratory."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ....errors import CheckError, LabError
from ....lab import android
from ....lab.place import Lab, open_lab
from ....process.tool import run_tool

PATIENCE_S = 300.0
"""For how long a tool may run."""

_LONGEST_REASON = 4000
_JUNIT = (
    "junit-jupiter-api",
    "junit-jupiter-params",
    "junit-jupiter-engine",
    "junit-platform-commons",
    "junit-platform-engine",
    "junit-platform-launcher",
    "junit-platform-console",
    "junit-platform-reporting",
    "opentest4j",
    "apiguardian-api",
    "picocli",
    "univocity-parsers",
)


@dataclasses.dataclass(frozen=True)
class Toolchain:
    """What the app is built with.

    Attributes:
        lab: The laboratory that holds it.
    """

    lab: Lab

    @property
    def kotlin_library(self) -> Path:
        """Kotlin's standard library."""
        return self.lab.folder / android.COMPILER / "kotlin-stdlib.jar"

    @property
    def android_classes(self) -> Path:
        """Android's classes, of an old version."""
        return self.lab.folder / android.ANDROID_JAR

    @property
    def android_stubs(self) -> Path:
        """Python's stubs of Android's classes, of the newest version."""
        return self.lab.folder / android.STUBS

    @property
    def android_history(self) -> Path:
        """TypeScript's declarations of Android's classes, of all versions."""
        return self.lab.folder / android.HISTORY

    @property
    def pure_classes(self) -> Path:
        """Java's classes as Android has them, and org.json."""
        return self.lab.folder / android.JAVA_API

    @property
    def android_resources(self) -> Path:
        """Android's own resources."""
        return self.lab.folder / android.FRAMEWORK

    @property
    def executorch_classes(self) -> Path:
        """ExecuTorch's Java classes, for Java 11."""
        return self.lab.folder / android.EXECUTORCH_JAR

    @property
    def json_classes(self) -> Path:
        """Android's org.json, for the JVM."""
        return self.jar("com.android.json")

    @property
    def junit4_classes(self) -> Path:
        """The JUnit of tests that a phone runs."""
        return self.jar("junit4")

    @property
    def junit_classes(self) -> list[Path]:
        """JUnit with all that it needs."""
        return [self.jar(name) for name in _JUNIT]

    def jar(self, name: str) -> Path:
        """One of Debian's Java libraries."""
        return self.lab.folder / android.JARS / f"{name}.jar"

    def native_libraries(self, abi: str) -> list[Path]:
        """The libraries for a kind of processors, one of :data:`android.ABIS`."""
        return sorted((self.lab.folder / android.NATIVE / abi).glob("*.so"))

    def java(self, *arguments: str | Path, what_for: str, megabytes: int = 1200) -> str:
        """What a Java program printed; see :meth:`run`."""
        # The programs run for seconds, for which the better compiler only costs time.
        options = (f"-Xmx{megabytes}m", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8")
        return self.run(self.java_program("java"), *options, *arguments, what_for=what_for)

    def java_program(self, name: str) -> Path:
        """A program of the JDK."""
        return self.lab.folder / android.JAVA_HOME / "bin" / name

    def android_program(self, name: str) -> Path:
        """A program of Android's."""
        return self.lab.folder / android.TOOLS / "usr" / "bin" / name

    def python_program(self, module: str, *arguments: str | Path, what_for: str) -> str:
        """What a program in Python printed; see :meth:`run`."""
        return self.run(sys.executable, "-m", module, *arguments, what_for=what_for)

    def run(self, *command: str | Path, what_for: str, accepted: Sequence[int] = (0,)) -> str:
        """What a program of the laboratory printed.

        Args:
            command: The program and its arguments.
            what_for: What it does, for the message if it fails.
            accepted: Exit codes that are no failure.

        Raises:
            CheckError: It failed; the message has what it said of it.
            LabError: It is not there, or ran for too long.
        """
        program = Path(command[0])
        if program.is_absolute() and not program.exists():
            raise LabError(f"{program}: is missing; run: lowformer-lab android --force")
        return run_tool(
            command,
            what_for,
            environment=self.environment(),
            accepted=accepted,
            patience=PATIENCE_S,
            failure=CheckError,
            reason_of=_all_that_it_said,
        )

    def environment(self) -> Mapping[str, str]:
        """The variables that programs of the laboratory run with."""
        return os.environ | android.tool_environment(self.lab)


def _all_that_it_said(printed: str, complained: str) -> str:
    """The end of what a compiler said, whose last line alone tells little."""
    said = re.sub(r"\n{2,}", "\n", (complained + printed).strip())
    return said[-_LONGEST_REASON:] or "it says nothing"


def open_toolchain() -> Toolchain:
    """The laboratory's, as it was built.

    Raises:
        LabError: It was not.
    """
    return Toolchain(open_lab(android.NAME))


def class_path(*parts: Path) -> str:
    """Several places of classes as one argument."""
    return os.pathsep.join(str(part) for part in parts)
