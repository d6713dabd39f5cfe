"""Proving a bundle's artifacts: the same function, wholly delegated, and how fast."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..artifact.manifest import Latency, Parity, Residency, Tensor
from ..artifact.preprocessing import Preprocessing
from ..errors import CheckError
from ..progress import Progress
from .latency import LatencyResult, ratio, time_interleaved
from .parity import compare
from .runner import Runner
from .tflite import TFLiteRunner, tensors
from .tflite_residency import residency

DELEGATE = "XNNPACK"
WARMUP = 5


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images with what the eager model says about them.

    Attributes:
        data: What the images are.
        pixels: uint8 [N, H, W, 3].
        reference: The eager model's logits, float32 [N, K].
        labels: int64 [N], or None.
    """

    data: str
    pixels: NDArray[np.uint8]
    reference: NDArray[np.float32]
    labels: NDArray[np.int64] | None


@dataclasses.dataclass(frozen=True)
class Verified:
    """What was found out about one artifact."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    ops: dict[str, int]
    residency: Residency
    parity: Parity
    latency: Latency


def verify(
    files: Mapping[str, Path],
    float32: Path,
    samples: Samples,
    preprocessing: Preprocessing,
    *,
    threads: int,
    rounds: int,
    progress: Progress,
) -> dict[str, Verified]:
    """Checks and times artifacts, each against the eager model and the float32 artifact.

    Args:
        files: Artifacts by name.
        float32: The float32 artifact, which all are timed in turns with.
        samples: What parity is taken on.
        preprocessing: Normalises the samples' pixels.
        threads: Threads for the runtime.
        rounds: Timed runs of each artifact.
        progress: Is told about each step.

    Raises:
        CheckError: An artifact's or the eager model's logits cannot be compared.
    """
    parities = {}
    for name, path in files.items():
        with (
            progress.step(f"checking {name}", len(samples.pixels)) as advance,
            TFLiteRunner(path, threads) as runner,
        ):
            logits = runner.run_pixels(samples.pixels, preprocessing, advance)
        try:
            parities[name] = compare(samples.reference, logits, samples.labels, samples.data)
        except CheckError as error:
            raise CheckError(f"{path.name}: {error}") from error
    reference, times = _time(files, float32, samples, preprocessing, threads, rounds, progress)
    verified = {}
    for name, path in files.items():
        where = residency(path, threads)
        inputs, outputs = tensors(path)
        verified[name] = Verified(
            inputs=inputs,
            outputs=outputs,
            ops=where.op_counts,
            residency=Residency(
                delegate=DELEGATE,
                partitions=where.partitions,
                delegated_ops=len(where.ops) - len(where.refused),
                refused=where.refused_counts,
            ),
            parity=parities[name],
            latency=latency_record(times[name], reference, threads),
        )
    return verified


def _time(
    files: Mapping[str, Path],
    float32: Path,
    samples: Samples,
    preprocessing: Preprocessing,
    threads: int,
    rounds: int,
    progress: Progress,
) -> tuple[LatencyResult, dict[str, LatencyResult]]:
    """Latency of the float32 file and of each artifact."""
    with contextlib.ExitStack() as stack:
        runners: dict[Path, Runner] = {}
        for path in {float32, *files.values()}:
            runner = stack.enter_context(TFLiteRunner(path, threads))
            shape = (runner.batch, *samples.pixels.shape[1:])
            pixels = np.resize(samples.pixels[: runner.batch], shape)
            runner.set_input(preprocessing.normalise(pixels))
            runners[path] = runner
        advance = stack.enter_context(progress.step("timing", WARMUP + rounds))
        by_path = time_interleaved(
            {str(path): runner.invoke for path, runner in runners.items()},
            rounds=rounds,
            warmup=WARMUP,
            on_round=lambda: advance(1),
        )
    return by_path[str(float32)], {name: by_path[str(path)] for name, path in files.items()}


def latency_record(result: LatencyResult, reference: LatencyResult, threads: int) -> Latency:
    """A latency result as the manifest keeps it, with its ratio to the reference's."""
    relative = ratio(result, reference)
    return Latency(
        threads=threads,
        runs=len(result.milliseconds),
        median_ms=round(result.median, 4),
        p10_ms=round(result.percentile(10), 4),
        p90_ms=round(result.percentile(90), 4),
        ratio_to_fp32=round(relative.value, 4),
        ratio_low=round(relative.low, 4),
        ratio_high=round(relative.high, 4),
    )
