"""What the tasks are called."""

from __future__ import annotations

from ..artifact.interface import CLASSIFICATION

DETECTION = "detection"
SEGMENTATION = "segmentation"

TASK_NAMES = (CLASSIFICATION, DETECTION, SEGMENTATION)
