"""The bundled models and data: what they are and where they lie.

Origin and licence are told in this folder's README.md.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
CHECKPOINT = FOLDER / "lowformer_demo.safetensors"
"""A LowFormer trained on Fashion-MNIST, with its config, preprocessing and labels."""

DETECTOR = FOLDER / "lowformer_detector.safetensors"
"""The same one under RetinaNet, trained on scenes of Fashion-MNIST's garments."""

SEGMENTER = FOLDER / "lowformer_segmenter.safetensors"
"""The same one under Semantic FPN, likewise."""

CHECKPOINTS = (CHECKPOINT, DETECTOR, SEGMENTER)

CALIBRATION = FOLDER / "calibration.npz"
"""256 labelled images of the training set."""

EVALUATION = FOLDER / "evaluation.npz"
"""2,000 labelled images of the test set."""

CALIBRATION_NAME = "Fashion-MNIST training images (bundled)"
EVALUATION_NAME = "Fashion-MNIST test images (bundled)"
"""Which images a model is calibrated on, and which its files are judged by."""
