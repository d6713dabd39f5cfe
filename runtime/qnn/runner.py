"""Computing files as the NPU of a Snapdragon chip would, with Qualcomm's simulator.

Its numbers are those of the NPU's arithmetic as Qualcomm models it; its times say nothing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...artifact.chips import Chip, chip_of
from ...artifact.interface import METADATA_NAME, parse_metadata
from ...artifact.manifest import Compiled, Tensor
from ...artifact.manifest import Residency as ResidencyRecord
from ...errors import ArtifactError, MissingDependencyError
from ...process.native_output import captured_output
from ..onnx.runner import OnnxRunner
from ..profile import Profile
from ..residency import OpRecord, Residency
from ..trace import Tracer
from . import simulator as htp

DELEGATE = "Qualcomm HTP"

COMPILED_SUFFIX = ".qnn"
"""Of files that hold a graph compiled for one chip."""

_LAYOUTS = {4: "NCHW", 2: "NC"}


def load_runtime() -> object:
    """Imports what runs the files.

    Raises:
        MissingDependencyError: It is not installed.
    """
    return htp.sdk_version()


def read_compiled(path: Path) -> Compiled:
    """What a file was compiled for.

    Raises:
        ArtifactError: The file cannot be read, or does not tell.
    """
    stated = (read_metadata(path) or {}).get("compiled")
    try:
        return Compiled.model_validate(stated)
    except ValidationError as error:
        raise ArtifactError(
            f"{path}: does not tell which chip it was compiled for; export it with"
            " lowformer-export --to qnn --chip"
        ) from error


def check_sdk(path: Path, compiled: Compiled) -> None:
    """Checks that a file was compiled by the SDK that is installed.

    Raises:
        ArtifactError: It was another; the message tells what to do.
        MissingDependencyError: There is none.
    """
    installed = htp.sdk_version()
    if compiled.sdk != installed:
        raise ArtifactError(
            f"{path}: was compiled by SDK {compiled.sdk}, the simulator here is of {installed};"
            " export it again"
        )


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
        ops = residency(path).ops if path.suffix == COMPILED_SUFFIX else _ops(_load(path))
        if path.suffix == COMPILED_SUFFIX:
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


def other_chip(compiled: Compiled) -> str:
    """Why another chip does not take a file."""
    return (
        f"is compiled for Snapdragon {chip_of(compiled.chip).title} alone; run it on"
        f" npu:{compiled.chip}"
    )


def refused_by_npu(error: htp.RefusedByNpuError) -> ResidencyRecord:
    """Which ops the NPU left."""
    kinds = Counter(error.refused.values())
    return ResidencyRecord(
        delegate=DELEGATE, partitions=0, delegated_ops=0, refused=dict(kinds.most_common())
    )


def residency(path: Path, threads: int = 1) -> Residency:
    """The ops of a compiled file: what the NPU took is one op of them.

    Raises:
        ArtifactError: The file cannot be read.
    """
    found = _ops(_load(path))
    partitions = sum(op.kind == htp.CONTEXT_OP for op in found)
    return Residency(DELEGATE, found, partitions)


def tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Inputs and outputs of a compiled file.

    Raises:
        ArtifactError: The file cannot be read.
    """
    graph = _load(path).graph
    return tuple(map(_tensor, graph.input)), tuple(map(_tensor, graph.output))


def read_metadata(path: Path) -> dict[str, Any] | None:
    """The JSON that ``lowformer-export`` put into a compiled file, or None where there is none.

    Raises:
        ArtifactError: The file cannot be read, or its metadata are damaged.
    """
    stated = {item.key: item.value for item in _load(path).metadata_props}
    if METADATA_NAME not in stated:
        return None
    try:
        return parse_metadata(stated[METADATA_NAME])
    except ValueError as error:
        raise ArtifactError(f"{path}: its metadata are damaged; export again") from error


def profile(path: Path, threads: int, runs: int) -> Profile:
    """Is refused: the simulator's times say nothing.

    Raises:
        ArtifactError: Always.
    """
    raise ArtifactError(f"{path}: a simulator's times say nothing of the NPU; profile it there")


def open_tracer(path: Path) -> Tracer:
    """Is refused: a compiled graph does not show its ops.

    Raises:
        ArtifactError: Always.
    """
    raise ArtifactError(f"{path}: a compiled graph shows no ops; look into the one it was made of")


def _load(path: Path) -> Any:
    """The model of a file."""
    try:
        import onnx
    except ImportError as error:
        raise MissingDependencyError(
            "reading ONNX graphs needs onnx, which is not installed; install the extra npu"
        ) from error
    if not path.is_file():
        raise ArtifactError(f"{path}: there is no such file")
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:
        raise ArtifactError(f"{path}: is damaged, or no compiled graph; export again") from error
    if not model.graph.node:
        raise ArtifactError(f"{path}: is damaged, or no compiled graph; export again")
    return model


def _ops(model: Any) -> tuple[OpRecord, ...]:
    return tuple(OpRecord(node.op_type, node.name, delegated=True) for node in model.graph.node)


def _tensor(item: Any) -> Tensor:
    import onnx

    kind = item.type.tensor_type
    shape = tuple(max(1, size.dim_value) for size in kind.shape.dim)
    return Tensor(
        name=item.name,
        shape=shape,
        dtype=str(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))),
        layout=_LAYOUTS.get(len(shape), ""),
    )
