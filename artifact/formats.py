"""The formats that models are exported to, as facts: no code that reads, writes or runs them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal, get_args

Accelerator = Literal["cpu", "gpu", "gpu-fp16", "npu"]
"""What runs a file on a machine."""

WebAccelerator = Literal["wasm", "webgpu", "webgpu-fp16"]
"""What runs a file in a browser."""

WEB_ACCELERATORS: tuple[WebAccelerator, ...] = get_args(WebAccelerator)

NPU_ALONE = "a compiled graph runs on its chip's NPU alone, or on the simulator: target npu:CHIP"

INTERPRETER = "MIL interpreter"
"""What computes Core ML packages where there is no Core ML."""


@dataclasses.dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        name: As ``--to`` and manifests call it.
        title: As people call it.
        file_title: The same for its files, where these are something of their own.
        suffix: The end of its files' names.
        precisions: What it can be exported in.
        default_precision: What it is exported in if nothing is asked for.
        distributions: What runs its files without torch: distributions by the module that each is
            for.
        converters: Distributions whose versions tell how a file was made.
        stand_ins: Runtimes that stand for those of phones, with what is to be said of them.
        refusals: Kinds of targets that take none of its files, with the reason.
        in_app: On which accelerators of a phone our app runs its files.
        in_browsers: On what our page for browsers runs its files.
        in_all: Whether ``--to all`` means it too.
        is_timed: Whether the time of its files on this machine's processor says anything.
        pixel_ops: Ops that make floats of pixels and that no delegate takes.
        observes_ops: Whether ranges of ops without weights are taken too, from images.
    """

    name: str
    title: str
    suffix: str
    precisions: tuple[str, ...]
    default_precision: str = "fp32"
    file_title: str = ""
    distributions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    converters: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = dataclasses.field(default_factory=dict)
    refusals: Mapping[str, str] = dataclasses.field(default_factory=dict)
    in_app: tuple[Accelerator, ...] = ()
    in_browsers: tuple[WebAccelerator, ...] = ()
    in_all: bool = True
    is_timed: bool = True
    pixel_ops: tuple[str, ...] = ()
    observes_ops: bool = False


FORMATS: Mapping[str, Format] = {
    row.name: row
    for row in (
        Format(
            name="tflite",
            title="TFLite",
            suffix=".tflite",
            precisions=("fp32", "fp16", "int8", "int8-dynamic", "int8-weights"),
            distributions={"ai_edge_litert": "ai-edge-litert", "flatbuffers": "flatbuffers"},
            converters=(
                "litert-torch",
                "litert-converter",
                "ai-edge-quantizer",
                "ai-edge-litert",
            ),
            in_app=("cpu", "gpu", "gpu-fp16"),
            in_browsers=("wasm", "webgpu", "webgpu-fp16"),
        ),
        Format(
            name="executorch",
            title="ExecuTorch",
            suffix=".pte",
            precisions=("fp32", "fp16", "int8", "int8-dynamic"),
            distributions={"executorch": "executorch", "torch": "torch"},
            converters=("executorch", "torchao"),
            pixel_ops=("dim_order_ops::_to_dim_order_copy.out",),
            in_app=("cpu",),
        ),
        Format(
            name="onnx",
            title="ONNX",
            suffix=".onnx",
            precisions=("fp32", "fp16", "int8"),
            distributions={"onnxruntime": "onnxruntime", "onnx": "onnx"},
            converters=("onnx", "onnxscript", "onnxruntime"),
            in_browsers=("wasm",),
        ),
        # Its fast units want fp16.
        Format(
            name="coreml",
            title="Core ML",
            suffix=".mlpackage",
            precisions=(
                "fp32",
                "fp16",
                "int8",
                "int8-weights",
                "palettized-6bit",
                "palettized-4bit",
            ),
            default_precision="fp16",
            distributions={"threadpoolctl": "threadpoolctl"},
            converters=("coremltools",),
            stand_ins={
                INTERPRETER: "computed by our interpreter of Core ML packages, not by Core ML"
                " itself"
            },
            refusals={"arm": "Core ML packages run on Apple's systems alone"},
        ),
        # Files of single chips, whose simulator comes under Qualcomm's own licence; nothing is
        # finer than fp16 on them. A graph for any chip is an ONNX file.
        Format(
            name="qnn",
            title="QNN",
            file_title="compiled QNN graph",
            suffix=".qnn",
            precisions=("fp16", "w8a16", "int8"),
            default_precision="fp16",
            converters=("onnxruntime-qnn",),
            stand_ins={
                "Qualcomm HTP simulator": "computed by Qualcomm's simulator of the NPU, not by a"
                " phone"
            },
            refusals=dict.fromkeys(("host", "arm", "ssh"), NPU_ALONE),
            in_all=False,
            is_timed=False,
            observes_ops=True,
        ),
    )
}
"""By name, in the order in which they are shown."""

IN_ALL = tuple(row.name for row in FORMATS.values() if row.in_all)
"""What ``--to all`` stands for."""

BY_SUFFIX: Mapping[str, Format] = {row.suffix: row for row in FORMATS.values()}
"""The same by the end of their files' names."""
