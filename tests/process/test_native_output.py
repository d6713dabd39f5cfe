from __future__ import annotations

import os
import sys

import pytest

from lowformer_edge.process.native_output import captured_output


def test_output_of_python_and_native_code_is_kept_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with captured_output():
        print("from python")
        print("to stderr", file=sys.stderr)
        os.write(1, b"native\n")
        os.write(2, b"native error\n")
    print("after")
    out, err = capfd.readouterr()
    assert (out, err) == ("after\n", "")


def test_the_last_lines_go_with_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="broken") as caught, captured_output():
        for number in range(20):
            os.write(2, f"line {number}\n".encode())
        raise ValueError("broken")
    assert caught.value.__notes__ == [f"line {number}" for number in range(15, 20)]
    assert capfd.readouterr() == ("", "")
