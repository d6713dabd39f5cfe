"""What a reader sees first: whether all holds, and the few figures that matter most."""

from __future__ import annotations

import dataclasses

from ..artifact.size import shown_size
from .checks import failures_of
from .evidence import Evidence
from .files import by_format, format_name, share_of_fp32
from .latency import Timing, bench_timings, export_timings, is_invalid
from .limits import RANDOM
from .model import known_cost
from .numerals import counted, decibels, megabytes, millions
from .parity import links_of, verdict_of
from .targets import places_of


@dataclasses.dataclass(frozen=True)
class Summary:
    """The head of the page.

    Attributes:
        name: The model's name.
        failures: What does not hold, a line each.
        judged: What was judged, in words.
        is_judged: Whether anything was.
        banner: A warning that changes how all figures are read; empty where there is none.
        figures: ``(term, figure, detail)`` of what matters most.
        places: ``(name, machine, caveat)`` of every place that ran files.
        has_phone: Whether one of them is a phone.
    """

    name: str
    failures: tuple[str, ...]
    judged: str
    is_judged: bool
    banner: str
    figures: tuple[tuple[str, str, str], ...]
    places: tuple[tuple[str, str, str], ...]
    has_phone: bool


def summary_of(evidence: Evidence) -> Summary:
    """The head of a bundle's page."""
    places = places_of(evidence)
    return Summary(
        name=evidence.manifest.name,
        failures=failures_of(evidence),
        judged=_judged(evidence),
        is_judged=any(verdict_of(link) != "open" for link in links_of(evidence)),
        banner="" if evidence.manifest.source.fit_for_accuracy else RANDOM,
        figures=tuple(
            figure
            for figure in (
                _files(evidence),
                _size(evidence),
                _smallest(evidence),
                _fastest(evidence),
                _closeness(evidence),
            )
            if figure
        ),
        places=tuple((place.name, place.machine, place.caveat) for place in places),
        has_phone=any(place.is_phone for place in places),
    )


def _judged(evidence: Evidence) -> str:
    verdicts = [verdict_of(link) for link in links_of(evidence)]
    open_ones = verdicts.count("open")
    words = f"{counted(len(verdicts) - open_ones, 'comparison')} judged"
    return f"{words}, {open_ones} only reported" if open_ones else words


Figure = tuple[str, str, str]


def _files(evidence: Evidence) -> Figure:
    manifest = evidence.manifest
    formats = ", ".join(format_name(target) for target in by_format(manifest))
    precisions = ", ".join(dict.fromkeys(item.precision for item in manifest.artifacts))
    return "Files", str(len(manifest.artifacts)), f"{formats}; {precisions}"


def _size(evidence: Evidence) -> Figure | None:
    cost = known_cost(evidence)
    if cost is None:
        return None
    shown = shown_size(evidence.manifest.preprocessing_spec().size).replace("x", "×")
    return "Parameters", millions(cost.parameters), f"{millions(cost.macs)} MACs at {shown}"


def _smallest(evidence: Evidence) -> Figure | None:
    manifest = evidence.manifest
    least = min(manifest.artifacts, key=lambda item: item.file.bytes, default=None)
    if least is None:
        return None
    share = share_of_fp32(least, manifest)
    beside = "" if share is None or share == 1 else f", {share:.2f} of its fp32"
    return "Smallest", f"{megabytes(least.file.bytes)} MB", f"{least.file.path}{beside}"


def _fastest(evidence: Evidence) -> Figure | None:
    """The file of the least ratio; no figure where a benchmark's mean nothing."""
    reference = "fp32 of its format"
    timings: list[Timing] = export_timings(evidence)
    if evidence.bench:
        first = evidence.bench.benchmarks[0]
        if is_invalid(first):
            return "Fastest", "INVALID", "the machine was too unsteady"
        timings = bench_timings(first)
        reference = timings[0].file
    compared = [(timing.ratio[0], timing.file) for timing in timings if timing.ratio]
    if not compared:
        return None
    ratio, file = min(compared)
    return "Fastest", f"× {ratio:.2f}", f"{file}, time over that of {reference}"


def _closeness(evidence: Evidence) -> Figure | None:
    """The worst accuracy or, without labels, the worst SQNR."""
    parities = [item.parity for item in evidence.manifest.artifacts if item.parity]
    measured = [parity.measured for parity in parities if parity.measured]
    if measured and evidence.manifest.source.fit_for_accuracy:
        worst = min(measured, key=lambda one: one.value)
        task = evidence.task
        figure = task.measured(worst.value).removeprefix(f"{task.measure} ")
        eager = f"of all files; the eager model has {task.measured(worst.reference)}"
        return f"Least {task.measure}", figure, eager
    numbers = [parity.sqnr_db for parity in parities if not isinstance(parity.sqnr_db, str)]
    if not numbers:
        return None
    return "Least SQNR", f"{decibels(min(numbers))} dB", "of all files to the eager model"
