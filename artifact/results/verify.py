"""The output of ``lowformer-verify --json``."""

from __future__ import annotations

from typing import Annotated

from pydantic import AllowInfNan, ConfigDict, Field

from ..manifest import Digest, HalfPrecision, Parity, Residency
from .checked_file import CheckedFileResult
from .record import Machine, Record, SparseRecord


class _Pair(Record):
    """Two places where the same function is computed; the first is the reference."""

    first: str
    second: str


class EdgeResult(Parity, _Pair):
    """Two files, or the eager model and a file, compared on this machine.

    The names come before the comparison: pydantic takes the fields of the last base first.
    """

    model_config = ConfigDict(extra="ignore")


class CulpritResult(Record):
    """An op that does not do what it should; see ``judging.culprit``."""

    kind: str
    name: str
    module: str | None = None
    sqnr_db: float | None = None
    max_difference: Annotated[float, AllowInfNan(True)] | None = None
    equal_inputs: bool = True
    among: tuple[str, ...] = ()
    is_finite: bool = True


class _JudgedPair(_Pair):
    """A pair with its verdict; see ``judging.links``."""

    least_db: float | None
    failure: str | None
    cause: str | None = None
    culprit: CulpritResult | None = None


class LinkResult(Parity, _JudgedPair):
    """Two places where the same function is computed, compared and judged.

    The verdict comes before the comparison, as in :class:`EdgeResult`.
    """

    model_config = ConfigDict(extra="ignore")


class PlacedResult(SparseRecord):
    """What became of a file on a target; see ``workflows.target_check``.

    Where the target takes no such files, nothing is there from ``runtime`` on.
    """

    file: str
    target: str
    not_run: str | None
    runtime: str | None = None
    device: str | None = None
    is_software: bool = False
    half: bool | None = None
    residency: Residency | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the target takes no such files, so that it was not asked to run this one."""
        return self.not_run is not None and "runtime" not in self.model_fields_set


class MacMilliseconds(Record):
    """Time of one inference on a Mac."""

    median: float
    p10: float
    p90: float
    runs: int | None = None


class MacResult(Record):
    """A Core ML package on a Mac's compute units; see ``artifact.mac_report``."""

    package: str
    units: str
    parity: Parity | None
    milliseconds: MacMilliseconds | None = None
    devices: dict[str, int] = Field(default_factory=dict)
    cost: dict[str, float] = Field(default_factory=dict)
    failure: str | None = None


class VerifyResult(Record):
    """All that the command prints."""

    bundle: str | None = None
    images: int
    data: str
    digests: dict[str, Digest] = Field(default_factory=dict)
    edges: tuple[EdgeResult, ...] = ()
    not_run: dict[str, str] = Field(default_factory=dict)
    targets: dict[str, Machine]
    placed: tuple[PlacedResult, ...]
    links: tuple[LinkResult, ...]
    mac: tuple[MacResult, ...] = ()
    browsers: tuple[CheckedFileResult, ...] = ()
    half: dict[str, HalfPrecision] = Field(default_factory=dict)
    failures: tuple[str, ...]
