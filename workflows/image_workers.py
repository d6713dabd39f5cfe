"""How many processes share images."""

from __future__ import annotations

from ..process.apart.job_count import job_count
from .defaults import WORKER_BYTES

IMAGES_EACH = 32
"""How many images there are for each process that runs files, which takes seconds to start."""


def image_workers(jobs: int | None, images: int) -> int:
    """How many processes run files on this machine, each on a part of the images.

    Args:
        jobs: What the user says; as cores and memory allow if None.
        images: How many there are.
    """
    return job_count(jobs, max(1, images // IMAGES_EACH), WORKER_BYTES)
