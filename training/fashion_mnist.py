"""Trains a LowFormer on Fashion-MNIST, reproducibly, on a CPU.

The bundled demo model is what this script makes with its defaults:

    python training/fashion_mnist.py --output demo/lowformer_demo.safetensors

The images come from Debian's package dataset-fashion-mnist (MIT licence, Zalando SE).
"""

from __future__ import annotations

import argparse
import copy
import gzip
import math
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint, save_checkpoint
from lowformer_edge.models.lowformer import LowFormer
from lowformer_edge.models.variants import variant

LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SHIFT = 6
"""Largest random shift of a training image in pixels."""


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Reads one of the data set's gzipped IDX files of bytes."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">u4", rank, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_split(folder: Path, prefix: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images [N, 28, 28] and labels [N] of the split ``train`` or ``t10k``."""
    return (
        read_idx(folder / f"{prefix}-images-idx3-ubyte.gz"),
        read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz"),
    )


def prepare(images: NDArray[np.uint8], preprocessing: Preprocessing) -> Tensor:
    """Resized grey images [N, 1, height, width] in 0 to 255."""
    out = np.empty((len(images), 1, preprocessing.height, preprocessing.width), np.uint8)
    for index, image in enumerate(images):
        out[index, 0] = preprocessing.pixels(Image.fromarray(image))
    return torch.from_numpy(out)


class Normalise(nn.Module):
    """Grey pixels [N, 1, H, W] in 0 to 255 to the network's input [N, 3, H, W]."""

    mean: Tensor
    std: Tensor

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        x = (pixels.float() / 255 - self.mean) / self.std
        return x.contiguous(memory_format=torch.channels_last)


def augment(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Random horizontal flips and shifts."""
    flip = torch.rand(len(pixels), generator=generator) < 0.5
    pixels = torch.where(flip.view(-1, 1, 1, 1), pixels.flip(-1), pixels)
    size = pixels.shape[-1]
    padded = nn.functional.pad(pixels, (SHIFT,) * 4)
    shifts = torch.randint(0, 2 * SHIFT + 1, (len(pixels), 2), generator=generator).tolist()
    return torch.stack(
        [
            image[:, top : top + size, left : left + size]
            for image, (top, left) in zip(padded, shifts, strict=True)
        ]
    )


@torch.no_grad()
def accuracy(model: nn.Module, normalise: Normalise, images: Tensor, labels: Tensor) -> float:
    """Top-1 in percent, in float32."""
    model.eval()
    hits = 0
    for start in range(0, len(images), 250):
        logits = model(normalise(images[start : start + 250]))
        hits += int((logits.argmax(1) == labels[start : start + 250]).sum())
    return 100 * hits / len(images)


def train(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    config = variant(arguments.model).replace(
        num_classes=len(LABELS), input_size=arguments.input_size
    )
    preprocessing = Preprocessing(size=arguments.input_size, crop_ratio=1.0)
    print("preparing the images", flush=True)
    images, labels = read_split(arguments.data, "train")
    test_images, test_labels = read_split(arguments.data, "t10k")
    train_x, train_y = prepare(images, preprocessing), torch.from_numpy(labels.astype(np.int64))
    test_x = prepare(test_images, preprocessing)
    test_y = torch.from_numpy(test_labels.astype(np.int64))

    model = LowFormer(config)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model)
    normalise = Normalise(preprocessing)
    optimizer = torch.optim.AdamW(model.parameters(), arguments.rate, weight_decay=0.05)
    generator = torch.Generator().manual_seed(arguments.seed)
    steps_per_epoch = len(train_x) // arguments.batch
    steps = steps_per_epoch * arguments.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, arguments.rate, total_steps=steps, pct_start=0.15
    )
    loss_function = nn.CrossEntropyLoss(label_smoothing=0.05)
    step, started = 0, time.monotonic()
    for epoch in range(arguments.epochs):
        order = torch.randperm(len(train_x), generator=generator)
        model.train()
        for start in range(0, steps_per_epoch * arguments.batch, arguments.batch):
            batch = order[start : start + arguments.batch]
            x = normalise(augment(train_x[batch], generator))
            with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
                loss = loss_function(model(x), train_y[batch])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            step += 1
            blend(average, model, min(arguments.ema, 1 - 1 / (step / 10 + 1)))
            if step % 50 == 0:
                left = (time.monotonic() - started) / step * (steps - step)
                print(f"step {step}/{steps} loss {loss.item():.3f} left {left:.0f} s", flush=True)
        print(
            f"epoch {epoch + 1}: top-1 of the average"
            f" {accuracy(average, normalise, test_x[:2000], test_y[:2000]):.2f}%",
            flush=True,
        )
    save_checkpoint(arguments.output, average, preprocessing, LABELS, dtype=torch.float16)
    stored = load_weights(config, read_checkpoint(arguments.output))
    top1 = accuracy(stored, normalise, test_x, test_y)
    if not math.isfinite(loss.item()):
        raise SystemExit("training diverged")
    print(f"{arguments.output}: top-1 {top1:.2f}% on {len(test_x)} test images, stored in fp16")


@torch.no_grad()
def blend(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Moves the averaged weights towards the model's: a * decay + m * (1 - decay)."""
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="demo", help="a registered variant")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--output", type=Path, required=True, help="a .safetensors file")
    parser.add_argument("--input-size", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=3e-3, help="peak learning rate")
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
