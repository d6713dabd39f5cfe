"""JUnit on the JVM, and what it reports."""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ....errors import CheckError
from .toolchain import Toolchain, class_path

_CONSOLE = "org.junit.platform.console.ConsoleLauncher"
_FOREIGN = re.compile(r"\s+at (?!org\.lowformer\.)")
_FAILED = 1
"""The launcher's exit code where tests failed."""


@dataclasses.dataclass(frozen=True)
class JUnitRun:
    """How tests went.

    Attributes:
        passed: Names of tests, with their class.
        failed: Why each failed, by its name.
        skipped: Why each did not run, by its name.
    """

    passed: tuple[str, ...]
    failed: dict[str, str]
    skipped: dict[str, str]


def run_junit(
    toolchain: Toolchain,
    name: str,
    tests: Path,
    seen: Sequence[Path],
    reports: Path,
    *,
    properties: dict[str, str] | None = None,
    java: Sequence[str] = (),
) -> JUnitRun:
    """Runs the tests in a folder of classes.

    Args:
        toolchain: JUnit's.
        name: What is tested, for the message if JUnit itself fails.
        tests: The folder of their classes.
        seen: Where the classes and resources are that they use, besides Kotlin's and JUnit's.
        reports: A folder for JUnit's reports; what was in it is gone.
        properties: Java's system properties that they read.
        java: Options of Java.

    Raises:
        CheckError: JUnit failed, or found no test.
    """
    shutil.rmtree(reports, ignore_errors=True)
    defined = [f"-D{key}={value}" for key, value in (properties or {}).items()]
    toolchain.run(
        toolchain.java_program("java"),
        *("-Xmx1g", "-XX:TieredStopAtLevel=1", *java, *defined),
        "-cp",
        class_path(*toolchain.junit_classes, toolchain.kotlin_library, *seen, tests),
        *(_CONSOLE, "--scan-classpath", str(tests), "--reports-dir", str(reports)),
        *("--disable-banner", "--disable-ansi-colors", "--details=none"),
        what_for=f"running the tests of {name}",
        accepted=(0, _FAILED),
    )
    return read_reports(name, reports)


def read_reports(name: str, folder: Path) -> JUnitRun:
    """Reads JUnit's XML reports.

    Raises:
        CheckError: They have no test.
    """
    passed: list[str] = []
    failed: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for path in sorted(folder.glob("TEST-*.xml")):
        for case in ElementTree.parse(path).iter("testcase"):  # noqa: S314 - JUnit's own
            test = f"{case.get('classname')}.{case.get('name')}"
            failure = case.find("failure")
            if failure is None:
                failure = case.find("error")
            skip = case.find("skipped")
            if failure is not None:
                failed[test] = _reason(failure.text or failure.get("message") or "")
            elif skip is not None:
                skipped[test] = _reason(skip.text or "")
            else:
                passed.append(test)
    if not passed and not failed:
        raise CheckError(f"{name}: JUnit found no test")
    return JUnitRun(tuple(passed), failed, skipped)


def _reason(text: str) -> str:
    """A failure without the places in JUnit and Java that it came through."""
    lines = text.strip().splitlines()
    return "\n".join(line for line in lines if not _FOREIGN.match(line)).strip()
