"""Repairs of the TFLite quantizer."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lowformer_edge.calibration.affine import rounded_weights
from lowformer_edge.export.tflite.exporter import convert_nhwc, quantize_quietly
from lowformer_edge.export.tflite.internals import LARGEST_PART
from lowformer_edge.runtime.tflite.graph import TFLiteGraph


class Wide(nn.Module):
    """A convolution with more weights than the quantizer takes at once."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1024, 1030, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.conv(x)
        return out


def stored_weights(content: bytes) -> NDArray[np.float32]:
    """The only weights of four dimensions in a file, dequantized, [O, H, W, I]."""
    graph = TFLiteGraph(content)
    (op,) = [one for one in graph.ops() if one.name == "CONV_2D"]
    tensor = graph._graph.tensors[op.inputs[1]]
    stored = np.frombuffer(bytes(graph._model.buffers[tensor.buffer].data), np.int8)
    scales = np.asarray(tensor.quantization.scale, np.float32).reshape(-1, 1, 1, 1)
    return stored.reshape([int(side) for side in tensor.shape]).astype(np.float32) * scales


def test_weights_of_any_size_are_quantized_by_channel() -> None:
    model = Wide().eval()
    assert model.conv.weight.nbytes > LARGEST_PART
    with torch.no_grad():
        model.conv.weight *= torch.linspace(0.1, 9, 1030).view(-1, 1, 1, 1)
    content = quantize_quietly(
        convert_nhwc(model, (1, 2, 2, 1024)), {"conv": "int8-dynamic"}, model, None
    )
    found = stored_weights(content)
    expected = rounded_weights(model.conv.weight.detach(), 0).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
