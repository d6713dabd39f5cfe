"""The times of ops within XNNPACK and outside it, by LiteRT's profiler."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ...errors import ArtifactError
from ...process.native_output import captured_output
from ..profile import WARMUP, OpTime, Profile, middle_mean
from ..tensor_values import check_dtypes, fixed_shape, noise
from .litert_model import ProfiledModel, profiler_missing
from .runner import TFLiteRunner, open_interpreter, tensors_of

_ORDER = "Run Order"
_ROW = re.compile(
    r"^\s*(?P<kind>\S.*?)\s+[\d.]+\s+[\d.]+\s+(?P<average>[\d.]+)\s+[\d.]+%\s+[\d.]+%\s+[\d.]+"
    r"\s+(?P<times>\d+)\s+(?P<name>\S.*)$"
)
_WITHIN = "Delegate/"


def profile(path: Path, threads: int, runs: int) -> Profile:
    """Runs a file with LiteRT's profiler, which counts whole microseconds.

    Raises:
        ArtifactError: The file cannot be run.
        MissingDependencyError: ai-edge-litert is not installed.
    """
    interpreter = open_interpreter(path, threads)
    reason = profiler_missing()
    if reason:
        return Profile(TFLiteRunner.runtime, 0, (), reason)
    inputs, outputs = tensors_of(path, interpreter)
    check_dtypes(path, inputs, outputs)
    with captured_output():
        model = ProfiledModel(
            path,
            threads,
            noise(inputs),
            [np.zeros(fixed_shape(tensor), tensor.dtype) for tensor in outputs],
        )
        for _ in range(WARMUP):
            model.invoke()
        reports = [read_summary(model.profiled_run()) for _ in range(runs)]
    ops = [
        OpTime(again[0].kind, again[0].name, middle_mean([op.milliseconds for op in again]))
        for again in zip(*reports, strict=True)
    ]
    if not ops:
        raise ArtifactError(f"{path}: LiteRT's profiler told of no ops")
    return Profile(TFLiteRunner.runtime, runs, tuple(ops))


def read_summary(text: str) -> list[OpTime]:
    """The ops of a report of LiteRT's profiler, in the order in which they ran.

    A delegate's ops are listed beside the node that stands for all of them; that node would
    count twice, and is left out.
    """
    rows = []
    listed = False
    for line in text.splitlines():
        if "=====" in line:
            listed = _ORDER in line
        found = _ROW.match(line) if listed else None
        if found:
            rows.append((found["kind"], found["name"], float(found["average"])))
    has_inner = any(kind.startswith(_WITHIN) for kind, _, _ in rows)
    return [
        OpTime(kind.removeprefix(_WITHIN), name, milliseconds)
        for kind, name, milliseconds in rows
        if not (has_inner and "Delegate" in kind and not kind.startswith(_WITHIN))
    ]
