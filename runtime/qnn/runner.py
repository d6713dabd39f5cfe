"""Computing files as the NPU of a Snapdragon chip would, with Qualcomm's simulator.

Its numbers are those of the NPU's arithmetic as Qualcomm models it; its times say nothing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ...artifact.chips import Chip, chip_of
from ...artifact.formats import FORMATS
from ...artifact.manifest import Residency as ResidencyRecord
from ...errors import ArtifactError
from ...process.native_output import captured_output
from ..onnx.runner import OnnxRunner
from ..residency import Residency
from . import simulator as htp
from .compiled import DELEGATE, check_sdk, other_chip, read_compiled, residency

COMPILED = FORMATS["qnn"].suffix


def load_runtime() -> object:
    """Imports what runs the files.

    Raises:
        MissingDependencyError: It is not installed.
    """
    return htp.sdk_version()


class QnnRunner(OnnxRunner):
    """Runs an ONNX graph, or one that was compiled, on the simulator alone.

    Args:
        path: The file.
        threads: Is not used: the simulator decides itself.
        chip: Whose NPU is simulated; what a compiled file was compiled for by default.

    Attributes:
        residency: Where its ops run: all on the NPU.

    Raises:
        ArtifactError: The file cannot be read, or is for another chip or SDK.
        RefusedByNpuError: The NPU refuses an op.
        MissingDependencyError: onnxruntime-qnn is not installed.
    """

    runtime = htp.SIMULATOR
    is_stand_in = True

    def __init__(self, path: Path, threads: int = 1, chip: Chip | None = None) -> None:
        ops = residency(path).ops
        if path.suffix == COMPILED:
            compiled = read_compiled(path)
            check_sdk(path, compiled)
            if chip and chip.name != compiled.chip:
                raise ArtifactError(f"{path}: {other_chip(compiled)}")
            chip = chip_of(compiled.chip)
        assert chip is not None
        self._chip = chip
        self.residency = Residency(DELEGATE, ops, 1)
        super().__init__(path, threads)

    def _open(self, path: Path, threads: int, trace: Path | None) -> Any:
        return htp.open_session(path, self._chip)

    def invoke(self) -> None:
        with captured_output():
            super().invoke()


def refused_by_npu(error: htp.RefusedByNpuError) -> ResidencyRecord:
    """Which ops the NPU left."""
    kinds = Counter(error.refused.values())
    return ResidencyRecord(
        delegate=DELEGATE, partitions=0, delegated_ops=0, refused=dict(kinds.most_common())
    )
