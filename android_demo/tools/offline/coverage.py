"""Which lines of the app its tests run on Java's virtual machine, as JaCoCo counts them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ....errors import LabError
from ....lab import android
from .compilation import APP, Compilation
from .fakes import MODULES
from .java import compile_java
from .project import TOOLS
from .toolchain import Toolchain, class_path

LEAST = {"core": 90, "lab": 90, "screen": 90, "runtime": 90, APP: 90}
"""Percent of a module's lines that the tests run at least."""

_MAIN = "Lines"


@dataclasses.dataclass(frozen=True)
class SourceLines:
    """How much of a source file ran.

    Attributes:
        name: With its package.
        ran: Numbers of the lines that did, in whole or in part.
        lines: Numbers of the lines with code.
    """

    name: str
    ran: frozenset[int]
    lines: frozenset[int]

    def __str__(self) -> str:
        missed = ", ".join(map(str, sorted(self.lines - self.ran)))
        return f"{len(self.ran)} of {len(self.lines)}{missed and f', not {missed}'}"


@dataclasses.dataclass(frozen=True)
class ModuleLines:
    """How much of a module ran.

    Attributes:
        files: Its source files with code.
    """

    files: tuple[SourceLines, ...]

    @property
    def ran(self) -> int:
        """Lines that did."""
        return sum(len(file.ran) for file in self.files)

    @property
    def lines(self) -> int:
        """Lines with code."""
        return sum(len(file.lines) for file in self.files)

    @property
    def percent(self) -> float:
        """The share that did."""
        return 100 * self.ran / self.lines

    def __str__(self) -> str:
        return f"{self.ran} of {self.lines}, {self.percent:.1f} %"


def counting(toolchain: Toolchain, into: Path) -> str:
    """Java's option that has lines counted; what is in the file already stays.

    Raises:
        LabError: The laboratory is of a time without the counter.
    """
    agent = toolchain.lab.folder / android.COVERAGE_AGENT
    if not agent.is_file():
        raise LabError(f"{agent}: is missing; run: lowformer-lab android --force")
    return f"-javaagent:{agent}=destfile={into},includes=org.lowformer.edge.*"


def read_coverage(
    made: Compilation, counts: Sequence[Path], folder: Path
) -> dict[str, ModuleLines]:
    """How much of each module ran.

    Args:
        made: The app.
        counts: What was counted, of one or several runs.
        folder: Takes what reads it.

    Raises:
        CheckError: The counts are damaged, or of other classes.
    """
    libraries = [made.toolchain.lab.folder / name for name in android.COVERAGE_CLASSES]
    reader = folder / "reader"
    programs = sorted((TOOLS / "coverage").glob("*.java"))
    compile_java(made.toolchain, "what reads the counts", programs, reader, seen=libraries)
    found = {}
    for name in MODULES:
        printed = made.toolchain.java(
            *("-cp", class_path(reader, *libraries), _MAIN),
            *counts,
            made.classes(name),
            what_for=f"reading what ran of {name}",
        )
        sources = made.project.modules[name].folder / "src" / "main" / "kotlin"
        rows = (_source_lines(line, sources) for line in printed.splitlines())
        found[name] = ModuleLines(tuple(row for row in rows if row.lines))
    return found


def _source_lines(printed: str, folder: Path) -> SourceLines:
    """A source file's lines; none of a file of Kotlin's own, whose code was inlined.

    So are lines with numbers beyond the file's end, which are counted where they are from.
    """
    name, ran, lines = printed.split("\t")
    file = folder / name
    end = len(file.read_text(encoding="utf-8").splitlines()) if file.is_file() else 0
    return SourceLines(name, _numbers(ran, end), _numbers(lines, end))


def _numbers(printed: str, end: int) -> frozenset[int]:
    return frozenset(
        number for number in map(int, filter(None, printed.split(","))) if number <= end
    )
