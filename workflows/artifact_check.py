"""Checking artifacts as they are exported: the same function, wholly delegated, and how fast."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import numpy as np

from ..artifact.manifest import Latency, Loss, Parity, Residency, Tensor
from ..artifact.outputs import Outputs, part_of
from ..artifact.preprocessing import Preprocessing
from ..artifact.samples import Samples
from ..errors import CheckError
from ..judging.ratio import ratio
from ..progress import Progress
from ..runtime.formats import format_of
from ..runtime.measure.durations import LatencyResult, time_interleaved
from ..runtime.residency import residency_record
from ..runtime.runner import Runner
from ..runtime.work.job import Ran
from ..targets.host import HostTarget
from ..targets.target import Work
from ..tasks.task import Task

WARMUP = 5


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A file to be verified.

    Attributes:
        path: The file.
        reference: The float32 file that its latency is compared with, if there is one.
        not_run: Why it cannot be run here; None where it can.
        is_timed: Whether its time here says anything.
        images: How many of the samples it is run on; None for all.
    """

    path: Path
    reference: Path | None = None
    not_run: str | None = None
    is_timed: bool = True
    images: int | None = None


@dataclasses.dataclass(frozen=True)
class Unpruned:
    """What a pruned model's files are held to besides: the model as it was.

    Attributes:
        outputs: The eager model's, for all images.
        proof: Those of the images on which nothing was chosen.
    """

    outputs: Outputs
    proof: slice


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
    task: Task,
    files: Mapping[str, Candidate],
    images: Samples,
    preprocessing: Preprocessing,
    *,
    threads: int,
    rounds: int,
    progress: Progress,
    unpruned: Unpruned | None = None,
    workers: int = 1,
) -> tuple[dict[str, CheckedArtifact], dict[str, str]]:
    """Checks and times artifacts, each against the eager model and its float32 file.

    Args:
        task: What the artifacts are for.
        files: Artifacts by name, of any format.
        images: What parity is taken on, with the eager model's outputs.
        preprocessing: Normalises the images.
        threads: Threads for each runtime.
        rounds: Timed runs of each artifact.
        progress: Is told about each step.
        unpruned: What a pruned model's files are held to besides.
        workers: How many processes share the images.

    Returns:
        What was found out about each artifact, by name; and why others cannot be compared at all.
    """
    ran = _run(files, images, preprocessing, threads, workers, progress)
    parities: dict[str, Parity] = {}
    losses: dict[str, Loss | None] = {}
    broken: dict[str, str] = {}
    for name, one in ran.items():
        try:
            parities[name] = _parity(task, files[name], images, one)
            losses[name] = _loss(task, files[name], images, one, unpruned)
        except CheckError as error:
            broken[name] = str(error)
    sound = _without(files, broken)
    timed = [item for item in sound.values() if item.not_run is None and item.is_timed]
    times = _time(timed, images, preprocessing, threads, rounds, progress)
    verified = {}
    for name, item in sound.items():
        kind = format_of(item.path)
        where = kind.residency(item.path, threads)
        taken, given = kind.tensors(item.path)
        verified[name] = CheckedArtifact(
            inputs=taken,
            outputs=given,
            ops=where.op_counts,
            residency=residency_record(where),
            parity=parities.get(name),
            latency=_latency(item, times, threads),
            not_run=item.not_run,
            runtime=ran[name].answer.runtime if name in ran else None,
            loss=losses.get(name),
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


def _run(
    files: Mapping[str, Candidate],
    images: Samples,
    preprocessing: Preprocessing,
    threads: int,
    workers: int,
    progress: Progress,
) -> dict[str, Ran]:
    """What became of each file that can be run here, by name; processes of their own run them.

    One that ends such a process is never run in this one, to be timed.
    """
    ran: dict[str, Ran] = {}
    for count in dict.fromkeys(item.images for item in files.values()):
        shown = images if count is None else images.first(count)
        names = [
            name for name, item in files.items() if item.not_run is None and item.images == count
        ]
        if names:
            paths = [files[name].path for name in names]
            work = Work(paths, shown.pixels, preprocessing, threads)
            run = HostTarget(workers).run(work, progress)
            ran |= dict(zip(names, run.ran, strict=True))
    return ran


def _parity(task: Task, item: Candidate, images: Samples, ran: Ran) -> Parity:
    """How closely a file follows the eager model.

    Raises:
        CheckError: It cannot be run, or its or the eager model's outputs cannot be compared.
    """
    if ran.outputs is None:
        raise CheckError(f"{item.path.name}: {ran.answer.failure}")
    shown = images if item.images is None else images.first(item.images)
    assert shown.outputs is not None
    try:
        reference = task.reference(shown.outputs, tuple(ran.outputs))
        return task.compare(reference, ran.outputs, shown.truths, shown.name)
    except CheckError as error:
        raise CheckError(f"{item.path.name}: {error}") from error


def _loss(
    task: Task, item: Candidate, images: Samples, ran: Ran, unpruned: Unpruned | None
) -> Loss | None:
    """What a file loses against the model as it was, if it was pruned and ran on all images.

    Raises:
        CheckError: Their outputs cannot be compared.
    """
    if unpruned is None or item.images is not None:
        return None
    assert ran.outputs is not None
    proof = dataclasses.replace(images, outputs=unpruned.outputs).part(unpruned.proof)
    assert proof.outputs is not None
    ours = part_of(ran.outputs, unpruned.proof)
    try:
        reference = task.reference(proof.outputs, tuple(ours))
        meter = task.meter(proof.name)
        meter.add(reference, ours, proof.truths)
        return Loss(parity=meter.parity(), drop=meter.drop())
    except CheckError as error:
        raise CheckError(f"{item.path.name}: {error}") from error


def _time(
    files: Iterable[Candidate],
    images: Samples,
    preprocessing: Preprocessing,
    threads: int,
    rounds: int,
    progress: Progress,
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
            runner = stack.enter_context(format_of(path).runner(path, threads))
            if runner.is_stand_in:
                continue
            shape = (runner.batch, *images.pixels.shape[1:])
            pixels = np.resize(images.pixels[: runner.batch], shape)
            runner.set_input(runner.prepared(pixels, preprocessing))
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
