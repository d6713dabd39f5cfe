"""The documented limits are those of the code; LOWFORMER_EDGE_RECORD=1 writes them anew."""

from __future__ import annotations

import ast
import itertools
import os
from pathlib import Path

from lowformer_edge.artifact import pixel_file
from lowformer_edge.process import limits

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
    return f"{value >> 30} GiB" if value >= 1 << 30 else f"{value >> 20} MiB"


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
