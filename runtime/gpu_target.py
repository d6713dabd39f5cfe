"""LiteRT's GPU accelerator as a target, on this machine's Vulkan device or a laboratory's."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..artifact.preprocessing import Preprocessing
from ..errors import TargetError
from ..lab.gpu import DRIVERS, LAVAPIPE, NAME, SWIFTSHADER, gpu_environment
from ..lab.place import open_lab
from ..progress import Progress
from .job import Job, read_answer, write_job
from .target import Target, TargetRun
from .worker_process import MODULE, job_folder, run_worker

SYSTEM = "system"
HALF = "fp16"


class GpuTarget(Target):
    """Runs TFLite files on a GPU alone; ops that it refuses are errors.

    Args:
        choice: What follows ``gpu`` on the command line: ``fp16``, a device, or both.

    Raises:
        TargetError: The choice is unknown.
    """

    is_emulated = True

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
        self.name = ":".join(["gpu", *words])

    def refusal(self, path: Path) -> str | None:
        """See :class:`Target`."""
        if path.suffix != ".tflite":
            return "LiteRT's GPU accelerator takes TFLite files alone"
        return None

    def run(
        self,
        files: Sequence[Path],
        pixels: NDArray[np.uint8],
        preprocessing: Preprocessing,
        *,
        threads: int,
        progress: Progress,
    ) -> TargetRun:
        """See :class:`Target`."""
        environment = dict(os.environ)
        if self._device != SYSTEM:
            environment |= gpu_environment(open_lab(NAME), self._device)
        job = Job(
            files=tuple(str(path.absolute()) for path in files),
            preprocessing=preprocessing.to_dict(),
            threads=threads,
            accelerator="gpu-fp16" if self.half else "gpu",
        )
        with (
            job_folder() as name,
            progress.step(f"running on {self.name}", len(files) * len(pixels)) as advance,
        ):
            folder = Path(name)
            write_job(folder, job, pixels)
            run_worker([sys.executable, "-m", MODULE, name], environment, self.name, advance)
            machine, ran = read_answer(folder, job, len(pixels))
        return TargetRun(machine, tuple(ran))
