from __future__ import annotations

import os
import sys
import threading
import warnings

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


def test_what_was_printed_is_read_from_where_its_block_began() -> None:
    with captured_output() as outer:
        os.write(1, b"before\n")
        with captured_output() as inner:
            os.write(1, b"within\n")
            assert inner() == "within\n"
            print("after")
        assert outer() == "before\nwithin\nafter\n"


def test_a_line_is_noted_once_however_many_blocks_an_error_leaves() -> None:
    with pytest.raises(ValueError, match="broken") as caught, captured_output(), captured_output():
        os.write(2, b"why\n")
        raise ValueError("broken")
    assert caught.value.__notes__ == ["why"]


def test_blocks_of_several_threads_end_in_any_order(capfd: pytest.CaptureFixture[str]) -> None:
    filters, streams = [*warnings.filters], (sys.stdout, sys.stderr)
    first, second = _OpenBlock(), _OpenBlock()
    os.write(1, b"kept back\n")
    first.close()
    os.write(2, b"kept back too\n")
    warnings.warn("chatter", UserWarning, stacklevel=1)
    second.close()
    os.write(1, b"after\n")
    assert capfd.readouterr() == ("after\n", "")
    assert ([*warnings.filters], (sys.stdout, sys.stderr)) == (filters, streams)


class _OpenBlock:
    """A block that a thread of its own is in, until it is closed."""

    def __init__(self) -> None:
        self._is_open, self._ends = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._stay)
        self._thread.start()
        assert self._is_open.wait(60)

    def close(self) -> None:
        self._ends.set()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def _stay(self) -> None:
        with captured_output():
            self._is_open.set()
            assert self._ends.wait(60)
