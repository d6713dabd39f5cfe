"""What every target's exporter can do."""

from __future__ import annotations

import abc
from typing import ClassVar

from torch import nn

from ..artifact.content import Content
from ..calibration.ranges import Ranges
from ..models.loading import LoadedModel
from .rewrites.table import rewrite
from .spec import ExportSpec


class Exporter(abc.ABC):
    """Makes the files of one target from one model.

    Args:
        loaded: The model.
        batch: Images per inference.

    Attributes:
        target: The target's name.
        suffix: Of its files.
        model: The model as it was rewritten for the target.
    """

    target: ClassVar[str]
    suffix: ClassVar[str]

    def __init__(self, loaded: LoadedModel, batch: int = 1) -> None:
        self.loaded = loaded
        self.batch = batch
        self.model = rewrite(loaded.network, self.target)

    def suffix_of(self, spec: ExportSpec) -> str:
        """The end of a file's name; :attr:`suffix` but where a target has several formats."""
        return self.suffix

    @abc.abstractmethod
    def export(self, spec: ExportSpec, model: nn.Module, ranges: Ranges | None) -> Content:
        """One file, or a folder in a format that is one.

        Args:
            spec: What to export.
            model: :attr:`model`, or a copy with other biases.
            ranges: Its activation ranges, where the spec needs them.

        Raises:
            UsageError: The spec asks for a kernel that does not exist.
            ExportError: The converter failed.
            MissingDependencyError: The converter is not installed.
        """

    def float_file(self) -> bytes | None:
        """The float32 file that others are timed against, where it costs nothing to make."""
        return None
