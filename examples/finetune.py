"""Fine-tunes a LowFormer on a folder of photos, one sub-folder a class, then exports and uses it.

python examples/finetune.py flowers --output flowers-bundle
python examples/finetune.py flowers --model b0 --weights lowformer_b0.pt --epochs 10
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

import lowformer_edge as lfe

BATCH = 32


def train(
    network: lfe.LowFormer, photos: lfe.Samples, preprocessing: lfe.Preprocessing, epochs: int
) -> None:
    """Trains all layers, the new last one ten times as fast as the others."""
    head = network.head.op_list[-1]
    known = {id(parameter) for parameter in head.parameters()}
    others = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [{"params": others, "lr": 1e-4}, {"params": head.parameters(), "lr": 1e-3}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    random = np.random.default_rng(0)
    network.train().requires_grad_(True)
    for epoch in range(epochs):
        losses = []
        # Whole batches only: BatchNorm learns nothing from a batch of one.
        order = random.permutation(len(photos))
        for start in range(0, max(1, len(order) - BATCH + 1), BATCH):
            batch = photos.part(order[start : start + BATCH])
            images = torch.from_numpy(preprocessing.normalise(batch.pixels))
            if random.random() < 0.5:
                images = images.flip(3)
            loss = functional.cross_entropy(network(images), torch.from_numpy(batch.labels))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.3f}")
    network.eval()


def main() -> None:
    """Does it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, help="a folder with a folder of photos for each class")
    parser.add_argument("--model", help="a LowFormer (default: demo, which is bundled)")
    parser.add_argument("--weights", type=Path, help="its checkpoint")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path("finetuned"), help="the bundle")
    arguments = parser.parse_args()

    classes = sorted(path.name for path in arguments.photos.iterdir() if path.is_dir())
    torch.manual_seed(0)  # the new last layer starts the same in every run
    start = lfe.load_model(arguments.model, weights=arguments.weights)
    network, preprocessing = start.network, start.preprocessing
    if not isinstance(network, lfe.LowFormer):
        parser.error(f"{arguments.weights} is for {start.config.task}; give a classifier's")
    network.reset_classifier(len(classes))
    untrained = lfe.from_module(network, preprocessing, labels=classes)

    # Every fifth photo is kept back: it is neither trained nor calibrated on.
    photos = lfe.open_images(arguments.photos, untrained)
    mixed = np.random.default_rng(0).permutation(len(photos))
    kept_back, trained_on = photos.part(mixed[::5]), photos.part(np.delete(mixed, np.s_[::5]))
    train(network, trained_on, preprocessing, arguments.epochs)

    model = lfe.from_module(network, preprocessing, labels=classes, name="finetune.py")
    bundle = lfe.export_model(
        model,
        arguments.output,
        ["tflite/fp32", "tflite/int8"],
        calibration=trained_on.first(256),
        evaluation=kept_back,
        overwrite=True,
    )
    for edge in lfe.verify(bundle, images=kept_back, weights=model).edges():
        if edge.first == "eager" and edge.parity.top1:
            print(f"{edge.second}: {edge.parity.top1.value:.1f} % of {len(kept_back)} others")
    with lfe.open_model(bundle, "tflite/int8") as classifier:
        photo = next(path for path in sorted((arguments.photos / classes[0]).iterdir()))
        (best,) = classifier(photo, top=1)
        print(f"{photo}: {best.label} ({100 * best.probability:.0f} %)")


if __name__ == "__main__":
    main()
