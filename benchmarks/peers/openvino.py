"""OpenVINO, with NNCF's quantization after training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .peer import GIVEN, SIZE, Loaded

FILE = "model.xml"

PRECISIONS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}
"""As OpenVINO calls them."""


def convert(what: str, files: Path, into: Path) -> None:
    """See :class:`.peer.Peer`: ``fp32`` from the ONNX file, and ``int8`` from that."""
    import openvino

    if what == "fp32":
        model = openvino.Core().read_model(files / GIVEN / "stock.onnx")
    else:
        import nncf

        images = np.load(files / GIVEN / "calibration.npy")
        model = nncf.quantize(
            openvino.Core().read_model(files / "openvino-fp32" / FILE),
            nncf.Dataset([image[None] for image in images]),
            subset_size=len(images),
        )
    openvino.save_model(model, into / FILE, compress_to_fp16=False)


def load(path: Path, arithmetic: str) -> Loaded:
    """See :class:`.peer.Peer`."""
    return _Request(path, arithmetic)


class _Request:
    def __init__(self, path: Path, arithmetic: str) -> None:
        import openvino

        settings = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": PRECISIONS[arithmetic],
        }
        self._request: Any = openvino.compile_model(path, "CPU", settings).create_infer_request()
        self._image = np.zeros((1, 3, SIZE, SIZE), np.float32)
        self._request.set_input_tensor(openvino.Tensor(self._image, shared_memory=True))

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._image[:] = images

    def invoke(self) -> None:
        self._request.infer()

    def output(self) -> NDArray[np.float32]:
        return np.array(self._request.get_output_tensor().data)
