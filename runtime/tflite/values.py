"""Running TFLite files that show every value as an output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.formats import Accelerator
from ...process.native_output import captured_output
from .gpu import compile_for_gpu
from .runner import open_interpreter


def run_exposed(
    path: Path, feed: NDArray[Any], accelerator: Accelerator = "cpu"
) -> list[NDArray[Any]]:
    """All outputs of a file, in its order and types, for an input as it is stored.

    Raises:
        ArtifactError: The file cannot be run.
        RefusedOpsError: The GPU refuses an op.
    """
    interpreter = open_interpreter(path, threads=1)
    outputs = interpreter.get_output_details()
    if accelerator == "cpu":
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], feed)
        with captured_output():
            interpreter.invoke()
        return [np.array(interpreter.get_tensor(output["index"])) for output in outputs]
    model, _ = compile_for_gpu(path, half=accelerator == "gpu-fp16")
    with captured_output():
        given, taken = model.create_input_buffers(0), model.create_output_buffers(0)
        given[0].write(feed)
        model.run_by_index(0, given, taken)
        return [
            np.asarray(buffer.read(int(np.prod(output["shape"])), output["dtype"])).reshape(
                output["shape"]
            )
            for buffer, output in zip(taken, outputs, strict=True)
        ]
