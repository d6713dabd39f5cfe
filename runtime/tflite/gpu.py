"""Running TFLite files with LiteRT's GPU accelerator, on whatever Vulkan device there is."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.manifest import Residency, Tensor
from ...errors import ArtifactError, MissingDependencyError
from ...process.interrupt import deferred_interrupt
from ...process.native_output import captured_output
from ..images import image_input
from ..runner import Runner
from ..tensor_values import fixed_shape, shown_shape
from . import residency as tflite_residency
from . import runner as tflite
from .metadata import read_metadata

_ADAPTER = re.compile(r"Selected adapter: (?P<name>.+?), arch=.*?adapterType=(?P<type>.+)")
_REFUSED = re.compile(
    r"Following operations are not supported by GPU delegate:\n(?P<ops>(?:.+\n)+?)"
    r"(?P<taken>\d+) operations will run on the GPU, and the remaining (?P<left>\d+) operations"
)


GPU_DELEGATE = "LiteRT GPU"


class RefusedOpsError(ArtifactError):
    """The GPU accelerator does not take a whole file.

    Attributes:
        residency: What it would take, and what not.
    """

    def __init__(self, message: str, residency: Residency) -> None:
        super().__init__(message)
        self.residency = residency


class TFLiteGpuRunner(Runner):
    """Runs a TFLite file on the GPU alone: an op that it refuses is an error, not the CPU's.

    Args:
        path: The file, with one input in float32 or, for pixels, uint8, and outputs in float32.
        half: Whether the device may compute in half precision, which it then decides itself.

    Attributes:
        device: What the accelerator runs on, such as ``SwiftShader Device (Subzero)``.
        is_software: Whether that is a program on this machine's processor.
        residency: Where its ops run: all on the GPU.

    Raises:
        ArtifactError: The file cannot be read.
        RefusedOpsError: The GPU refuses an op.
        MissingDependencyError: There is no Vulkan device, or no LiteRT.
    """

    runtime = GPU_DELEGATE

    def __init__(self, path: Path, *, half: bool = False) -> None:
        super().__init__(path, *_taken_by_gpu(path), threads=1)
        self._model, adapter = compile_for_gpu(path, half=half)
        self.device, self.is_software = adapter
        with captured_output():
            self._taken: Any = self._model.create_input_buffers(0)
            self._given: Any = self._model.create_output_buffers(0)
        self._values: list[NDArray[Any]] = []
        self.residency = Residency(
            delegate=GPU_DELEGATE, partitions=1, delegated_ops=_op_count(path), refused={}
        )

    def __enter__(self) -> TFLiteGpuRunner:
        return self

    def metadata(self) -> dict[str, Any] | None:
        """See :class:`Runner`."""
        return read_metadata(self.path)

    def _set_inputs(self, values: Sequence[NDArray[Any]]) -> None:
        for buffer, value in zip(self._taken, values, strict=True):
            buffer.write(value)

    def invoke(self) -> None:
        """See :class:`Runner`."""
        with captured_output():
            self._model.run_by_index(0, self._taken, self._given)
            # The call above only asks for the work; reading waits for it.
            self._values = [
                buffer.read(math.prod(fixed_shape(tensor)), np.float32)
                for buffer, tensor in zip(self._given, self.outputs, strict=True)
            ]

    def read_outputs(self) -> list[NDArray[Any]]:
        """See :class:`Runner`."""
        return [
            np.asarray(values, np.float32).reshape(fixed_shape(tensor))
            for values, tensor in zip(self._values, self.outputs, strict=True)
        ]

    def close(self) -> None:
        with captured_output():
            self._taken = self._given = self._model = None


def compile_for_gpu(path: Path, *, half: bool) -> tuple[Any, tuple[str, bool]]:
    """A file compiled for the GPU alone.

    Returns:
        LiteRT's model, and the device's name with whether it is a program on the processor.

    Raises:
        RefusedOpsError: The GPU refuses an op.
        MissingDependencyError: There is no Vulkan device, or no LiteRT.
    """
    with deferred_interrupt():
        from ai_edge_litert.compiled_model import (
            CompiledModel,
            GpuOptions,
            HardwareAccelerator,
            Options,
        )
    options = Options(
        hardware_accelerators=HardwareAccelerator.GPU,
        gpu_options=GpuOptions(enforce_f32=not half),
    )
    model, failure = None, None
    with deferred_interrupt(), captured_output() as printed:
        try:
            model = CompiledModel.from_file(str(path), options=options)
        except RuntimeError as error:
            failure = error
        text = printed()
    adapter = _ADAPTER.search(text)
    if adapter is None:
        raise MissingDependencyError(
            "there is no Vulkan device here; build software ones with: lowformer-lab gpu"
        ) from failure
    if model is None or not model.is_fully_accelerated():
        raise _refusal(path, text) from failure
    return model, (adapter["name"], "CPU" in adapter["type"])


def _taken_by_gpu(path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The inputs and outputs of a file.

    Raises:
        ArtifactError: One is of another type than float32, or than uint8 for pixels; or leaves a
            size open; or there are several inputs, whose order the accelerator does not tell.
    """
    inputs, outputs = tflite.tensors(path)
    if len(inputs) != 1:
        raise ArtifactError(
            f"{path}: has {len(inputs)} inputs; the GPU runner takes files with one"
        )
    image = image_input(inputs)
    takes_pixels = image is not None and image.takes_pixels
    for tensor in (*inputs, *outputs):
        if tensor.dtype != "float32" and not (tensor is inputs[0] and takes_pixels):
            raise ArtifactError(
                f"{path}: its {tensor.name} is {tensor.dtype}; on the GPU it must be float32"
            )
        if None in tensor.shape:
            raise ArtifactError(
                f"{path}: its {tensor.name} is {shown_shape(tensor.shape)}; on the GPU no size may"
                " be left open"
            )
    return inputs, outputs


def _refusal(path: Path, text: str) -> RefusedOpsError:
    """The refused ops with reasons, as the accelerator states them; ops alike are stated once."""
    found = _REFUSED.search(text)
    if found is None:
        refused, taken, reasons = {"an op not named": 1}, 0, "it, and names no op"
    else:
        lines = [line.strip() for line in found["ops"].splitlines()]
        refused = dict(Counter(line.partition(":")[0] for line in lines).most_common())
        if unnamed := int(found["left"]) - len(lines):
            refused["ops beside them"] = unnamed
        taken, reasons = int(found["taken"]), "; ".join(lines)
    return RefusedOpsError(
        f"{path}: the GPU accelerator refuses {reasons}",
        Residency(delegate=GPU_DELEGATE, partitions=0, delegated_ops=taken, refused=refused),
    )


def _op_count(path: Path) -> int:
    return len(tflite_residency.residency(path).ops)
