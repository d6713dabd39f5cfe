"""The documented limits are those of the code; LOWFORMER_EDGE_RECORD=1 writes them anew."""

from __future__ import annotations

import ast
import itertools
import os
from pathlib import Path

from lowformer_edge.artifact import pixel_file
from lowformer_edge.process import limits
from lowformer_edge.targets.web import browsers, connection, handler, inbox, listener

PAGE = Path(__file__).parents[2] / "docs" / "files-and-processes.md"
BEGIN, END = "<!-- limits -->\n", "<!-- /limits -->"


def documented_limits() -> str:
    """Each limit with what is said below it."""
    body = ast.parse(Path(limits.__file__).read_text(encoding="utf-8")).body
    rows = ["| at most | |", "|---|---|"]
    for assigned, said in itertools.pairwise(body):
        if isinstance(assigned, ast.Assign) and isinstance(said, ast.Expr):
            (target,) = assigned.targets
            assert isinstance(target, ast.Name)
            assert isinstance(said.value, ast.Constant)
            text = " ".join(str(said.value.value).replace("``", "`").split())
            unit, _, rest = text.partition(" ")
            rows.append(f"| {amount(getattr(limits, target.id), unit)} | {rest} |")
    return "\n".join(rows) + "\n"


def amount(value: int, unit: str) -> str:
    """A limit in round numbers of its unit."""
    if unit != "Bytes":
        return f"{value:,} {unit.lower()}"
    power = min(3, (value.bit_length() - 1) // 10)
    return f"{value >> 10 * power} {('bytes', 'KiB', 'MiB', 'GiB')[power]}"


def test_the_limits_are_the_codes() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    shown, after = rest.split(END)
    if os.environ.get("LOWFORMER_EDGE_RECORD"):
        PAGE.write_text(before + BEGIN + documented_limits() + END + after, encoding="utf-8")
    else:
        assert shown == documented_limits()


def test_what_is_kept_in_memory_is_said() -> None:
    text = PAGE.read_text(encoding="utf-8")
    most = pixel_file.MOST_IN_MEMORY
    assert f"{most >> 20} MiB" in text
    assert f"{most // (224 * 224 * 3):,} of 224 x 224" in text


def test_what_browsers_may_do_is_said() -> None:
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    most, one = listener.MOST_CONNECTIONS, listener.MOST_OF_ONE
    at_once, in_all = browsers.MOST_BROWSERS, browsers.MOST_OPENINGS
    silence, rate = connection.SILENCE_S, connection.LEAST_RATE >> 10
    for said in (
        f"takes {most} connections at once, {one} of them of an address that is not this",
        f"has at most {handler.LARGEST_HEAD >> 10} KiB and {silence:g} seconds;",
        f"may pause for {silence:g} seconds and otherwise comes to {rate} KiB a second",
        f"what is posted has {connection.LONGEST_S / 60:g} minutes as a whole",
        f"{at_once} browsers have the page open, and {in_all} in all",
        f"posts {browsers.POSTS_PER_S:g} times a second, after {browsers.MOST_AT_ONCE} at once",
        f"{inbox.MOST_EVENTS} events wait, beyond which posts are put off",
        f"is told, {inbox.MOST_REFUSALS * 60 / inbox.REFUSALS_S:g} a minute",
    ):
        assert said in text
