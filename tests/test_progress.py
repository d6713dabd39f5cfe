"""Who listens to what a user has to know or to do."""

from __future__ import annotations

import warnings

import pytest

from lowformer_edge.cli.terminal import QuietProgress, shown_progress
from lowformer_edge.progress import QUIET, SilentProgress

LINES = "open this address:\nhttp://127.0.0.1:8000/token/"


def test_where_nobody_listens_what_is_asked_is_a_warning() -> None:
    """Or the work would wait for what nobody knows of."""
    with pytest.warns(UserWarning, match="http://127.0.0.1:8000/token/"):
        QUIET.ask(LINES)


def test_silence_says_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SilentProgress().ask(LINES)


@pytest.mark.parametrize("quiet", [False, True])
def test_commands_ask_on_stderr_line_by_line(
    quiet: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also those that are to be quiet: what they wait for would not come."""
    with shown_progress(quiet=quiet) as progress:
        progress.ask(LINES)
    assert capfd.readouterr() == ("", LINES + "\n")


def test_what_a_stranger_says_of_itself_does_not_reach_the_terminal_as_it_is(
    capfd: pytest.CaptureFixture[str],
) -> None:
    QuietProgress().ask("web: \x1b[31mred opened the page")
    assert capfd.readouterr().err == "web: \\x1b[31mred opened the page\n"
