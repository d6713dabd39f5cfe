"""Makes the bundled calibration and evaluation images from Fashion-MNIST.

python training/demo_data.py --output demo
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from fashion_mnist import read_split

CALIBRATION_IMAGES = 256
EVALUATION_IMAGES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--output", type=Path, required=True, help="a folder")
    arguments = parser.parse_args()
    images, labels = read_split(arguments.data, "train")
    chosen = np.sort(
        np.random.default_rng(0).choice(len(images), CALIBRATION_IMAGES, replace=False)
    )
    np.savez_compressed(
        arguments.output / "calibration.npz", images=images[chosen], labels=labels[chosen]
    )
    images, labels = read_split(arguments.data, "t10k")
    np.savez_compressed(
        arguments.output / "evaluation.npz",
        images=images[:EVALUATION_IMAGES],
        labels=labels[:EVALUATION_IMAGES],
    )


if __name__ == "__main__":
    main()
