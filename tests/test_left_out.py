"""CI's check of the tests that are left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lowformer_edge

ROOT = Path(lowformer_edge.__file__).parent
CHECK = ROOT / ".ci" / "check-left-out"

LIST = """
[[left-out]]
test = "tests.a::test_one[*]"
says = "needs a phone"
because = "there is none"
"""


def case(name: str, reason: str | None = None) -> str:
    inside = f'<skipped type="pytest.skip" message="{reason}"/>' if reason else ""
    return f'<testcase classname="tests.a" name="{name}">{inside}</testcase>'


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ([case("test_one[x-1]", "this needs a phone"), case("test_two")], None),
        ([case("test_one[x-1]", "needs a Mac")], "not on the list: tests.a::test_one[x-1]: needs"),
        ([case("test_one[1]", "needs a phone"), case("test_two", "why")], "tests.a::test_two: why"),
        ([case("test_one[1]")], "on the list, and not left out: tests.a::test_one[*]"),
        ([case("test_oneX", "needs a phone")], "not on the list: tests.a::test_oneX"),
    ],
)
def test_what_differs_from_the_list_fails(
    tmp_path: Path, cases: list[str], said: str | None
) -> None:
    rows, results = tmp_path / "list.toml", tmp_path / "results.xml"
    rows.write_text(LIST)
    results.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    done = check(rows, results)
    assert done.returncode == (1 if said else 0)
    assert (said or "") in done.stderr
    assert done.stdout.startswith(f"{len(cases)} tests, ")


@pytest.mark.parametrize(
    ("rows", "results", "said"),
    [
        (LIST, "<testsuites/>", "ran no test"),
        (LIST, "<testsuites>", "no element found"),
        (LIST.replace('because = "there is none"', ""), "<testsuites/>", "a row needs because"),
        ("", "<testsuites/>", "left-out"),
    ],
)
def test_what_cannot_be_read_is_bad_use(tmp_path: Path, rows: str, results: str, said: str) -> None:
    (tmp_path / "list.toml").write_text(rows)
    (tmp_path / "results.xml").write_text(results)
    done = check(tmp_path / "list.toml", tmp_path / "results.xml")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_module_that_pytest_leaves_out_is_found(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    results = tmp_path / "results.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    subprocess.run([*command, f"--junitxml={results}"], cwd=tmp_path, capture_output=True)
    (tmp_path / "list.toml").write_text(LIST)
    done = check(tmp_path / "list.toml", results)
    assert done.returncode == 1
    assert "test_a: " in done.stderr
    assert "no_such_module" in done.stderr


def check(rows: Path, *results: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECK), str(rows), *map(str, results)]
    return subprocess.run(command, capture_output=True, text=True)
