"""Python that runs one file with its plain runtime."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ...artifact.interface import BOXES_NAME, OUTPUT_NAME, PROBABILITIES_NAME
from ...artifact.manifest import ArtifactRecord, Tensor
from ...tasks.names import DETECTION, SEGMENTATION
from .template import filled

INSTALLED = {
    "tflite": "ai-edge-litert numpy pillow",
    "executorch": "executorch torch numpy pillow",
    "onnx": "onnxruntime numpy pillow",
}
"""What ``pip`` installs to run a format's files, for formats that Python runs everywhere."""

_TFLITE = """
from ai_edge_litert.interpreter import Interpreter

pixels, *place = read_photo("photo.jpg")
<IMAGE>
model = Interpreter("<PATH>", num_threads=2)
model.allocate_tensors()
model.set_tensor(model.get_input_details()[0]["index"], image)
model.invoke()
values = [model.get_tensor(one["index"]) for one in model.get_output_details()]
<READ>
"""

_EXECUTORCH = """
import torch
from executorch.runtime import Runtime

pixels, *place = read_photo("photo.jpg")
<IMAGE>
method = Runtime.get().load_program("<PATH>").load_method("forward")
given = method.execute([torch.from_numpy(np.ascontiguousarray(image))])
values = [one.numpy() for one in given]
<READ>
"""

_ONNX = """
import onnxruntime

pixels, *place = read_photo("photo.jpg")
<IMAGE>
session = onnxruntime.InferenceSession("<PATH>", providers=["CPUExecutionProvider"])
values = session.run(None, {"<INPUT>": image})
<READ>
"""

_TEMPLATES = {"tflite": _TFLITE, "executorch": _EXECUTORCH, "onnx": _ONNX}


def program(record: ArtifactRecord, task: str) -> str:
    """Python that runs a file on ``photo.jpg`` and shows what it finds.

    It needs what the guide's sections on photos and on results define.

    Args:
        record: The file, of a format in :data:`INSTALLED`.
        task: What its model is for.
    """
    (taken,) = record.inputs
    return filled(
        _TEMPLATES[record.format],
        image=_image(taken),
        path=record.file.path,
        input=taken.name,
        read="\n".join([*_read(record.outputs), _shown(record.outputs, task)]),
    )


def _image(taken: Tensor) -> str:
    """Python that makes the file's input of pixels."""
    if taken.dtype == "uint8" and taken.quantization is None:
        values = "pixels"
    else:
        values = "normalised(pixels)"
    before = ""
    if taken.quantization:
        scale, zero = taken.quantization.scale, taken.quantization.zero_point
        before = f"steps = np.rint({values} / {scale!r}) {zero:+d}\n"
        values = "np.clip(steps, -128, 127).astype(np.int8)"
    if taken.dtype == "float16":
        values += ".astype(np.float16)"
    if taken.layout == "NCHW":
        values += ".transpose(2, 0, 1)"
    images = taken.shape[0]
    if images is None or images == 1:
        return f"{before}image = {values}[None]"
    return f"{before}image = np.stack([{values}] * {images})"


def _read(outputs: Sequence[Tensor]) -> list[str]:
    """The first image's outputs by name, as floats and with channels first."""
    lines = []
    for number, output in enumerate(outputs):
        value = f"values[{number}][0]"
        if output.quantization:
            scale, zero = output.quantization.scale, output.quantization.zero_point
            value = f"(np.float32({value}) {-zero:+d}) * {scale!r}"
        if output.layout == "NHWC":
            value = f"np.moveaxis({value}, -1, 0)"
        lines.append(value)
    if len(outputs) == 1:
        return [f"{outputs[0].name} = {lines[0]}"]
    kinds = {line.replace(f"values[{number}]", "value") for number, line in enumerate(lines)}
    names = textwrap.fill(
        ", ".join(f'"{output.name}"' for output in outputs),
        width=96,
        initial_indent="    ",
        subsequent_indent="    ",
    )
    if len(kinds) == 1:
        return [
            "names = [",
            names,
            "]",
            f"maps = {{name: {kinds.pop()} for name, value in zip(names, values)}}",
        ]
    pairs = [f'    "{output.name}": {line},' for output, line in zip(outputs, lines, strict=True)]
    return ["maps = {", *pairs, "}"]


def _shown(outputs: Sequence[Tensor], task: str) -> str:
    names = {output.name for output in outputs}
    if task == SEGMENTATION:
        return f"labels = labels_of({OUTPUT_NAME}, *place)\nshow_labels(labels)"
    if task != DETECTION:
        if PROBABILITIES_NAME in names:
            return f"show_classes({PROBABILITIES_NAME}, are_probabilities=True)"
        return f"show_classes({OUTPUT_NAME})"
    if BOXES_NAME in names:
        return 'show_objects(maps["boxes"], maps["scores"], *place)'
    return "show_objects(*decoded(maps), *place)"
