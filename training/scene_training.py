"""What training on scenes of garments has in common, whatever the task."""

from __future__ import annotations

import argparse
import copy
import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, Dataset

from fashion_mnist import Normalise, blend, read_split
from lowformer_edge import demo
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.demo.scenes import HARD, PLAIN, SIZE, Scene, bundled_garments, make_scene
from lowformer_edge.models.backbone_weights import load_backbone
from lowformer_edge.models.checkpoint import load_weights, read_checkpoint, save_checkpoint
from lowformer_edge.models.config import LowFormerConfig
from lowformer_edge.models.network import Network, build_network

KINDS = (PLAIN, HARD, HARD)
"""Of a training's scenes in turn; turned garments take the longest to learn."""

PREPROCESSING = Preprocessing(size=SIZE, interpolation="bilinear", resize_mode="letterbox")
BACKBONE_SHARE = 0.5
"""The backbone's learning rate over the others': it is trained already, on upright garments."""

Example = tuple[NDArray[Any], ...]
Loss = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Examples(Dataset[Example]):
    """Scenes in order, each with what the loss compares outputs to.

    Attributes:
        garments: Images and labels.
        seed: Of the scenes.
        count: How many.
        kinds: Of scenes in turn.
        targets: From a scene to arrays of the same shapes for all scenes.
    """

    garments: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    seed: int
    count: int
    kinds: tuple[Any, ...]
    targets: Callable[[Scene], Example]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Example:
        kind = self.kinds[number % len(self.kinds)]
        scene = make_scene(*self.garments, self.seed, number, kind)
        return (np.moveaxis(scene.pixels, -1, 0).copy(), *self.targets(scene))


def train(
    config: LowFormerConfig,
    labels: tuple[str, ...],
    targets: Callable[[Scene], Example],
    loss_of: Loss,
    arguments: argparse.Namespace,
) -> None:
    """Trains a network from the bundled backbone, and writes its average over the last steps.

    Args:
        config: The architecture.
        labels: Class names.
        targets: From a scene to what the loss takes after the outputs.
        loss_of: From outputs and batches of targets to the mean loss.
        arguments: Those of :func:`parse_arguments`.
    """
    if not arguments.output.absolute().parent.is_dir():
        raise SystemExit(f"{arguments.output}: there is no such folder")
    torch.manual_seed(arguments.seed)
    network = build_network(config)
    load_backbone(network, demo.CHECKPOINT)
    average = copy.deepcopy(network)
    examples = Examples(
        read_split(arguments.data, "train"),
        arguments.seed,
        arguments.steps * arguments.batch,
        KINDS,
        targets,
    )
    _run(network, average, examples, loss_of, arguments)
    _write(arguments.output, average, labels)
    stored = load_weights(config, read_checkpoint(arguments.output))
    for kind in (PLAIN, HARD):
        unseen = Examples(bundled_garments(), arguments.seed, arguments.unseen, (kind,), targets)
        loss = _mean_loss(stored, unseen, loss_of)
        print(f"{arguments.output}: loss {loss:.3f} on {len(unseen)} unseen {kind.name} scenes")


def _run(
    network: nn.Module,
    average: nn.Module,
    examples: Examples,
    loss_of: Loss,
    arguments: argparse.Namespace,
) -> None:
    """Trains a network, and its average with it."""
    network.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    normalise = Normalise(PREPROCESSING)
    rates = [arguments.rate * BACKBONE_SHARE, arguments.rate]
    optimizer = torch.optim.AdamW(_parameters(network), arguments.rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=arguments.steps, pct_start=0.15
    )
    started, losses = time.monotonic(), []
    loader = DataLoader(examples, arguments.batch, num_workers=arguments.workers)
    for step, (pixels, *targets) in enumerate(loader, 1):
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
            outputs = network(normalise(pixels))
        loss = loss_of(outputs, *targets)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        blend(average, network, min(arguments.ema, 1 - 1 / (step / 10 + 1)))
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise SystemExit("training diverged")
        if step % 50 == 0:
            left = (time.monotonic() - started) / step * (arguments.steps - step)
            shown = f"loss {np.mean(losses[-50:]):.3f} left {left:.0f} s"
            print(f"step {step}/{arguments.steps} {shown}", flush=True)


def _parameters(network: nn.Module) -> list[dict[str, Any]]:
    """The backbone's and the others, for a learning rate each."""
    named = dict(network.named_parameters())
    backbone = [value for name, value in named.items() if name.startswith("backbone.")]
    others = [value for name, value in named.items() if not name.startswith("backbone.")]
    return [{"params": backbone}, {"params": others}]


@torch.no_grad()
def _mean_loss(network: nn.Module, examples: Examples, loss_of: Loss) -> float:
    """In float32."""
    network.eval()
    normalise = Normalise(PREPROCESSING)
    losses = [
        loss_of(network(normalise(pixels)), *targets).item()
        for pixels, *targets in DataLoader(examples, 20)
    ]
    return float(np.mean(losses))


def _write(output: Path, network: Network, labels: tuple[str, ...]) -> None:
    """Writes the whole checkpoint in half precision, or nothing."""
    unfinished = output.with_name(f".{output.name}")
    try:
        save_checkpoint(unfinished, network, PREPROCESSING, labels, dtype=torch.float16)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


def parse_arguments(description: str, *, steps: int, rate: float) -> argparse.Namespace:
    """What a training on scenes takes on the command line.

    Args:
        description: Of the script.
        steps: By default.
        rate: By default.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--output", type=Path, required=True, help="a .safetensors file")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate")
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--unseen", type=int, default=100, help="scenes of each kind whose loss is told at the end"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that make scenes")
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True)
    return parser.parse_args()
