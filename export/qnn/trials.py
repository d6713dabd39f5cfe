"""Running and counting graphs for an NPU that are still in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...artifact.chips import Chip
from ...artifact.outputs import Outputs
from ...artifact.pixel_file import Pixels
from ...artifact.preprocessing import Preprocessing
from ...models.onnx_cost import int8_products
from ...process.system_limit import scratch_folder
from ...runtime.qnn.runner import QnnRunner


class QnnTrials:
    """Runs graphs on the simulator of a chip's NPU.

    Its times say nothing, so that a file's cost is its products, see :func:`int8_products`.

    Args:
        preprocessing: Normalises pixels.
        chip: The chip.
    """

    unit = "million int8 MACs"

    def __init__(self, preprocessing: Preprocessing, chip: Chip) -> None:
        self._preprocessing = preprocessing
        self._chip = chip

    def costs(self, files: Mapping[str, bytes]) -> dict[str, float]:
        """Products of an inference of each file, in millions of such of 8 bits."""
        found = {}
        for name, content in files.items():
            with _written(content) as path:
                found[name] = int8_products(path) / 1e6
        return found

    def outputs(self, file: bytes, pixels: Pixels) -> Outputs:
        """Outputs of a file for images, uint8 [N, H, W, 3]."""
        with _written(file) as path, QnnRunner(path, chip=self._chip) as runner:
            return runner.run_pixels(pixels, self._preprocessing)


@contextlib.contextmanager
def _written(content: bytes) -> Iterator[Path]:
    with scratch_folder() as folder:
        path = folder / "model.onnx"
        path.write_bytes(content)
        yield path
