"""What our own environment makes: the weights and images for all, our files, and the stock ones.

Stock are the files of ``benchmarks/stock.py``: LiteRT's own conversion, and ONNX Runtime's plain
export with its ``quantize_static``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...runtime.formats import format_of
from .peer import GIVEN, Loaded

MODEL = "b0"
CALIBRATION_IMAGES = 64
IMAGES = 32

OURS: Mapping[str, tuple[str, ...]] = {
    "tflite": ("fp32", "int8"),
    "executorch": ("fp32", "fp16", "int8"),
    "onnx": ("fp32", "int8"),
}
"""Precisions of our files, by format."""


def convert(what: str, files: Path, into: Path) -> None:
    """See :class:`.peer.Peer`: ``given``, ``stock``, or a format of ours.

    ``given`` is the model as plain ONNX, ``stock.onnx``, quantized by ONNX Runtime,
    ``stock-int8.onnx``, and as TorchScript, ``model.pt``; ``calibration.npy`` [64, 3, H, W], the
    same as PNG files in ``calibration``, with ``preprocessing.json``; ``images.npy``
    [32, 3, H, W], and the eager model's ``logits.npy`` [32, K].
    """
    if what == "given":
        _write_given(into)
    elif what == "stock":
        _write_stock(files / GIVEN, into)
    else:
        _write_ours(what, into)


def load(path: Path, arithmetic: str) -> Loaded:
    """See :class:`.peer.Peer`; our files state what they compute in."""
    return format_of(path).runner(path, 1)


def _write_given(into: Path) -> None:
    import torch
    from PIL import Image

    from ... import demo, open_images
    from ...export.eager import reference_outputs
    from ...models.loading import load_model
    from ..stock import TupleOutputs, stock_onnx

    loaded = load_model(MODEL, random_weights=True)
    calibration, held_out = (
        open_images(path, loaded, count=count)
        for path, count in ((demo.CALIBRATION, CALIBRATION_IMAGES), (demo.EVALUATION, IMAGES))
    )
    for name, samples in (("calibration", calibration), ("images", held_out)):
        (images,) = samples.batches(loaded.preprocessing, len(samples))
        np.save(into / f"{name}.npy", images)
    (into / "calibration").mkdir()
    for number, pixels in enumerate(calibration.pixels):
        Image.fromarray(pixels).save(into / "calibration" / f"{number:03}.png")
    text = json.dumps(loaded.preprocessing.to_dict())
    (into / "preprocessing.json").write_text(text, encoding="utf-8")
    (logits,) = reference_outputs(
        loaded.network, held_out.pixels, loaded.preprocessing, lambda count: None
    ).values()
    np.save(into / "logits.npy", logits)
    network = TupleOutputs(loaded.network).eval()
    images = np.load(into / "calibration.npy")
    stock_onnx(network, images, into)
    traced = torch.jit.trace(network, torch.from_numpy(images[:1]))  # type: ignore[no-untyped-call]
    traced.save(str(into / "model.pt"))


def _write_stock(given: Path, into: Path) -> None:
    from ...models.loading import load_model
    from ..stock import TupleOutputs, stock_tflite

    network = TupleOutputs(load_model(MODEL, random_weights=True).network).eval()
    stock_tflite(network, np.load(given / "calibration.npy"), into)


def _write_ours(format_name: str, into: Path) -> None:
    from ... import demo, open_images
    from ...artifact.content import write_content
    from ...calibration.ranges import calibrate
    from ...export.formats import EXPORTERS
    from ...export.rewrites.table import CALIBRATED, rewrite
    from ...export.spec import ExportSpec
    from ...models.loading import load_model

    loaded = load_model(MODEL, random_weights=True)
    samples = open_images(demo.CALIBRATION, loaded, count=CALIBRATION_IMAGES)
    ranges = calibrate(rewrite(loaded.network, CALIBRATED), samples, loaded.preprocessing)
    exporter = EXPORTERS[format_name](loaded)
    for precision in OURS[format_name]:
        spec = ExportSpec(format_name, precision)
        content = exporter.export(spec, exporter.model, ranges)
        write_content(into / f"{precision}{exporter.format.suffix}", content)
