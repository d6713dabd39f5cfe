"""The tables of where files' time goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from ..terminal import result_console

if TYPE_CHECKING:
    from ...runtime.profile import Profile

SLOWEST = 12


def print_profile(path: Path, threads: int, profile: Profile) -> None:
    """Prints a file's kinds of ops and its slowest ops, or why there are none."""
    console = result_console()
    name = path.name
    if profile.missing:
        console.print(f"{name}: no times of ops from {profile.runtime}: {profile.missing}")
        return
    kinds = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    kinds.add_column("kind of op", no_wrap=True)
    for heading in ("ops", "ms", "%"):
        kinds.add_column(heading, justify="right", no_wrap=True)
    for kind, count, milliseconds in profile.kinds():
        kinds.add_row(kind, str(count), *_time(profile, milliseconds))
    slowest = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    slowest.add_column("op", no_wrap=True)
    slowest.add_column("kind", no_wrap=True)
    for heading in ("ms", "%"):
        slowest.add_column(heading, justify="right", no_wrap=True)
    for op in profile.slowest(SLOWEST):
        slowest.add_row(op.name, op.kind, *_time(profile, op.milliseconds))
    console.print(kinds)
    console.print(slowest)
    console.print(
        f"{name}: {len(profile.ops)} ops, {profile.milliseconds:.3f} ms together, mean of the"
        f" middle half of {profile.runs} runs with {profile.runtime}'s profiler, {threads}"
        " thread(s); profiling slows a run down, so that shares count"
    )
    console.print()


def _time(profile: Profile, milliseconds: float) -> tuple[str, str]:
    return f"{milliseconds:.3f}", f"{100 * profile.share(milliseconds):.1f}"
