"""What tools print, and how their failures are told."""

from __future__ import annotations

import pytest

from lowformer_edge.errors import CheckError, LabError
from lowformer_edge.process.tool import run_tool

FAILS = ("sh", "-c", "echo printed; echo 'E: what was wrong' >&2; echo more >&2; exit 3")


def test_a_tool_that_works() -> None:
    assert run_tool(["echo", "done"], "testing") == "done\n"
    assert run_tool(FAILS, "testing", accepted=(0, 3)) == "printed\n"


def test_a_tool_that_is_missing_or_fails() -> None:
    with pytest.raises(LabError, match="testing needs no-such-tool, which is not installed"):
        run_tool(["no-such-tool"], "testing")
    with pytest.raises(LabError, match=r"testing failed: E: what was wrong$"):
        run_tool(FAILS, "testing")
    with pytest.raises(LabError, match=r"testing failed: it says nothing$"):
        run_tool(["false"], "testing")


def test_who_runs_a_tool_says_how_it_fails() -> None:
    with pytest.raises(CheckError, match=r"testing failed: E: what was wrong\nmore\nprinted\n$"):
        run_tool(FAILS, "testing", failure=CheckError, reason_of=lambda out, err: err + out)


def test_a_tool_that_takes_too_long() -> None:
    with pytest.raises(LabError, match=r"testing was given up after 0\.1 s"):
        run_tool(["sleep", "60"], "testing", patience=0.1)
