"""How programs of the laboratory are run, and what is said where they fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lowformer_edge.android_demo.tools.offline.toolchain import Toolchain
from lowformer_edge.errors import CheckError, LabError
from lowformer_edge.lab.place import Lab

FAILS = "import sys; print('out'); sys.exit('Source.kt:1: wrong\\n\\nfun f()\\n    ^')"


@pytest.fixture
def nothing(tmp_path: Path) -> Toolchain:
    """A laboratory's in which nothing is left."""
    return Toolchain(Lab(tmp_path, {}))


def test_what_is_missing_can_be_had(nothing: Toolchain) -> None:
    advice = r"bin/java: is missing; run: lowformer-lab android --force$"
    with pytest.raises(LabError, match=advice):
        nothing.java("Main", what_for="running")


def test_a_failure_is_told_in_its_own_lines(nothing: Toolchain) -> None:
    with pytest.raises(CheckError) as caught:
        nothing.run(sys.executable, "-c", FAILS, what_for="compiling")
    assert str(caught.value) == "compiling failed: Source.kt:1: wrong\nfun f()\n    ^\nout"
    assert nothing.run(sys.executable, "-c", FAILS, what_for="", accepted=(1,)) == "out\n"
