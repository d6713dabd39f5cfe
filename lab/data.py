"""The data laboratory: images to train and judge a small model on, Fashion-MNIST."""

from __future__ import annotations

import shutil

from ..progress import Progress
from .debian import RELEASE, DebianArchive
from .place import Lab, new_lab, open_lab

NAME = "data"

MEGABYTES = 70

FASHION_MNIST = "usr/share/datasets/fashion-mnist"
"""60,000 images to train on and 10,000 to test, 28 x 28 in grey, of ten kinds of clothes. MIT,
Zalando SE."""


def build_data_lab(progress: Progress) -> Lab:
    """Fetches Fashion-MNIST, a package of 31 MB.

    Raises:
        LabError: It cannot be had; an older laboratory stays as it was.
    """
    versions: dict[str, str] = {}
    with new_lab(NAME, versions, MEGABYTES) as folder:
        with progress.step("reading the package lists"):
            archive = DebianArchive(folder / "archive", (RELEASE,))
        with progress.step("fetching Fashion-MNIST"):
            versions |= archive.unpack_alone(["dataset-fashion-mnist"], folder)
        shutil.rmtree(folder / "archive")
    return open_lab(NAME)
