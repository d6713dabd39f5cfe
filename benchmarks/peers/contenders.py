"""What is compared: a file, and how its runtime computes it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from .environment import FILES, PROJECT

X86 = "x86"
ARM_CPUS = ("cortex-a76", "i8mm")
PLACES = (X86, *ARM_CPUS)

INT8, HALF, FLOAT = "INT8", "16 bits", "float32"
KINDS = (INT8, HALF, FLOAT)


@dataclasses.dataclass(frozen=True)
class Contender:
    """One row.

    Attributes:
        name: As the table shows it.
        kind: What it is compared with: one of :data:`KINDS`.
        peer: The module that runs it.
        file: Its path in the folder of all files.
        arithmetic: What is computed in where the file leaves that open.
        places: Where it is measured.
    """

    name: str
    kind: str
    peer: str
    file: str
    arithmetic: str = "fp32"
    places: tuple[str, ...] = PLACES

    @property
    def is_ours(self) -> bool:
        """Whether lowformer-edge made it."""
        return self.name.startswith("ours")

    @property
    def path(self) -> Path:
        """Its file."""
        return FILES / self.file

    @property
    def folder(self) -> str:
        """The conversion that it comes from."""
        return self.file.partition("/")[0]


_OPENVINO, _OPENVINO_INT8 = "openvino-fp32/model.xml", "openvino-int8/model.xml"
_NCNN, _NCNN_INT8 = "ncnn-fp32/model.ncnn.param", "ncnn-int8/model.ncnn.param"
_MNN, _MNN_INT8 = "mnn-fp32/model.mnn", "mnn-int8/model.mnn"

OURS = Contender("ours, TFLite INT8", INT8, PROJECT, "project-tflite/int8.tflite")
STOCK = Contender("stock TFLite fp32", FLOAT, PROJECT, "project-stock/stock.tflite")
"""What ratios are to."""

CONTENDERS = (
    OURS,
    Contender("ours, ExecuTorch INT8", INT8, PROJECT, "project-executorch/int8.pte"),
    Contender("ours, ONNX INT8", INT8, PROJECT, "project-onnx/int8.onnx"),
    Contender("ours, ExecuTorch fp16", HALF, PROJECT, "project-executorch/fp16.pte"),
    Contender("ours, TFLite fp32", FLOAT, PROJECT, "project-tflite/fp32.tflite"),
    Contender("ours, ExecuTorch fp32", FLOAT, PROJECT, "project-executorch/fp32.pte"),
    Contender("ours, ONNX fp32", FLOAT, PROJECT, "project-onnx/fp32.onnx"),
    STOCK,
    Contender("ONNX Runtime, plain fp32", FLOAT, PROJECT, "project-given/stock.onnx"),
    Contender("ONNX Runtime, static INT8", INT8, PROJECT, "project-given/stock-int8.onnx"),
    Contender("OpenVINO fp32", FLOAT, "openvino", _OPENVINO),
    Contender("OpenVINO bf16", HALF, "openvino", _OPENVINO, "bf16", (X86,)),
    Contender("OpenVINO fp16", HALF, "openvino", _OPENVINO, "fp16", ARM_CPUS),
    Contender("OpenVINO INT8", INT8, "openvino", _OPENVINO_INT8),
    Contender("OpenVINO INT8, rest bf16", INT8, "openvino", _OPENVINO_INT8, "bf16", (X86,)),
    Contender("OpenVINO INT8, rest fp16", INT8, "openvino", _OPENVINO_INT8, "fp16", ARM_CPUS),
    Contender("ncnn fp32", FLOAT, "ncnn", _NCNN),
    Contender("ncnn bf16", HALF, "ncnn", _NCNN, "bf16", (X86,)),
    Contender("ncnn fp16", HALF, "ncnn", _NCNN, "fp16"),
    Contender("ncnn INT8", INT8, "ncnn", _NCNN_INT8),
    Contender("ncnn INT8, rest fp16", INT8, "ncnn", _NCNN_INT8, "fp16", ARM_CPUS),
    Contender("MNN fp32", FLOAT, "mnn", _MNN),
    Contender("MNN fp16", HALF, "mnn", _MNN, "fp16", ARM_CPUS),
    Contender("MNN INT8", INT8, "mnn", _MNN_INT8),
    Contender("MNN INT8, rest fp16", INT8, "mnn", _MNN_INT8, "fp16", ARM_CPUS),
)
