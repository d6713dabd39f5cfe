"""Running TFLite files with LiteRT's interpreter, on the CPU through XNNPACK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.manifest import Quantization, Tensor
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ...process.text import one_line
from ..runner import Runner

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
    try:
        with captured_output():
            interpreter = interpreters(str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = one_line(error)
        raise ArtifactError(
            f"{path}: damaged, or made for another runtime ({reason}); export it again"
        ) from error
    return interpreter


def tensors(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Records of a file's inputs and outputs.

    Raises:
        ArtifactError: The file cannot be loaded.
    """
    interpreter = open_interpreter(path, threads=1)
    return (
        tuple(_record(tensor, "NHWC") for tensor in interpreter.get_input_details()),
        tuple(_record(tensor, "NK") for tensor in interpreter.get_output_details()),
    )


def _record(tensor: dict[str, Any], layout: str) -> Tensor:
    scale, zero_point = tensor["quantization"]
    return Tensor(
        name=tensor["name"],
        shape=tuple(map(int, tensor["shape"])),
        dtype=np.dtype(tensor["dtype"]).name,
        layout=layout,
        quantization=Quantization(scale=scale, zero_point=zero_point) if scale else None,
    )


class TFLiteRunner(Runner):
    """Runs a TFLite file with one image input and one output of logits.

    Args:
        path: The file; its input is [N, H, W, 3] in float32 or int8.
        threads: Threads for XNNPACK.

    Raises:
        ArtifactError: The file cannot be read, or has other inputs and outputs.
    """

    runtime = "LiteRT"

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._interpreter = open_interpreter(path, threads)
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0]["shape"]) != 4:
            raise ArtifactError(f"{path}: not an image classifier with one input and one output")
        self._input, self._output = inputs[0], outputs[0]
        batch, height, width, channels = map(int, self._input["shape"])
        if height != width or channels != 3:
            raise ArtifactError(
                f"{path}: its input is {[batch, height, width, channels]}, not square RGB images"
                " in the order NHWC"
            )
        self.batch, self.input_size, self.threads = batch, height, threads
        self.num_classes = int(self._output["shape"][-1])

    def __enter__(self) -> TFLiteRunner:
        return self

    def set_input(self, images: NDArray[np.float32]) -> None:
        values = np.ascontiguousarray(np.moveaxis(images, 1, -1))
        self._interpreter.set_tensor(self._input["index"], _quantized(values, self._input))

    def invoke(self) -> None:
        self._interpreter.invoke()

    def output(self) -> NDArray[np.float32]:
        values = self._interpreter.get_tensor(self._output["index"])
        return _dequantized(values, self._output)

    def close(self) -> None:
        self._interpreter = None


def _quantized(values: NDArray[np.float32], tensor: dict[str, Any]) -> NDArray[Any]:
    """Values in the tensor's own type: round(values / scale) + zero point, saturated."""
    if tensor["dtype"] == np.float32:
        return values
    scale, zero_point = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    steps = np.round(values / np.float32(scale)) + zero_point
    return np.clip(steps, limits.min, limits.max).astype(tensor["dtype"])


def _dequantized(values: NDArray[Any], tensor: dict[str, Any]) -> NDArray[np.float32]:
    if tensor["dtype"] == np.float32:
        return values
    scale, zero_point = tensor["quantization"]
    return (values.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)
