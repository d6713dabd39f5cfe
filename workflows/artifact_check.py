"""Checking artifacts as they are exported: the same function, wholly delegated, and how fast."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import numpy as np

from ..artifact.manifest import Latency, Loss, Parity, Residency, Tensor
from ..judging.ratio import ratio
from ..progress import Progress
from ..runtime.formats import format_of
from ..runtime.measure.durations import LatencyResult, time_interleaved
from ..runtime.residency import residency_record
from ..runtime.runner import Runner
from .parity_check import Candidate, Followed, ParityCheck

WARMUP = 5


@dataclasses.dataclass(frozen=True)
class CheckedArtifact:
    """What was found out about one artifact; ``loss`` against what it was pruned from."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    ops: dict[str, int]
    residency: Residency | None
    parity: Parity | None
    latency: Latency | None
    not_run: str | None
    runtime: str | None
    loss: Loss | None = None


def check_artifacts(
    check: ParityCheck, *, rounds: int, progress: Progress
) -> tuple[dict[str, CheckedArtifact], dict[str, str]]:
    """Checks and times artifacts, each against the eager model and its float32 file.

    Args:
        check: Compares them with the eager model.
        rounds: Timed runs of each artifact.
        progress: Is told about each step.

    Returns:
        What was found out about each artifact, by name; and why others cannot be compared at all.
    """
    followed = check.run(progress)
    broken = {name: one.failure for name, one in followed.items() if one.failure}
    sound = _without(check.files, broken)
    timed = [item for item in sound.values() if item.not_run is None and item.is_timed]
    times = _time(timed, check, rounds, progress)
    verified = {}
    for name, item in sound.items():
        kind = format_of(item.path)
        where = kind.residency(item.path, check.threads)
        taken, given = kind.tensors(item.path)
        one = followed.get(name, Followed(None))
        verified[name] = CheckedArtifact(
            inputs=taken,
            outputs=given,
            ops=where.op_counts,
            residency=residency_record(where),
            parity=one.parity,
            latency=_latency(item, times, check.threads),
            not_run=item.not_run,
            runtime=one.runtime,
            loss=one.loss,
        )
    return verified, broken


def _without(files: Mapping[str, Candidate], broken: Container[str]) -> dict[str, Candidate]:
    """The files but for broken ones, with which no other's latency is compared either."""
    strays = {item.path for name, item in files.items() if name in broken}
    return {
        name: dataclasses.replace(item, reference=None) if item.reference in strays else item
        for name, item in files.items()
        if name not in broken
    }


def _time(
    files: Iterable[Candidate], check: ParityCheck, rounds: int, progress: Progress
) -> dict[Path, LatencyResult]:
    """Latency of each artifact and of the files that they are compared with, in turns.

    Files that only a stand-in can run here are left out.
    """
    paths = {path for item in files for path in (item.path, item.reference) if path}
    if not paths:
        return {}
    with contextlib.ExitStack() as stack:
        runners: dict[Path, Runner] = {}
        for path in sorted(paths):
            runner = stack.enter_context(format_of(path).runner(path, check.threads))
            if runner.is_stand_in:
                continue
            pixels = check.images.pixels
            first = np.resize(pixels[: runner.batch], (runner.batch, *pixels.shape[1:]))
            runner.set_input(runner.prepared(first, check.preprocessing))
            runners[path] = runner
        if not runners:
            return {}
        advance = stack.enter_context(progress.step("timing", WARMUP + rounds))
        return time_interleaved(
            {path: runner.invoke for path, runner in runners.items()},
            rounds=rounds,
            warmup=WARMUP,
            on_round=lambda: advance(1),
        )


def _latency(item: Candidate, times: Mapping[Path, LatencyResult], threads: int) -> Latency | None:
    """How long a file takes, where that was measured."""
    if item.path not in times:
        return None
    reference = times[item.reference] if item.reference else None
    return latency_record(times[item.path], reference, threads)


def latency_record(result: LatencyResult, reference: LatencyResult | None, threads: int) -> Latency:
    """A latency result as the manifest keeps it, with its ratio to the reference's."""
    relative = ratio(result, reference) if reference else None
    return Latency(
        threads=threads,
        runs=len(result.milliseconds),
        median_ms=round(result.median, 4),
        p10_ms=round(result.percentile(10), 4),
        p90_ms=round(result.percentile(90), 4),
        ratio_to_fp32=round(relative.value, 4) if relative else None,
        ratio_low=round(relative.low, 4) if relative else None,
        ratio_high=round(relative.high, 4) if relative else None,
    )
