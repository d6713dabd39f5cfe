"""Reading files that hold a graph compiled for one chip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from ...artifact.chips import chip_of
from ...artifact.interface import METADATA_NAME, parse_metadata
from ...artifact.manifest import Compiled, Tensor
from ...errors import ArtifactError, MissingDependencyError
from ..images import with_layouts
from ..residency import OpRecord, Residency
from . import simulator as htp

DELEGATE = "Qualcomm HTP"


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


def other_chip(compiled: Compiled) -> str:
    """Why another chip does not take a file."""
    return (
        f"is compiled for Snapdragon {chip_of(compiled.chip).title} alone; run it on"
        f" npu:{compiled.chip}"
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
    return with_layouts(
        [_tensor(item) for item in graph.input],
        [_tensor(item) for item in graph.output],
        "NCHW",
        read_metadata(path),
    )


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
    return Tensor(
        name=item.name,
        shape=tuple(size.dim_value or None for size in kind.shape.dim),
        dtype=str(np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))),
        layout="",
    )
