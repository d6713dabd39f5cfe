"""MNN, with its own converter and quantizer.

``MNN.tools``, behind its commands, is never imported: it installs packages when it is. The native
module ``_tools`` below it does the work and installs nothing. Its quantizer, in version 3.6.1, ends
by SIGSEGV with KL, its default, and by SIGABRT with ADMM, on this model; EMA works with one image a
step, since the model's shapes are fixed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .peer import GIVEN, SIZE, Loaded

FILE = "model.mnn"

PRECISIONS = {"fp32": "normal", "fp16": "low"}
"""As MNN calls them."""


def convert(what: str, files: Path, into: Path) -> None:
    """See :class:`.peer.Peer`: ``fp32`` from the ONNX file, and ``int8`` from that."""
    import _tools  # MNN's, whose package has this name

    given = files / GIVEN
    if what == "fp32":
        options = {
            "-f": "ONNX",
            "--modelFile": str(given / "stock.onnx"),
            "--MNNModel": str(into / FILE),
            "--bizCode": "MNN",
        }
        _tools.mnnconvert(["mnnconvert", *(part for pair in options.items() for part in pair)])
    else:
        settings = into / "quantization.json"
        settings.write_text(json.dumps(_quantization(given)), encoding="utf-8")
        source = str(files / "mnn-fp32" / FILE)
        _tools.mnnquant(["mnnquant", source, str(into / FILE), str(settings)])
    if not (into / FILE).is_file():
        raise RuntimeError("MNN wrote no file")


def _quantization(given: Path) -> dict[str, object]:
    preprocessing = json.loads((given / "preprocessing.json").read_text(encoding="utf-8"))
    images = given / "calibration"
    return {
        "format": "RGB",
        "mean": [255 * mean for mean in preprocessing["mean"]],
        "normal": [1 / (255 * std) for std in preprocessing["std"]],
        "width": SIZE,
        "height": SIZE,
        "path": f"{images}/",
        "used_image_num": sum(1 for _ in images.iterdir()),
        "feature_quantize_method": "EMA",
        "weight_quantize_method": "MAX_ABS",
        "batch_size": 1,
    }


def load(path: Path, arithmetic: str) -> Loaded:
    """See :class:`.peer.Peer`."""
    return _Module(path, arithmetic)


class _Module:
    def __init__(self, path: Path, arithmetic: str) -> None:
        import MNN

        settings = {"backend": "CPU", "numThread": 1, "precision": PRECISIONS[arithmetic]}
        manager = MNN.nn.create_runtime_manager((settings,))
        self._module: Any = MNN.nn.load_module_from_file(str(path), [], [], runtime_manager=manager)
        self._image: Any = MNN.expr.placeholder([1, 3, SIZE, SIZE], MNN.expr.NCHW)
        self._logits: Any = None

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._image.write(np.ascontiguousarray(images))

    def invoke(self) -> None:
        self._logits = self._module.forward(self._image)
        self._logits.read()  # computes what is not computed yet

    def output(self) -> NDArray[np.float32]:
        # What is read lies in the variable's memory, and is gone with it.
        return np.array(self._logits.read())
