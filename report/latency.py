"""The section about how fast the files are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import PurePath

from ..artifact.caveats import STAND_INS
from ..artifact.manifest import ArtifactRecord
from ..artifact.results.bench import BenchmarkResult
from .block import Block, Cell, Column, Lines, Meter, Section, Table
from .evidence import Evidence
from .numerals import ABSENT, by_reason, counted, ends, milliseconds
from .targets import described_machine


@dataclasses.dataclass(frozen=True)
class Timing:
    """A file's time of one inference, in milliseconds, and over a reference's.

    Attributes:
        file: The file's name.
        median: Median; p10 and p90 likewise.
        ratio: Over the reference's, with its 95 % interval; None where there is none.
        others: What else is shown of it, a text for each further column.
    """

    file: str
    median: float
    p10: float
    p90: float
    ratio: tuple[float, float, float] | None
    others: tuple[str, ...] = ()


def latency_section(evidence: Evidence) -> Section:
    """Times of a benchmark if one is given, and otherwise those of the export."""
    manifest = evidence.manifest
    blocks: list[Block] = []
    if evidence.bench:
        machine = described_machine(evidence.bench.machine)
        lead = f"Taken by lowformer-bench on {machine}, in place of the export's own timings."
        for benchmark in evidence.bench.benchmarks:
            blocks += _benchmark(benchmark)
    else:
        machine = described_machine(manifest.machine)
        lead = f"Taken when the bundle was exported, on {machine}."
        timings = export_timings(evidence)
        if timings:
            blocks.append(_table(_export_caption(evidence), timings, "fp32 of the same format"))
    timed = {timing.file for timing in _shown(evidence)}
    lines = by_reason(
        {
            item.file.path: _why_not_timed(item)
            for item in manifest.artifacts
            if item.file.path not in timed
        }
    )
    if lines:
        blocks.append(Lines(tuple(lines), "Not timed"))
    return Section(
        "latency",
        "Latency",
        f"{lead} The bar is the median, the line over it p10 to p90. A ratio below 1 is faster than"
        " its reference, which was timed in turns with it.",
        tuple(blocks),
    )


def export_timings(evidence: Evidence) -> list[Timing]:
    """The times that the manifest states."""
    timings = []
    for item in evidence.manifest.artifacts:
        found = item.latency
        if found is None:
            continue
        ratio = None
        if None not in (found.ratio_to_fp32, found.ratio_low, found.ratio_high):
            ratio = (found.ratio_to_fp32 or 0, found.ratio_low or 0, found.ratio_high or 0)
        timings.append(Timing(item.file.path, found.median_ms, found.p10_ms, found.p90_ms, ratio))
    return timings


def _shown(evidence: Evidence) -> list[Timing]:
    """All times in the section."""
    if evidence.bench is None:
        return export_timings(evidence)
    return [timing for item in evidence.bench.benchmarks for timing in bench_timings(item)]


def bench_timings(benchmark: BenchmarkResult) -> list[Timing]:
    """The times of a benchmark."""
    return [
        Timing(
            PurePath(item.path).name,
            item.median_ms,
            item.p10_ms,
            item.p90_ms,
            (item.ratio, item.ratio_low, item.ratio_high),
            tuple(
                ABSENT if value is None else milliseconds(value)
                for value in (item.p99_ms, item.load_ms, item.first_ms)
            ),
        )
        for item in benchmark.files
    ]


def is_invalid(benchmark: BenchmarkResult) -> bool:
    """Whether a benchmark's figures mean nothing."""
    return bool(benchmark.doubts) or benchmark.verdict == "INVALID"


def _benchmark(benchmark: BenchmarkResult) -> list[Block]:
    """A benchmark's table, with what speaks against it."""
    threads = "" if benchmark.threads is None else f" with {counted(benchmark.threads, 'thread')}"
    reference = PurePath(benchmark.reference or benchmark.files[0].path).name
    caption = f"Time of one inference{threads}"
    blocks: list[Block] = []
    if is_invalid(benchmark):
        caption += ": INVALID"
        blocks.append(Lines(benchmark.doubts, "INVALID: these figures mean nothing"))
    others = (Column("p99", "ms"), Column("Load", "ms"), Column("First", "ms"))
    return [_table(caption, bench_timings(benchmark), reference, others), *blocks]


def _table(
    caption: str, timings: Sequence[Timing], reference: str, others: Sequence[Column] = ()
) -> Table:
    columns = [
        Column("File", is_text=True),
        Column("Median", "ms"),
        Column("p10 to p90", "ms"),
        Column("Ratio", f"to {reference}"),
        Column("95 % interval"),
        *others,
    ]
    # A few slow runs must not make all medians look alike; a longer line is cut.
    slowest = max(timing.median for timing in timings)
    longest = min(max(timing.p90 for timing in timings), 1.5 * slowest) or 1.0
    return Table.of(caption, columns, [_row(timing, longest) for timing in timings])


def _row(timing: Timing, longest: float) -> tuple[Cell, ...]:
    ratio, low, high = timing.ratio or (None, 0.0, 0.0)
    return (
        Cell(timing.file),
        Cell(
            milliseconds(timing.median),
            meter=Meter(timing.median / longest, timing.p10 / longest, timing.p90 / longest),
        ),
        Cell(f"{milliseconds(timing.p10)} to {milliseconds(timing.p90)}"),
        Cell(ABSENT if ratio is None else f"{ratio:.3f}"),
        Cell(ABSENT if ratio is None else ends(low, high, 3)),
        *(Cell(text) for text in timing.others),
    )


def _export_caption(evidence: Evidence) -> str:
    for item in evidence.manifest.artifacts:
        if item.latency:
            threads = counted(item.latency.threads, "thread")
            return f"Time of one inference with {threads}, {item.latency.runs} runs of each file"
    return ""


def _why_not_timed(artifact: ArtifactRecord) -> str:
    if artifact.not_run:
        return artifact.not_run
    return STAND_INS.get(artifact.runtime or "", "no time was taken")
