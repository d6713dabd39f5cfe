"""Measuring a cell's file where it is to be used, in turns with its reference."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

from ..artifact.bundle import open_bundle
from ..errors import CheckError
from ..judging.links import HOST
from ..progress import SilentProgress
from ..runtime.machine import describe_machine
from ..targets.arm import ArmTarget
from ..targets.checked_file import judge_outputs
from ..targets.gpu import GpuTarget
from ..targets.npu.target import NpuTarget
from ..targets.registry import open_target
from ..targets.target import Target, Work
from ..workflows.bench import Benchmark, benchmark
from ..workflows.count import count_instructions
from .grid import Timing
from .store import write_values
from .work import file_of

JUDGED = (GpuTarget.scheme, NpuTarget.scheme)
"""Places whose times say nothing: files are run there on the bundle's golden vectors."""

UNTIMED = (*JUDGED, ArmTarget.scheme)
"""Places that give no times."""

_QUIET = SilentProgress()


@dataclasses.dataclass(frozen=True)
class TimingWork:
    """A cell that is to be measured somewhere.

    Attributes:
        bundle: The cell's.
        reference: That of the cell that its time is a ratio to.
        place: Where.
        threads: Of the runtime.
        timing: How.
        result: Where the figures go.
    """

    bundle: Path
    reference: Path
    place: str
    threads: int
    timing: Timing
    result: Path


def measure_cell(work: TimingWork) -> None:
    """Measures a cell's file; a place that does not take it is part of the result."""
    begun = time.time()
    target = open_target(work.place)
    path, reference = file_of(work.bundle), file_of(work.reference)
    if path is None:
        raise CheckError("it was not exported")
    if reference is None or target.refusal(reference):
        reference = path
    (record,) = open_bundle(work.bundle).manifest.artifacts
    if reason := target.refusal(path) or record.not_run:
        found: dict[str, Any] = {"refused": reason}
    elif target.scheme == ArmTarget.scheme:
        counted = count_instructions([reference, path], on=work.place)[-1]
        found = {"instructions": counted.count.all, "ratio": counted.ratio}
    elif target.scheme in JUDGED:
        found = _judged(work.bundle, path, target)
    elif not target.times(record):
        found = {"refused": "what computes it here stands in for its runtime"}
    else:
        found = _timed(work, target, path, reference)
    machine = describe_machine()
    write_values(work.result, {"machine": machine, **found, "begun": begun, "ended": time.time()})


def _timed(work: TimingWork, target: Target, path: Path, reference: Path) -> dict[str, Any]:
    """A file's times; where they mean nothing, they are taken again."""
    attempts = 0
    while True:
        attempts += 1
        taken = benchmark(
            list(dict.fromkeys((reference, path))),
            threads=work.threads,
            runs=work.timing.runs,
            processes=work.timing.processes,
            target=target,
            progress=_QUIET,
        )
        if taken.is_valid or attempts == work.timing.attempts:
            return _times(taken, attempts, work.place)


def _times(taken: Benchmark, attempts: int, place: str) -> dict[str, Any]:
    timed = (
        taken.timed[-1]
        .record()
        .model_dump(
            include={
                "median_ms",
                "p10_ms",
                "p90_ms",
                "p99_ms",
                "ratio",
                "ratio_low",
                "ratio_high",
                "load_ms",
                "first_ms",
                "peak_mb",
            }
        )
    )
    told = {} if place == HOST else {"machine": taken.machine}
    return {**told, **timed, "doubts": list(taken.doubts), "attempts": attempts}


def _judged(bundle: Path, path: Path, target: Target) -> dict[str, Any]:
    """How closely a file follows the eager model there, on golden vectors."""
    opened = open_bundle(bundle)
    golden = opened.golden()
    work = Work([path], golden.pixels, opened.preprocessing)
    (ran,) = target.run(work, _QUIET).ran
    if ran.outputs is None:
        return {"refused": ran.answer.failure}
    (record,) = opened.manifest.artifacts
    checked = judge_outputs(
        record,
        opened.manifest,
        golden,
        ran.outputs,
        ran.answer,
        target.name,
        half=target.half,
    )
    if checked.parity is None:
        return {"refused": checked.failure}
    return {
        "sqnr_db": checked.parity.sqnr_db,
        "doubts": [checked.failure] if checked.failure else [],
    }
