"""Ranges of every activation of an ONNX graph, from one pass of ONNX Runtime over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper

from ...artifact.preprocessing import Preprocessing
from ...artifact.samples import Samples
from ...calibration.ranges import alive
from ...errors import DataError
from ...progress import Advance

MARGIN = 2.0
"""What the range of a value without height and width is widened by.

Of a norm's statistics there is but one for each image, so that calibration sees too few of them to
know their extremes. With 64 images the demo model in 16 bits loses 3 dB without a margin; a bit of
sixteen costs nothing that can be measured.
"""

_ERRORS_ONLY = 3


def tensor_ranges(
    model: onnx.ModelProto,
    images: Samples,
    preprocessing: Preprocessing,
    advance: Advance = lambda count: None,
) -> dict[str, tuple[float, float]]:
    """The least and the greatest value of each float activation, by its name in the graph.

    Args:
        model: A float32 model whose input is [batch, 3, H, W].
        images: What to calibrate on.
        preprocessing: Normalises them.
        advance: Is told how many images are done.

    Raises:
        DataError: An activation is NaN or infinite.
    """
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {item.name: item.type.tensor_type for item in (*inferred.value_info, *inferred.output)}
    names = [
        name
        for node in model.graph.node
        for name in node.output
        if name in shapes and shapes[name].elem_type == onnx.TensorProto.FLOAT
    ]
    session = _exposed(model, names)
    image = model.graph.input[0]
    batch = image.type.tensor_type.shape.dim[0].dim_value
    low, high = dict.fromkeys([image.name, *names], np.inf), {}
    high = dict.fromkeys(low, -np.inf)
    for part in images.batches(preprocessing, batch):
        full = np.resize(part, (batch, *part.shape[1:]))
        for name, value in zip(low, [full, *session.run(names, {image.name: full})], strict=True):
            low[name] = min(low[name], float(value.min()))
            high[name] = max(high[name], float(value.max()))
        advance(len(part))
    ranges = {}
    for name, least in low.items():
        if not np.isfinite([least, high[name]]).all():
            raise DataError(f"{name}: an activation is NaN or infinite on {images.name}")
        factor = MARGIN if name in shapes and _is_one_a_channel(shapes[name]) else 1.0
        ranges[name] = alive((factor * least, factor * high[name]))
    return ranges


def _exposed(model: onnx.ModelProto, names: list[str]) -> Any:
    """A session that gives the values of some names."""
    import onnxruntime

    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    shown.graph.output.extend(
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(
        shown.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _is_one_a_channel(kind: Any) -> bool:
    sizes = [item.dim_value for item in kind.shape.dim]
    return len(sizes) == 4 and sizes[2:] == [1, 1]
