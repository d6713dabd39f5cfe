"""Running TFLite files with LiteRT's interpreter, on the CPU through XNNPACK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.manifest import Quantization, Tensor
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ...process.text import one_line
from ..damage import telling_damage
from ..images import with_layouts
from ..runner import Runner
from ..tensor_values import check_sizes
from .metadata import read_metadata

FILE_IDENTIFIER = b"TFL3"


def load_runtime() -> Any:
    """LiteRT's class of interpreters.

    Raises:
        MissingDependencyError: ai-edge-litert is not installed.
    """
    try:
        with deferred_interrupt():
            from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise MissingDependencyError(
            "running TFLite files needs ai-edge-litert; install lowformer-edge[tflite-runtime]"
        ) from error
    return Interpreter


def open_interpreter(path: Path, threads: int) -> Any:
    """LiteRT's interpreter for a file, with tensors allocated and XNNPACK applied.

    Raises:
        ArtifactError: The file is missing, damaged or no TFLite model.
        MissingDependencyError: ai-edge-litert is not installed.
    """
    if not path.is_file():
        raise ArtifactError(f"{path}: there is no such file")
    with path.open("rb") as file:
        if file.read(8)[4:] != FILE_IDENTIFIER:
            raise ArtifactError(f"{path}: not a TFLite model")
    interpreters = load_runtime()
    with telling_damage(path), captured_output():
        interpreter = interpreters(str(path), num_threads=threads)
        check_sizes(path, map(_tensor, interpreter.get_tensor_details()))
        interpreter.allocate_tensors()
    return interpreter


def tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Records of a file's inputs and outputs.

    Raises:
        ArtifactError: The file cannot be loaded.
    """
    return tensors_of(path, open_interpreter(path, threads=1))


def tensors_of(path: Path, interpreter: Any) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The same of an interpreter."""
    with telling_damage(path):
        return with_layouts(
            [_tensor(detail) for detail in interpreter.get_input_details()],
            [_tensor(detail) for detail in interpreter.get_output_details()],
            "NHWC",
            read_metadata(path),
        )


def _tensor(detail: dict[str, Any]) -> Tensor:
    scale, zero_point = detail["quantization"]
    signature = detail["shape_signature"]
    shape = signature if len(signature) else detail["shape"]
    quantized = scale and not _holds_pixels(detail)
    return Tensor(
        name=detail["name"],
        shape=tuple(None if size < 0 else int(size) for size in shape),
        dtype=np.dtype(detail["dtype"]).name,
        layout="",
        quantization=Quantization(scale=scale, zero_point=zero_point) if quantized else None,
    )


def _holds_pixels(detail: dict[str, Any]) -> bool:
    """Whether a tensor's integers stand for themselves, from 0 to 255."""
    return detail["dtype"] == np.uint8 and detail["quantization"] in ((0.0, 0), (1.0, 0))


class TFLiteRunner(Runner):
    """Runs a TFLite file.

    Args:
        path: The file.
        threads: Threads for XNNPACK.

    Raises:
        ArtifactError: The file cannot be read, or has tensors of a type that is not run.
    """

    runtime = "LiteRT"

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._interpreter = open_interpreter(path, threads)
        super().__init__(path, *tensors_of(path, self._interpreter), threads)
        self._taken = [item["index"] for item in self._interpreter.get_input_details()]
        self._given = [item["index"] for item in self._interpreter.get_output_details()]
        self._sizes = [
            tuple(map(int, item["shape"])) for item in self._interpreter.get_input_details()
        ]

    def __enter__(self) -> TFLiteRunner:
        return self

    def metadata(self) -> dict[str, Any] | None:
        """See :class:`Runner`."""
        return read_metadata(self.path)

    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        sizes = [value.shape for value in values]
        if sizes != self._sizes:
            self._resize(sizes)
        for index, value in zip(self._taken, values, strict=True):
            self._interpreter.set_tensor(index, value)

    def _resize(self, sizes: list[tuple[int, ...]]) -> None:
        """Has the interpreter make room for inputs of other sizes.

        Raises:
            ArtifactError: The file cannot be computed for them.
        """
        try:
            with captured_output():
                for index, shape in zip(self._taken, sizes, strict=True):
                    self._interpreter.resize_tensor_input(index, shape, strict=True)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ArtifactError(
                f"{self.path}: LiteRT cannot compute it for inputs of {sizes} ({one_line(error)})"
            ) from error
        self._sizes = sizes

    def invoke(self) -> None:
        """See :class:`Runner`.

        Raises:
            ArtifactError: These inputs cannot be computed.
        """
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise ArtifactError(
                f"{self.path}: LiteRT cannot compute it ({one_line(error)}); give inputs of other"
                " sizes or values"
            ) from error

    def read_outputs(self) -> list[NDArray[Any]]:
        """See :class:`Runner`."""
        return [self._interpreter.get_tensor(index) for index in self._given]

    def close(self) -> None:
        """See :class:`Runner`."""
        self._interpreter = None
