"""The app's own tests: on the classes as compiled, and on them as Android's bytecode."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.compilation import Compilation
from lowformer_edge.android_demo.tools.offline.junit import JUnitRun, read_reports, run_junit
from lowformer_edge.android_demo.tools.offline.kotlin import compile_kotlin
from lowformer_edge.android_demo.tools.offline.packaging import TRANSLATED
from lowformer_edge.android_demo.tools.offline.project import Project
from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError

PURE = ("core", "lab", "screen")

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="JUnit Jupiter" tests="3" skipped="1" failures="1" errors="0">
  <testcase name="right()" classname="a.BTest" time="0.01"/>
  <testcase name="wrong()" classname="a.BTest" time="0.01">
    <failure message="expected" type="x"><![CDATA[x: expected: 1 but was: 2
\tat org.junit.jupiter.api.Assertions.fail(Assertions.java:1)
\tat org.lowformer.edge.core.BTest.wrong(BTest.kt:7)
\tat java.base/java.lang.Thread.run(Thread.java:1)
]]></failure>
  </testcase>
  <testcase name="later()" classname="a.BTest" time="0"><skipped>not yet</skipped></testcase>
</testsuite>
"""

TESTS = """
package a

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class SumTest {
    @Test
    fun `one and one`() = assertEquals(2, 1 + 1)

    @Test
    fun `one and two`() = assertEquals(4, 1 + 2)
}
"""


def assert_all_passed(run: JUnitRun) -> None:
    listed = "\n".join(f"{name}\n{reason}" for name, reason in run.failed.items())
    assert not run.failed, f"{len(run.failed)} of the app's tests failed:\n{listed}"
    assert not run.skipped
    assert run.passed


@pytest.fixture(scope="module")
def properties(android_bundle: Path) -> dict[str, str]:
    """What the app's tests are told."""
    return {"lowformer.bundles": str(android_bundle)}


@pytest.mark.parametrize("module", PURE)
def test_the_apps_tests_pass(
    android_app: Compilation, properties: dict[str, str], module: str
) -> None:
    assert_all_passed(android_app.run_tests(module, properties=properties))


@pytest.mark.parametrize("module", PURE)
def test_they_pass_on_the_apps_bytecode(
    android_app: Compilation, android_apk: Path, properties: dict[str, str], module: str
) -> None:
    translated = android_apk.with_name(TRANSLATED)
    assert_all_passed(android_app.run_tests(module, [translated], properties))


def test_every_pure_module_has_tests(project: Project) -> None:
    assert {name for name, module in project.modules.items() if not module.android} == {*PURE}
    for name in PURE:
        assert project.modules[name].tests, name


def test_a_report_is_read(tmp_path: Path) -> None:
    (tmp_path / "TEST-junit-jupiter.xml").write_text(REPORT)
    (tmp_path / "TEST-junit-vintage.xml").write_text("<testsuite tests='0'/>")
    run = read_reports("b", tmp_path)
    assert run.passed == ("a.BTest.right()",)
    assert run.skipped == {"a.BTest.later()": "not yet"}
    assert run.failed == {
        "a.BTest.wrong()": "x: expected: 1 but was: 2\n"
        "\tat org.lowformer.edge.core.BTest.wrong(BTest.kt:7)"
    }


def test_no_test_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "TEST-junit-jupiter.xml").write_text("<testsuite tests='0'/>")
    with pytest.raises(CheckError, match="b: JUnit found no test"):
        read_reports("b", tmp_path)


def test_failures_are_told_apart(toolchain: Toolchain, tmp_path: Path) -> None:
    source = tmp_path / "SumTest.kt"
    source.write_text(TESTS)
    tested = tmp_path / "tested"
    tested.mkdir()
    classes = compile_kotlin(
        toolchain,
        "sum",
        [source],
        toolchain.junit_classes,
        tmp_path / "tests",
        tested=tested,
    )
    run = run_junit(toolchain, "sum", classes, [], tmp_path / "reports")
    assert run.passed == ("a.SumTest.one and one()",)
    assert "expected: <4> but was: <3>" in run.failed["a.SumTest.one and two()"]
