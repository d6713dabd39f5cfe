"""What other commands print with ``--json``, as far as a report shows it.

Keys that are not known are left alone, so that those commands may say more.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from .manifest import DecibelsOrExact, Digest, Interval, Parity, Residency


def _texts(machine: Any) -> Any:
    """A machine's description without what is no text."""
    if not isinstance(machine, dict):
        return machine
    return {name: value for name, value in machine.items() if isinstance(value, str)}


Machine = Annotated[dict[str, str], BeforeValidator(_texts)]
"""What a command says of a machine."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class LinkResult(_Record):
    """Two places where the same function is computed, compared; see ``runtime.lattice``."""

    first: str
    second: str
    least_db: float | None
    failure: str | None
    images: int
    data: str
    sqnr_db: DecibelsOrExact
    cosine: float
    max_difference: float
    agreement: Interval


class PlacedResult(_Record):
    """What became of a file on a target; see ``runtime.target_check``."""

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


class MacMilliseconds(_Record):
    """Time of one inference on a Mac."""

    median: float
    p10: float
    p90: float


class MacResult(_Record):
    """A Core ML package on a Mac's compute units."""

    package: str
    units: str
    parity: Parity | None
    milliseconds: MacMilliseconds | None = None
    failure: str | None = None


class VerifyResult(_Record):
    """The output of ``lowformer-verify --json``."""

    data: str
    images: int
    digests: dict[str, Digest] = {}
    targets: dict[str, Machine]
    placed: tuple[PlacedResult, ...]
    links: tuple[LinkResult, ...]
    mac: tuple[MacResult, ...] = ()
    failures: tuple[str, ...]


class TimedResult(_Record):
    """A file's timings, beside the others'."""

    path: str
    median_ms: float = Field(ge=0)
    p10_ms: float = Field(ge=0)
    p90_ms: float = Field(ge=0)
    p99_ms: float | None = Field(default=None, ge=0)
    load_ms: float | None = Field(default=None, ge=0)
    first_ms: float | None = Field(default=None, ge=0)
    ratio: float = Field(ge=0)
    ratio_low: float = Field(ge=0)
    ratio_high: float = Field(ge=0)


class BenchmarkResult(_Record):
    """Files that were timed in turns with one number of threads."""

    threads: int | None = None
    reference: str | None = None
    verdict: str
    doubts: tuple[str, ...]
    files: tuple[TimedResult, ...] = Field(min_length=1)


class BenchResult(_Record):
    """The output of ``lowformer-bench --json``."""

    machine: Machine
    benchmarks: tuple[BenchmarkResult, ...] = Field(min_length=1)


class LossResult(_Record):
    """How far quantized logits are from the float model's; no ratio where they are equal."""

    sqnr_db: float | None
    agreement_percent: float


class OpResult(_Record):
    """The sensitivity of one op."""

    name: str
    op: str
    precision: str
    alone: LossResult
    left_out: LossResult


class OpsResult(_Record):
    """The sensitivity of a model's ops, from the most sensitive to the least."""

    images: int
    data: str
    together: LossResult
    ops: tuple[OpResult, ...]


class SensitivityResult(_Record):
    """The output of ``lowformer-calibrate --sensitivity --json``."""

    digest: Digest
    observer: str
    images: int
    sensitivity: OpsResult


class MixResult(_Record):
    """A mix of precisions on a search's front; its cost is in the front's unit."""

    predicted_noise: float = Field(ge=0)
    predicted_cost_over_fastest: float = Field(ge=0)
    float_ops: int
    measured_drop_points: float | None
    measured_sqnr_db: Annotated[float, AllowInfNan(True), Field(ge=-1000)] | None


class ProofResult(_Record):
    """What the chosen mix loses on images that the search has not seen."""

    drop_points: float
    sqnr_db: float | None
    images: int


class FrontResult(_Record):
    """The front of a search, from the fastest mix to the cleanest."""

    chosen: int = Field(ge=0)
    unit: str
    proof: ProofResult
    front: tuple[MixResult, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _chooses_one_of_them(self) -> FrontResult:
        if self.chosen >= len(self.front):
            raise ValueError("the chosen mix is not on the front")
        return self


class SourceResult(_Record):
    """Where the weights of a searched model came from."""

    sha256: Digest | None


class SearchedFile(_Record):
    """A file of a searched bundle."""

    path: str
    sha256: Digest


class SearchedArtifact(_Record):
    """An artifact of a searched bundle."""

    file: SearchedFile
    precision: str


class SearchResult(_Record):
    """The output of ``lowformer-export --max-drop`` or ``--min-sqnr`` with ``--json``."""

    model: dict[str, Any]
    source: SourceResult
    artifacts: tuple[SearchedArtifact, ...]
    search: FrontResult
