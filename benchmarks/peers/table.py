"""What was measured as Markdown, and who wins what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...judging.ratio import ratio
from .arm import Counted
from .contenders import KINDS, OURS, STOCK, X86, Contender
from .turns import Timed

CLASSES = ("fp32-fma", "fp16-fma", "dot-product", "matrix", "load-store")
"""Of instructions: those that multiply and add, and those that move."""


Found = Mapping[Contender, Timed | Counted | str]
"""What was found at one place: figures, or why there are none."""


def times_table(found: Found) -> str:
    """Times of all on this machine, the fastest first, and what failed below."""
    rows = []
    timed = {one: result for one, result in found.items() if isinstance(result, Timed)}
    for contender in sorted(timed, key=lambda one: timed[one].times.median):
        times = timed[contender].times
        figures = f"{times.milliseconds.min():.2f} / {times.median:.2f}"
        ratios = [_ratio_text(timed, contender, other) for other in (OURS, STOCK)]
        rows.append([contender.name, f"{timed[contender].sqnr_db:.1f}", figures, *ratios])
    head = ["", "SQNR dB", "CPU ms, least / median", f"x {OURS.name}", f"x {STOCK.name}"]
    return _table(head, [*rows, *_failed(found, len(head))])


def counts_table(found: Found) -> str:
    """Millions of instructions on one processor, the fewest first, and what failed below."""
    counted = {one: result for one, result in found.items() if isinstance(result, Counted)}
    rows = []
    for contender in sorted(counted, key=lambda one: counted[one].count.all):
        result = counted[contender]
        millions = [result.count.all, *(result.count.classes[name] for name in CLASSES)]
        figures = [f"{value / 1e6:.1f}" for value in millions]
        others = [counted[other].count.all if other in counted else None for other in (OURS, STOCK)]
        ratios = ["-" if other is None else f"{result.count.all / other:.2f}" for other in others]
        rows.append([contender.name, f"{result.sqnr_db:.1f}", *figures, *ratios])
    head = ["", "SQNR dB", "all", *CLASSES, f"x {OURS.name}", f"x {STOCK.name}"]
    return _table(head, [*rows, *_failed(found, len(head))])


def wins(found: Found, place: str) -> list[str]:
    """For each kind of file, which peers need less than the best of ours, or how near they come."""
    what = "CPU time on this machine" if place == X86 else f"instructions on {place}"
    costs = {one: _cost(result) for one, result in found.items() if not isinstance(result, str)}
    lines = []
    for kind in KINDS:
        ranked = sorted((one for one in costs if one.kind == kind), key=lambda one: costs[one])
        ours = [one for one in ranked if one.is_ours]
        theirs = [one for one in ranked if not one.is_ours]
        if not ours or not theirs:
            continue
        best = ours[0]
        relative = {one: costs[one] / costs[best] for one in theirs}
        less = {one: value for one, value in relative.items() if value < 1}
        shown = ", ".join(f"{one.name} {value:.2f}" for one, value in (less or relative).items())
        which = "**peers win**: they need" if less else "no peer wins; they need"
        lines.append(f"- {kind}, {what}: {which}, of {best.name}'s, {shown}.")
    return lines


def _cost(result: Timed | Counted) -> float:
    return result.times.median if isinstance(result, Timed) else float(result.count.all)


def _ratio_text(timed: Mapping[Contender, Timed], contender: Contender, other: Contender) -> str:
    if other not in timed:
        return "-"
    if contender == other:
        return "1"
    found = ratio(timed[contender].times, timed[other].times)
    return f"{found.value:.3f} ({found.low:.3f}-{found.high:.3f})"


def _failed(found: Found, columns: int) -> list[list[str]]:
    """Rows of those for which there is only a reason."""
    empty = ["-"] * (columns - 2)
    return [
        [one.name, reason.replace("|", "\\|"), *empty]
        for one, reason in found.items()
        if isinstance(reason, str)
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
