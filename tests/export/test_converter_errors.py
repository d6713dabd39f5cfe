from __future__ import annotations

import importlib
import sys

import pytest

from lowformer_edge.errors import ExportError, MissingDependencyError, UsageError
from lowformer_edge.export.converter_errors import converter_errors


def test_an_error_is_named_with_what_the_converter_said_last() -> None:
    with (
        pytest.raises(ExportError) as caught,
        converter_errors("exporting to X", "x"),
    ):
        print("op foo is unknown", file=sys.stderr)
        print("Running passes:  50%|#####     | 1/2", file=sys.stderr)
        raise RuntimeError("no luck")
    assert str(caught.value) == "exporting to X failed (RuntimeError: no luck op foo is unknown)"


def test_a_missing_package_is_named_with_its_extra() -> None:
    with (
        pytest.raises(MissingDependencyError, match=r"needs not_there, .* install the extra x"),
        converter_errors("exporting to X", "x"),
    ):
        importlib.import_module("not_there")


def test_our_own_errors_stay_themselves() -> None:
    with pytest.raises(UsageError, match=r"^as it was$"), converter_errors("exporting to X", "x"):
        raise UsageError("as it was")


def test_what_is_printed_stays_off_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with converter_errors("exporting to X", "x"):
        print("chatter")
        print("chatter", file=sys.stderr)
    assert capfd.readouterr() == ("", "")
