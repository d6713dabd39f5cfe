"""The times of ops, by ExecuTorch's event tracer (ETDump).

The package executorch is built with it, XNNPACK's own ops included.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from pathlib import Path
from typing import Any

from ...errors import ArtifactError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ...process.system_limit import scratch_folder
from ..profile import WARMUP, OpTime, Profile, middle_mean
from ..tensor_values import noise
from .runner import BINDINGS, LIBRARY_VARIABLE, ExecuTorchRunner, load_runtime

_NUMBER = re.compile(r" #\d+$")
_FRAMES = ("Method::", "Program::", "DELEGATE_CALL", "OPERATOR_CALL")
"""Events that are no ops but hold them."""


def profile(path: Path, threads: int, runs: int) -> Profile:
    """Runs a file with ExecuTorch's event tracer.

    Raises:
        ArtifactError: The file cannot be run.
        MissingDependencyError: ExecuTorch is not installed.
    """
    if os.environ.get(LIBRARY_VARIABLE):
        return _profile_by_library(path, threads, runs)
    if importlib.util.find_spec("executorch") is None:
        load_runtime()
        return _none("the package executorch-numpy-runtime traces no events; executorch does")
    # Refused in the runner's words, if it cannot be run.
    with ExecuTorchRunner(path, threads) as runner:
        values = noise(runner.inputs)
    bindings: Any = importlib.import_module(BINDINGS)
    tensor = importlib.import_module("torch").from_numpy
    inputs = [tensor(value) for value in values]
    with scratch_folder() as folder, deferred_interrupt(), captured_output():
        bindings._unsafe_reset_threadpool(threads)
        module = bindings._load_for_executorch(str(path), enable_etdump=True)
        if not module.has_etdump():
            return _none("this build of ExecuTorch has no event tracer")
        for _ in range(WARMUP + runs):
            module.forward(inputs)
        dump = folder / "trace.etdp"
        module.write_etdump_result_to_file(str(dump), str(folder / "trace.bin"))
        ops = _ops(dump, runs)
    if not ops:
        raise ArtifactError(f"{path}: ExecuTorch traced no ops of it")
    return Profile(ExecuTorchRunner.runtime, runs, tuple(ops))


def _profile_by_library(path: Path, threads: int, runs: int) -> Profile:
    """The same with the tracer of our own library."""
    with ExecuTorchRunner(path, threads, traced=True) as runner, captured_output():
        runner.set_noise()
        for _ in range(WARMUP):
            runner.invoke()
        runner.trace()
        traces = []
        for _ in range(runs):
            runner.invoke()
            traces.append(read_trace(runner.trace()))
    ops = [
        OpTime(again[0].kind, again[0].name, middle_mean([op.milliseconds for op in again]))
        for again in zip(*traces, strict=True)
    ]
    return Profile(ExecuTorchRunner.runtime, runs, tuple(ops))


def read_trace(text: str) -> list[OpTime]:
    """The ops of what our own library traced in one run."""
    rows = [line.split(" ", 1) for line in text.splitlines()]
    return [
        OpTime(_NUMBER.sub("", name), name, int(nanoseconds) / 1e6)
        for nanoseconds, name in rows
        if not name.startswith(_FRAMES)
    ]


def _none(reason: str) -> Profile:
    return Profile(ExecuTorchRunner.runtime, 0, (), reason)


def _ops(dump: Path, runs: int) -> list[OpTime]:
    """Mean times of a trace's last so many runs."""
    inspector = importlib.import_module("executorch.devtools").Inspector(etdump_path=str(dump))
    found = []
    for block in inspector.event_blocks:
        for event in block.events:
            if event.perf_data is None or event.name.startswith(_FRAMES):
                continue
            milliseconds = middle_mean(event.perf_data.raw[-runs:])
            found.append(OpTime(_NUMBER.sub("", event.name), event.name, milliseconds))
    return found
