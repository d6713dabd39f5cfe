"""The output of ``lowformer-verify A B --json``."""

from __future__ import annotations

from pydantic import ConfigDict

from ..manifest import Closeness
from .record import Record


class _OutputPair(Record):
    """An output of two files.

    Attributes:
        name: What the first file calls it.
        other: What the second file calls it.
        shape: For one inference of the first file.
    """

    name: str
    other: str
    shape: tuple[int, ...]


class ComparedOutputResult(Closeness, _OutputPair):
    """An output of the first file, and how closely that of the second follows it.

    The names come before the comparison: pydantic takes the fields of the last base first.
    """

    model_config = ConfigDict(extra="ignore")


class CompareResult(Record):
    """All that the command prints; see ``workflows.compare``."""

    first: str
    second: str
    data: str
    inferences: int
    outputs: tuple[ComparedOutputResult, ...]
    min_sqnr_db: float | None
    failures: tuple[str, ...]
