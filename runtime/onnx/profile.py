"""The times of ops, by ONNX Runtime's own profiler."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from ...process.system_limit import scratch_folder
from ..profile import WARMUP, OpTime, Profile, middle_mean
from .runner import OnnxRunner

_KERNEL = "_kernel_time"


def profile(path: Path, threads: int, runs: int) -> Profile:
    """Runs a file with ONNX Runtime's profiler.

    Raises:
        ArtifactError: The file cannot be run.
    """
    with (
        scratch_folder() as folder,
        OnnxRunner(path, threads, trace=folder / "trace") as runner,
    ):
        runner.set_noise()
        for _ in range(WARMUP + runs):
            runner.invoke()
        events = json.loads(runner.end_trace().read_text(encoding="utf-8"))
    return Profile(OnnxRunner.runtime, runs, tuple(_ops(events, runs)))


def _ops(events: list[dict[str, Any]], runs: int) -> list[OpTime]:
    """Mean times from a trace's events, without the runs before the last so many."""
    durations: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith(_KERNEL):
            name = event["name"].removesuffix(_KERNEL)
            durations[event["args"]["op_name"], name].append(event["dur"] / 1000)
    return [
        OpTime(kind, name, middle_mean(times[-runs:])) for (kind, name), times in durations.items()
    ]
