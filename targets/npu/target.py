"""The simulated NPU of a Snapdragon chip as a target."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ...artifact.chips import CHIPS, chip_of
from ...artifact.manifest import Compiled
from ...errors import TargetError, UsageError
from ...progress import Progress
from ...runtime.onnx.runner import load_runtime
from ...runtime.qnn.compiled import check_sdk, other_chip, read_compiled
from ...runtime.qnn.runner import COMPILED
from ...runtime.qnn.simulator import SIMULATOR, sdk_version
from ..target import TargetRun, Work
from ..worker_process import MODULE
from ..worker_target import FreshWorkerTarget, Start
from .tracer import NpuTracer


class NpuTarget(FreshWorkerTarget):
    """Computes ONNX files, compiled or not, as a chip's NPU would; a refused op is an error.

    Args:
        chip: Its name.

    Raises:
        UsageError: The chip is unknown.
    """

    scheme = "npu"
    half = True
    accelerator = "npu"

    def __init__(self, chip: str) -> None:
        if not chip:
            raise UsageError(f"npu: give a chip, such as npu:8gen3; there are {', '.join(CHIPS)}")
        self._chip = chip_of(chip)
        self.chip = chip
        self.name = f"npu:{chip}"

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        if path.suffix == COMPILED:
            compiled = read_compiled(path)
            return None if compiled.chip == self.chip else other_chip(compiled)
        return None if path.suffix == ".onnx" else "the NPU takes ONNX files and compiled graphs"

    def run(self, work: Work, progress: Progress) -> TargetRun:
        """See :class:`Target`.

        Raises:
            ArtifactError: A compiled file is of another SDK than the simulator.
            MissingDependencyError: There is no simulator.
        """
        load_runtime()
        sdk_version()
        for path in work.files:
            if path.suffix == COMPILED:
                check_sdk(path, read_compiled(path))
        return super().run(work, progress)

    def tracer(self, path: Path) -> NpuTracer:
        """See :class:`Target`; of an ONNX graph."""
        if path.suffix != ".onnx":
            raise TargetError(f"a compiled graph shows no values on {self.name}")
        return NpuTracer(path)

    def _described(self, machine: dict[str, str]) -> dict[str, str]:
        text = f"{self._chip}, computed by the {SIMULATOR} of SDK {sdk_version()}"
        return machine | {"processor": text}

    def _start(self, folder: Path) -> Start:
        return [sys.executable, "-m", MODULE, str(folder)], dict(os.environ)


def check_chips(targets: Sequence[object], compiled: Sequence[Compiled]) -> None:
    """Checks that a bundle with compiled graphs has one for each NPU that is asked for.

    Raises:
        UsageError: It has none for one of them.
    """
    known = sorted({item.chip for item in compiled})
    for target in targets:
        if known and isinstance(target, NpuTarget) and target.chip not in known:
            raise UsageError(
                f"{target.name}: the bundle is compiled for {', '.join(known)} alone; take one of"
                f" them, or export for chip {target.chip}"
            )
