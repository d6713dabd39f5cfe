"""The bundled model and data: what they are and where they lie.

Origin and licence are told in this folder's README.md.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
CHECKPOINT = FOLDER / "lowformer_demo.safetensors"
"""A LowFormer trained on Fashion-MNIST, with its config, preprocessing and labels."""

CALIBRATION = FOLDER / "calibration.npz"
"""256 labelled images of the training set."""

EVALUATION = FOLDER / "evaluation.npz"
"""2,000 labelled images of the test set."""

CALIBRATION_NAME = "Fashion-MNIST training images (bundled)"
EVALUATION_NAME = "Fashion-MNIST test images (bundled)"
