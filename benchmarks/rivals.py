"""Rivals of LowFormer, written afresh from their papers, as ONNX or TFLite files to be timed.

MobileNetV2 (Sandler et al. 2018, table 2) and ResNet-50 (He et al. 2016, table 1; stride in the
3x3 convolution, as is usual today) with random weights: latency depends on their shapes only.

    python benchmarks/rivals.py --format onnx --output build/rivals
    lowformer-bench --family --rival MobileNetV2=build/rivals/mobilenetv2.onnx \
        --rival ResNet-50=build/rivals/resnet50.onnx
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from lowformer_edge.benchmarks.complexity import complexity
from lowformer_edge.process.replacing import replaced_file

SIZE = 224
CLASSES = 1000


def conv_norm(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """A convolution that keeps the size but for its stride, and its norm."""
    padding = kernel // 2
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


class Residual(nn.Module):
    """Adds a shortcut to a body's output, and applies what comes after."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.shortcut(x) + self.body(x))


def inverted_residual(inputs: int, outputs: int, stride: int, expansion: int) -> nn.Module:
    """MobileNetV2's block: widen, filter each channel, narrow without an activation."""
    width = inputs * expansion
    widen = [] if expansion == 1 else [*conv_norm(inputs, width), nn.ReLU6()]
    filter_ = [*conv_norm(width, width, 3, stride, groups=width), nn.ReLU6()]
    body = nn.Sequential(*widen, *filter_, *conv_norm(width, outputs))
    if stride == 1 and inputs == outputs:
        return Residual(body, nn.Identity(), nn.Identity())
    return body


def mobilenet_v2() -> nn.Module:
    """MobileNetV2 of width 1."""
    stages = (  # expansion, channels, blocks, stride of the first
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    layers: list[nn.Module] = [*conv_norm(3, 32, 3, 2), nn.ReLU6()]
    channels = 32
    for expansion, outputs, blocks, first in stages:
        for number in range(blocks):
            stride = first if number == 0 else 1
            layers.append(inverted_residual(channels, outputs, stride, expansion))
            channels = outputs
    layers += [*conv_norm(channels, 1280), nn.ReLU6()]
    return nn.Sequential(*layers, *classifier(1280))


def bottleneck(inputs: int, width: int, stride: int) -> nn.Module:
    """ResNet's block of three convolutions, four times as wide at its end."""
    outputs = 4 * width
    body = nn.Sequential(
        *conv_norm(inputs, width),
        nn.ReLU(),
        *conv_norm(width, width, 3, stride),
        nn.ReLU(),
        *conv_norm(width, outputs),
    )
    same = stride == 1 and inputs == outputs
    shortcut = nn.Identity() if same else nn.Sequential(*conv_norm(inputs, outputs, 1, stride))
    return Residual(body, shortcut, nn.ReLU())


def resnet50() -> nn.Module:
    """ResNet with 50 layers."""
    layers: list[nn.Module] = [*conv_norm(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for width, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(blocks):
            layers.append(bottleneck(channels, width, first if number == 0 else 1))
            channels = 4 * width
    return nn.Sequential(*layers, *classifier(channels))


def classifier(channels: int) -> list[nn.Module]:
    """Global average pool and a linear layer."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES)]


RIVALS: Mapping[str, Callable[[], nn.Module]] = {
    "mobilenetv2": mobilenet_v2,
    "resnet50": resnet50,
}


def file_content(model: nn.Module, format_: str) -> bytes:
    """A model as a file."""
    if format_ == "tflite":
        from lowformer_edge.export.tflite.exporter import convert

        return convert(model, SIZE, 1)
    program = torch.onnx.export(
        model, (torch.zeros(1, 3, SIZE, SIZE),), dynamo=True, opset_version=20, verbose=False
    )
    assert program is not None
    program.optimize()
    content: bytes = program.model_proto.SerializeToString()
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--format", choices=("onnx", "tflite"), default="onnx")
    parser.add_argument("--output", type=Path, default=Path("build/rivals"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    for name, make in RIVALS.items():
        model = make().eval()
        count = complexity(model, SIZE)
        path = arguments.output / f"{name}.{arguments.format}"
        with replaced_file(path) as temporary:
            temporary.write_bytes(file_content(model, arguments.format))
        print(f"{path}: {count.macs / 1e6:.0f} M MACs, {count.params / 1e6:.2f} M parameters")


if __name__ == "__main__":
    main()
