"""LiteRT's GPU accelerator as a target, on this machine's Vulkan device or a laboratory's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import TargetError
from ..lab.gpu import DRIVERS, LAVAPIPE, NAME, SWIFTSHADER, gpu_environment
from ..lab.place import open_lab
from .worker_process import MODULE
from .worker_target import FreshWorkerTarget, Start

SYSTEM = "system"
HALF = "fp16"


class GpuTarget(FreshWorkerTarget):
    """Runs TFLite files on a GPU alone; ops that it refuses are errors.

    Args:
        choice: What follows ``gpu`` on the command line: ``fp16``, a device, or both.

    Raises:
        TargetError: The choice is unknown.
    """

    scheme = "gpu"

    def __init__(self, choice: str = "") -> None:
        words = [word for word in choice.split(":") if word]
        self.half = HALF in words
        devices = [word for word in words if word != HALF]
        known = (*DRIVERS, SYSTEM)
        if len(devices) > 1 or not set(devices) <= set(known):
            raise TargetError(
                f"gpu:{choice}: after gpu there can be {HALF} and one of {', '.join(known)}"
            )
        # SwiftShader is the quicker, but computes nothing in half precision.
        default = LAVAPIPE if self.half else SWIFTSHADER
        self._device = devices[0] if devices else default
        self.accelerator = "gpu-fp16" if self.half else "gpu"
        self.name = ":".join(["gpu", *words])

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        if path.suffix != ".tflite":
            return "LiteRT's GPU accelerator takes TFLite files alone"
        return None

    def _start(self, folder: Path) -> Start:
        environment = dict(os.environ)
        if self._device != SYSTEM:
            environment |= gpu_environment(open_lab(NAME), self._device)
        return [sys.executable, "-m", MODULE, str(folder)], environment
