"""Files of others: what no classifier of ours is, made in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

SIDE = 128


class FaceDetector(nn.Module):
    """Of a face detector's inputs and outputs: boxes [1, 896, 16] and scores [1, 896, 1]."""

    def __init__(self, *, takes_nhwc: bool = False) -> None:
        super().__init__()
        self.takes_nhwc = takes_nhwc
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.boxes = nn.Conv2d(8, 14 * 16, 3, 8, 1)
        self.scores = nn.Conv2d(8, 14, 3, 8, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.takes_nhwc:
            image = image.permute(0, 3, 1, 2)
        values = torch.relu(self.stem(image))
        return (
            self.boxes(values).permute(0, 2, 3, 1).reshape(1, 896, 16),
            self.scores(values).permute(0, 2, 3, 1).reshape(1, 896, 1),
        )


def face_detector(*, takes_nhwc: bool = False) -> FaceDetector:
    """The same weights each time."""
    torch.manual_seed(0)
    return FaceDetector(takes_nhwc=takes_nhwc).eval()


def write_tflite(path: Path) -> None:
    """The detector with an NHWC input."""
    import litert_torch

    sample = (torch.zeros(1, SIDE, SIDE, 3),)
    converted = litert_torch.convert(face_detector(takes_nhwc=True), sample)
    path.write_bytes(converted.model_content())


class Broadcast(nn.Module):
    """Of the demo model's input and output, with an op that LiteRT's GPU refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        mean = images.mean((2, 3), keepdim=True).expand(1, 3, 7, 7) * 2
        head: torch.Tensor = self.head(mean.mean((2, 3)))
        return head


def write_refused(path: Path) -> None:
    """A file with that op."""
    import litert_torch

    model = litert_torch.to_channel_last_io(Broadcast().eval(), args=[0])
    converted = litert_torch.convert(model, (torch.zeros(1, 96, 96, 3),))
    path.write_bytes(converted.model_content())


def write_onnx(path: Path) -> None:
    """The detector with an NCHW input."""
    torch.onnx.export(
        face_detector(),
        (torch.zeros(1, 3, SIDE, SIDE),),
        str(path),
        input_names=["image"],
        output_names=["boxes", "scores"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def write_pte(path: Path) -> None:
    """The detector with an NCHW input."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    exported = torch.export.export(face_detector(), (torch.zeros(1, 3, SIDE, SIDE),))
    lowered = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
    path.write_bytes(bytes(lowered.to_executorch().buffer))


def write_mlpackage(path: Path) -> None:
    """The detector with an NCHW input, in float32."""
    import coremltools

    exported = torch.export.export(face_detector(), (torch.zeros(1, 3, SIDE, SIDE),))
    model = coremltools.convert(
        exported.run_decompositions({}),
        inputs=[coremltools.TensorType("image", (1, 3, SIDE, SIDE))],
        outputs=[coremltools.TensorType("boxes"), coremltools.TensorType("scores")],
        minimum_deployment_target=coremltools.target.iOS16,
        compute_precision=coremltools.precision.FLOAT32,
        skip_model_load=True,
    )
    model.save(str(path))


def write_tokens(path: Path, length: int | str = 4) -> None:
    """Looks tokens up, int64 [1, length], in a table of two, and scales them by a float [1, 1]."""
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, (1, length))
    scale = helper.make_tensor_value_info("scale", TensorProto.FLOAT, (1, 1))
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, (1, length, 3))
    table = onnx.numpy_helper.from_array(np.arange(1, 7, dtype=np.float32).reshape(2, 3), "table")
    nodes = [
        helper.make_node("Gather", ["table", "tokens"], ["rows"], "gather"),
        helper.make_node("Mul", ["rows", "scale"], ["values"], "scale"),
    ]
    graph = helper.make_graph(nodes, "tokens", [tokens, scale], [values], [table])
    save(graph, path)


def write_means(path: Path) -> None:
    """Means [1, 3] of the channels of an image [1, 3, 8, 6]: one of many things that are [N, K]."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, 8, 6))
    means = helper.make_tensor_value_info("means", TensorProto.FLOAT, (1, 3))
    axes = onnx.numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    node = helper.make_node("ReduceMean", ["image", "axes"], ["means"], "mean", keepdims=0)
    save(helper.make_graph([node], "means", [image], [means], [axes]), path)


def write_counts(path: Path) -> None:
    """Takes and gives integers and truths: int32 [2], int8 [3], bool [2]; float64 [2], int8 [3]."""
    inputs = [
        helper.make_tensor_value_info("counts", TensorProto.INT32, (2,)),
        helper.make_tensor_value_info("bytes", TensorProto.INT8, (3,)),
        helper.make_tensor_value_info("kept", TensorProto.BOOL, (2,)),
    ]
    outputs = [
        helper.make_tensor_value_info("reals", TensorProto.DOUBLE, (2,)),
        helper.make_tensor_value_info("same", TensorProto.INT8, (3,)),
    ]
    zero = onnx.numpy_helper.from_array(np.array([0, 0], np.int32), "zero")
    nodes = [
        helper.make_node("Where", ["kept", "counts", "zero"], ["chosen"], "choose"),
        helper.make_node("Cast", ["chosen"], ["reals"], "cast", to=TensorProto.DOUBLE),
        helper.make_node("Identity", ["bytes"], ["same"], "same"),
    ]
    save(helper.make_graph(nodes, "counts", inputs, outputs, [zero]), path)


class Means(nn.Module):
    """Means [N, 4] of channels of images [N, H, W, 3], by ops that take any N."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(image.permute(0, 3, 1, 2))).mean((2, 3))


def write_open_tflite(closed: Path, opened: Path) -> None:
    """A TFLite file of one image, and the same with the number of images left open."""
    import litert_torch

    from lowformer_edge.runtime.tflite.graph import TFLiteGraph

    torch.manual_seed(0)
    converted = litert_torch.convert(Means().eval(), (torch.zeros(1, 16, 24, 3),))
    closed.write_bytes(converted.model_content())
    graph = TFLiteGraph(closed.read_bytes())
    for index in (*graph.inputs, *graph.outputs):
        tensor = graph._graph.tensors[index]
        tensor.shapeSignature = [-1, *tensor.shape[1:]]
    opened.write_bytes(graph.to_bytes())


def save(graph: Any, path: Path) -> None:
    opset = [helper.make_opsetid("", 20)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=10), str(path))
