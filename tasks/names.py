"""What the tasks are called."""

from __future__ import annotations

from collections.abc import Mapping

from ..artifact.interface import CLASSIFICATION
from ..errors import UsageError

DETECTION = "detection"
SEGMENTATION = "segmentation"

TASK_NAMES = (CLASSIFICATION, DETECTION, SEGMENTATION)

_VERBS: Mapping[str, str] = {
    "classify": CLASSIFICATION,
    "detect": DETECTION,
    "segment": SEGMENTATION,
}


def parse_task(text: str) -> str:
    """A task by its name, such as ``detection``, or by what it does, such as ``detect``.

    Raises:
        UsageError: There is no such task.
    """
    name = _VERBS.get(text, text)
    if name not in TASK_NAMES:
        raise UsageError(f"`task` {text!r} is unknown; choose one of {', '.join(_VERBS)}")
    return name
