"""Running ONNX graphs that show many values as outputs on a simulated NPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.chips import Chip
from ...process.native_output import captured_output
from .simulator import open_session


def run_exposed_on_npu(path: Path, images: NDArray[Any], chip: Chip) -> list[NDArray[np.float32]]:
    """All outputs of a graph, in its order, for normalised images [batch, 3, H, W].

    Raises:
        RefusedByNpuError: The NPU refuses an op.
    """
    session = open_session(path, chip)
    (image,) = session.get_inputs()
    with captured_output():
        return [np.asarray(value, np.float32) for value in session.run(None, {image.name: images})]
