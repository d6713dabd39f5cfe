"""Timing files against each other, of any formats, in several processes."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..artifact.bundle import Bundle
from ..artifact.manifest import read_manifest
from ..artifact.results.bench import BenchmarkResult, BenchResult, TimedResult
from ..artifact.results.browser import BrowserResult
from ..artifact.results.phone import PhoneResult
from ..errors import UsageError
from ..judging.links import HOST
from ..judging.ratio import Ratio, process_ratio
from ..judging.steadiness import doubts, validity
from ..progress import QUIET, Progress
from ..runtime.formats import RUNTIMES
from ..runtime.measure.durations import LatencyResult
from ..runtime.measure.first_run import FirstRun
from ..runtime.measure.load import taken_share
from ..runtime.measure.timing import ProcessTiming
from ..runtime.work.fresh_process import Measured
from ..runtime.work.request import FirstRunRequest, TimeRequest
from ..targets.registry import open_target
from ..targets.target import Target
from .arguments import check_count, check_counts
from .defaults import BENCH_RUNS, PROCESSES

FIRST_RUNS = 3
"""How often a file is opened in a process of its own."""

LEAST_PROCESSES = 2


@dataclasses.dataclass(frozen=True)
class Timed:
    """A file's timings.

    Attributes:
        path: The file.
        first_run: Opening and running it in a process of its own, medians over several.
        processes: Times of the inferences after the warm-up, by process.
        ratio: To the reference, which was timed in turns with it; over the processes.
    """

    path: Path
    first_run: FirstRun
    processes: tuple[LatencyResult, ...]
    ratio: Ratio

    @property
    def result(self) -> LatencyResult:
        """The runs of all processes together."""
        return LatencyResult(np.concatenate([item.milliseconds for item in self.processes]))

    def record(self) -> TimedResult:
        """The same as it is written."""
        return TimedResult(
            path=str(self.path),
            **dataclasses.asdict(self.first_run),
            processes=len(self.processes),
            process_medians_ms=tuple(result.median for result in self.processes),
            runs=len(self.result.milliseconds),
            median_ms=self.result.median,
            p10_ms=self.result.percentile(10),
            p90_ms=self.result.percentile(90),
            p99_ms=self.result.percentile(99),
            ratio=self.ratio.value,
            ratio_low=self.ratio.low,
            ratio_high=self.ratio.high,
        )


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """Files that were timed in turns.

    Attributes:
        machine: Where.
        threads: Threads of each runtime.
        timed: In the order asked for; the first is the reference.
        other_load: Share of the cores that other processes took, or None where unknown.
        doubts: Why the figures mean nothing, a line each; empty where they hold.
        phone: What the machine tells besides, where it is a phone.
        browser: The same, where it is a browser.
    """

    machine: dict[str, str]
    threads: int
    timed: tuple[Timed, ...]
    other_load: float | None
    doubts: tuple[str, ...]
    phone: PhoneResult | None = None
    browser: BrowserResult | None = None

    @property
    def is_valid(self) -> bool:
        """Whether nothing speaks against the figures."""
        return not self.doubts

    def record(self) -> BenchmarkResult:
        """The same as it is written."""
        besides = {"phone": self.phone, "browser": self.browser}
        return BenchmarkResult(
            threads=self.threads,
            verdict=validity(self.doubts),
            doubts=self.doubts,
            other_load=self.other_load,
            reference=str(self.timed[0].path),
            files=tuple(timed.record() for timed in self.timed),
            **{name: told for name, told in besides.items() if told},
        )


def benchmark(
    paths: Sequence[Path],
    *,
    threads: int,
    runs: int,
    processes: int,
    target: Target,
    progress: Progress,
) -> Benchmark:
    """Times files in turns, of several machines on the first; see :func:`benchmark_everywhere`."""
    return benchmark_everywhere(
        paths, threads=threads, runs=runs, processes=processes, target=target, progress=progress
    )[0]


def benchmark_everywhere(
    paths: Sequence[Path],
    *,
    threads: int,
    runs: int,
    processes: int,
    target: Target,
    progress: Progress,
) -> list[Benchmark]:
    """Times files in turns; the first is what the others' ratios refer to.

    Args:
        paths: Files of any formats, each once.
        threads: Threads of each runtime, unless the target says them itself.
        runs: Timed runs of each file, shared out among the processes.
        processes: How many processes time all files in turns, one after the other.
        target: Where they are timed.
        progress: Is told about each step.

    Returns:
        One for each machine that the target stands for; at least one.

    Raises:
        ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
        UsageError: No times can be taken there.
        ValueError: There are too few processes for an interval.
    """
    if processes < LEAST_PROCESSES:
        raise ValueError(f"at least {LEAST_PROCESSES} processes")
    threads = threads if target.threads is None else target.threads
    first_runs = [
        FirstRunRequest(files=(path,), threads=threads) for path in paths for _ in range(FIRST_RUNS)
    ]
    together = [
        TimeRequest(
            files=tuple(paths),
            threads=threads,
            rounds=-(-runs // processes),
            first=number % len(paths),
        )
        for number in range(processes)
    ]
    description = f"timing in fresh processes, {threads} thread(s)"
    requests = [*first_runs, *together]
    measured = target.measure_everywhere(requests, description, progress)
    return [judge(paths, threads, one) for one in measured]


def judge(paths: Sequence[Path], threads: int, measured: Measured) -> Benchmark:
    """What was measured means.

    Args:
        paths: The files; the first is what the others' ratios refer to.
        threads: Of each runtime.
        measured: First runs, of each file as many, by file; and processes that timed all files.
    """
    opened, together = measured.of(FirstRun), measured.of(ProcessTiming)
    each = len(opened) // len(paths)
    first_runs = {
        path: _medians(opened[each * number :][:each]) for number, path in enumerate(paths)
    }
    results = {
        path: [LatencyResult(np.array(timing.milliseconds[number])) for timing in together]
        for number, path in enumerate(paths)
    }
    ratios = {path: process_ratio(results[path], results[paths[0]]) for path in paths}
    other_load = taken_share([timing.taken for timing in together])
    distinct = len({path.name for path in paths}) == len(paths)
    names = {path: path.name if distinct else str(path) for path in paths}
    return Benchmark(
        machine=measured.machine,
        threads=threads,
        timed=tuple(
            Timed(path, first_runs[path], tuple(results[path]), ratios[path]) for path in paths
        ),
        other_load=other_load,
        doubts=(
            *measured.doubts,
            *doubts(
                {names[path]: results[path] for path in paths},
                {names[path]: ratios[path] for path in paths},
                other_load,
            ),
        ),
        phone=measured.phone,
        browser=measured.browser,
    )


def bench(
    files: str | Path | Bundle | Sequence[str | Path | Bundle],
    *,
    against: str | Path | None = None,
    on: str = HOST,
    threads: int = 1,
    runs: int = BENCH_RUNS,
    processes: int = PROCESSES,
    progress: Progress = QUIET,
) -> Benchmark:
    """Times files in turns, in fresh processes.

    Args:
        files: Files of any formats, and bundles, of which all files that can be timed are.
        against: The file that the others' ratios refer to; the first if None.
        on: Where: ``host``, ``ssh:HOST``, ``adb`` or ``web``.
        threads: Threads of each runtime.
        runs: Timed runs of each file, shared out among the processes.
        processes: How many processes time all files in turns, one after the other.
        progress: Is told about each step, and of files of bundles that are left out.

    Returns:
        Times and ratios; ``is_valid`` says whether these mean anything, and ``doubts`` why not.

    Raises:
        ArtifactError: A file cannot be run, or only by a stand-in for its runtime.
        TargetError: The target cannot be reached, or failed.
        UsageError: A parameter asks for what cannot be timed.
    """
    check_counts(threads=threads, runs=runs)
    check_count("processes", processes, LEAST_PROCESSES)
    listed = [files] if isinstance(files, str | Path | Bundle) else files
    paths = [one.folder if isinstance(one, Bundle) else Path(one) for one in listed]
    if not paths:
        raise UsageError("`files` names nothing to be timed")
    target = open_target(on)
    chosen = choose_files(paths, Path(against) if against else None, target)
    for name, reason in chosen.left_out.items():
        progress.note(f"left out: {name}: {reason}")
    return benchmark(
        chosen.paths,
        threads=threads,
        runs=runs,
        processes=processes,
        target=target,
        progress=progress,
    )


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The files to time.

    Attributes:
        paths: The files, each once; the reference first.
        left_out: What of bundles cannot be run there, with the reason.
    """

    paths: tuple[Path, ...]
    left_out: Mapping[str, str]


def choose_files(paths: Sequence[Path], against: Path | None, target: Target) -> Chosen:
    """The files of files and bundles that can be timed on a target.

    Args:
        paths: Files of any formats, and bundles.
        against: What ratios refer to; the first of the files if None.
        target: Where they are to be timed.

    Raises:
        UsageError: A bundle holds nothing that can be run there, or a file cannot.
    """
    found = [against] if against else []
    left_out: dict[str, str] = {}
    for path in paths:
        if path.suffix in RUNTIMES or not path.is_dir():
            found.append(path)
            continue
        records = [item for item in read_manifest(path).artifacts if target.times(item)]
        refusals = {item.file.path: target.refusal(Path(item.file.path)) for item in records}
        left_out |= {name: reason for name, reason in refusals.items() if reason}
        runnable = [path / name for name, reason in refusals.items() if reason is None]
        if not runnable:
            place = "here" if target.name == HOST else f"on {target.name}"
            raise UsageError(f"{path}: holds no file that can be timed {place}")
        found += runnable
    for path in found:
        if reason := target.refusal(path):
            raise UsageError(f"{path}: {reason}")
    return Chosen(tuple(dict.fromkeys(found)), left_out)


def bench_record(benchmarks: Sequence[Benchmark], left_out: Mapping[str, str]) -> BenchResult:
    """Files' ratios as they are written.

    Args:
        benchmarks: One for each number of threads, all of one machine.
        left_out: What of bundles was not timed, with the reason.
    """
    return BenchResult(
        machine=benchmarks[0].machine,
        left_out=dict(left_out),
        benchmarks=tuple(benchmark.record() for benchmark in benchmarks),
    )


def _medians(found: Sequence[FirstRun]) -> FirstRun:
    """Of a file in several processes of its own."""
    peaks = [item.peak_mb for item in found if item.peak_mb is not None]
    return FirstRun(
        runtime=found[0].runtime,
        batch=found[0].batch,
        load_ms=statistics.median(item.load_ms for item in found),
        first_ms=statistics.median(item.first_ms for item in found),
        peak_mb=statistics.median(peaks) if peaks else None,
    )
