"""ncnn, with pnnx's conversion, and quantization as ncnn's own tools do it.

Those tools, ncnn2table and ncnn2int8, are not in its Python packages: :mod:`.ncnn_int8` writes the
file in their place.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ncnn_int8 import Layer, quantized, read_layers
from .peer import GIVEN, SIZE, Loaded

FILE = "model.ncnn.param"
WEIGHTS = "model.ncnn.bin"
INPUT, OUTPUT = "in0", "out0"
"""As pnnx names them."""


def convert(what: str, files: Path, into: Path) -> None:
    """See :class:`.peer.Peer`: ``fp32`` from TorchScript, and ``int8`` from that."""
    if what == "fp32":
        _run_pnnx(files / GIVEN / "model.pt", into)
        return
    source = files / "ncnn-fp32"
    text = (source / FILE).read_text(encoding="utf-8")
    images = np.load(files / GIVEN / "calibration.npy")
    largest = _largest_inputs(source / FILE, read_layers(text), images)
    parameters, weights = quantized(text, (source / WEIGHTS).read_bytes(), largest)
    (into / FILE).write_text(parameters, encoding="utf-8")
    (into / WEIGHTS).write_bytes(weights)


def _run_pnnx(model: Path, into: Path) -> None:
    """Converts with the program alone; the package around it would load torch."""
    (program,) = (Path(folder) / "pnnx" / "pnnx" for folder in sys.path if _has_pnnx(folder))
    wanted = {"ncnnparam": into / FILE, "ncnnbin": into / WEIGHTS}
    scrap = ("pnnxparam", "pnnxbin", "pnnxpy", "pnnxonnx", "ncnnpy")
    unwanted = {name: into / f"scrap.{name}" for name in scrap}
    places = [f"{name}={path}" for name, path in (wanted | unwanted).items()]
    shape = f"inputshape=[1,3,{SIZE},{SIZE}]"
    subprocess.run(  # noqa: S603 - our own command lines
        [program, model, shape, "fp16=0", *places], check=True
    )
    for path in unwanted.values():
        path.unlink(missing_ok=True)


def _has_pnnx(folder: str) -> bool:
    return (Path(folder) / "pnnx" / "pnnx").is_file()


def _largest_inputs(
    path: Path, layers: list[Layer], images: NDArray[np.float32]
) -> dict[str, float]:
    """The largest magnitude of what each layer with weights takes, by the layer's name."""
    net = _opened(path, "fp32")
    largest = dict.fromkeys((layer.name for layer in layers if layer.quantizable), 0.0)
    for image in images:
        extractor = net.create_extractor()
        extractor.set_light_mode(False)  # keeps what is between
        extractor.input(INPUT, _matrix(image))
        for layer in layers:
            if layer.name in largest:
                _, values = extractor.extract(layer.inputs[0])
                found = float(np.abs(np.array(values)).max())
                largest[layer.name] = max(largest[layer.name], found)
    return largest


def load(path: Path, arithmetic: str) -> Loaded:
    """See :class:`.peer.Peer`."""
    return _Net(path, arithmetic)


class _Net:
    def __init__(self, path: Path, arithmetic: str) -> None:
        self._net = _opened(path, arithmetic)
        self._image: Any = None
        self._logits: Any = None

    def set_input(self, images: NDArray[np.float32]) -> None:
        self._image = _matrix(images[0])

    def invoke(self) -> None:
        extractor = self._net.create_extractor()
        extractor.input(INPUT, self._image)
        _, self._logits = extractor.extract(OUTPUT)

    def output(self) -> NDArray[np.float32]:
        return np.array(self._logits)


def _matrix(image: NDArray[np.float32]) -> Any:
    import ncnn

    return ncnn.Mat(np.ascontiguousarray(image)).clone()


def _opened(path: Path, arithmetic: str) -> Any:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = 1
    for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic"):
        setattr(net.opt, name, arithmetic == "fp16")
    for name in ("use_bf16_packed", "use_bf16_storage"):
        setattr(net.opt, name, arithmetic == "bf16")
    if net.load_param(str(path)) or net.load_model(str(path.with_name(WEIGHTS))):
        raise RuntimeError(f"ncnn cannot load {path.name}")
    return net
