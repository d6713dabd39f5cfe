"""A bundle: the files of one export, with what is stated of them."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ..errors import LowFormerEdgeError, ManifestError, UsageError
from .golden import GoldenVectors
from .labels import read_labels
from .manifest import ArtifactRecord, Manifest, read_manifest
from .preprocessing import Preprocessing

_Content = TypeVar("_Content")

TRIES = 100
"""How often a bundle is read that is replaced each time."""

FolderState = tuple[int, int, int]
"""Device, number and last change, which a folder that is renamed to its place has had too."""


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle whose files are those that its manifest names.

    Attributes:
        folder: Where it is.
        manifest: What it states.
        state: Of the folder as it was read, see :func:`state_of`.
    """

    folder: Path
    manifest: Manifest
    state: FolderState | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def is_replaced(self) -> bool:
        """Whether another bundle has come to its place since it was opened."""
        return self.state is not None and state_of(self.folder) != self.state

    def check_not_replaced(self) -> None:
        """Refuses what may be another bundle's by now.

        Raises:
            ManifestError: The bundle was replaced since it was opened.
        """
        if self.is_replaced:
            raise ManifestError(f"{self.folder}: was replaced while it was read; open it again")

    @property
    def files(self) -> tuple[Path, ...]:
        """The exported files."""
        return tuple(self.folder / record.file.path for record in self.manifest.artifacts)

    @functools.cached_property
    def preprocessing(self) -> Preprocessing:
        """From an image to the network's input."""
        return self.manifest.preprocessing_spec()

    @functools.cached_property
    def labels(self) -> tuple[str, ...] | None:
        """Class names in order, or None where nobody gave them.

        Raises:
            DataError: They cannot be read, or are more or fewer than the model's classes.
            ManifestError: The bundle was replaced since it was opened.
        """
        record = self.manifest.labels
        return self._read(self._read_labels, record.path) if record else None

    @property
    def task_name(self) -> str:
        """What the model is for, such as ``classification``."""
        return self.manifest.task

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.manifest.num_classes

    @property
    def digest(self) -> str | None:
        """SHA-256 in hex of the weights that it was exported from; None of random ones."""
        return self.manifest.source.sha256

    @property
    def output_bytes(self) -> int:
        """Of the model's outputs for one image, in float32."""
        return sum(4 * math.prod(output.shape) for output in self.manifest.outputs)

    def golden(self) -> GoldenVectors:
        """Inputs with the eager model's logits, by which any runtime can be checked.

        Raises:
            ArtifactError: They are damaged.
            ManifestError: The bundle was replaced since it was opened.
        """
        return self._read(GoldenVectors.load, self.manifest.golden.path)

    def _read_labels(self, path: Path) -> tuple[str, ...]:
        return read_labels(path, self.num_classes)

    def _read(self, read: Callable[[Path], _Content], name: str) -> _Content:
        """What is read of one of its files, if it is still this bundle's."""
        try:
            content = read(self.folder / name)
        except LowFormerEdgeError:
            self.check_not_replaced()
            raise
        self.check_not_replaced()
        return content

    def path(self, artifact: str | None = None) -> Path:
        """One of the exported files.

        Args:
            artifact: Its format and precision as ``tflite/int8``, one of both, or its name. May be
                left out where there is but one file.

        Raises:
            UsageError: No file is that, or several are.
        """
        fitting = [record for record in self.manifest.artifacts if _fits(record, artifact)]
        if len(fitting) == 1:
            return self.folder / fitting[0].file.path
        asked = "" if artifact is None else f" that are {artifact!r}"
        if fitting:
            raise UsageError(
                f"{self.folder}: holds {len(fitting)} files{asked}; give as `artifact` one of"
                f" {_listed(fitting)}"
            )
        raise UsageError(
            f"{self.folder}: holds no {artifact!r}; give as `artifact` one of"
            f" {_listed(self.manifest.artifacts)}"
        )


def open_bundle(folder: str | Path) -> Bundle:
    """Opens a bundle, and checks its files by their hashes.

    One that another process replaces meanwhile is read again, so that all of it is of one export.

    Args:
        folder: What an export wrote.

    Raises:
        ManifestError: It is no bundle, damaged, or replaced faster than it can be read.
    """
    folder = Path(folder)
    for _ in range(TRIES):
        state = state_of(folder)
        try:
            bundle = Bundle(folder, read_manifest(folder), state)
        except ManifestError:
            if state_of(folder) == state:
                raise
        else:
            if not bundle.is_replaced:
                return bundle
    raise ManifestError(f"{folder}: is replaced faster than it can be read; try again")


def state_of(folder: Path) -> FolderState | None:
    """What tells a folder from one that takes its place; None where there is none."""
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino, state.st_ctime_ns


def _fits(record: ArtifactRecord, artifact: str | None) -> bool:
    names = {record.format, record.precision, _name(record), record.file.path}
    return artifact is None or artifact in names


def _name(record: ArtifactRecord) -> str:
    return f"{record.format}/{record.precision}"


def _listed(records: Sequence[ArtifactRecord]) -> str:
    """What files can be asked for by: format and precision, or a name where several have these."""
    names = [_name(record) for record in records]
    return ", ".join(
        name if names.count(name) == 1 else record.file.path
        for name, record in zip(names, records, strict=True)
    )
