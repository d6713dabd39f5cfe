"""The tasks that there are."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ManifestError
from .classification import CLASSIFICATION
from .detection import DETECTION
from .segmentation import SEGMENTATION
from .task import Task

TASKS: Mapping[str, Task] = {task.name: task for task in (CLASSIFICATION, DETECTION, SEGMENTATION)}
"""By name."""


def task_of(name: str) -> Task:
    """The task of a name, as manifests state it.

    Raises:
        ManifestError: This version knows no such task.
    """
    if name not in TASKS:
        raise ManifestError(
            f"task {name!r} is unknown; this lowformer-edge knows {', '.join(TASKS)}: use the"
            " version that wrote the bundle"
        )
    return TASKS[name]
