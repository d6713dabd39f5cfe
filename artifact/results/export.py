"""The output of ``lowformer-export --json``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AllowInfNan, Field, model_validator

from ..manifest import Digest, Manifest
from .record import Record, SparseRecord


class MixResult(SparseRecord):
    """A mix on a search's front; its cost is in the front's unit.

    ``channels`` are those of all hidden layers together, where their number was searched for.
    """

    predicted_noise: float = Field(ge=0)
    predicted_cost_over_fastest: float = Field(ge=0)
    float_ops: int
    channels: int | None = None
    measured_drop_points: float | None
    measured_sqnr_db: Annotated[float, AllowInfNan(True), Field(ge=-1000)] | None


class ProofResult(SparseRecord):
    """What the chosen mix loses on images that the search has not seen.

    ``drop_high_points`` is the upper end of the drop's 95 % interval, where it is known.
    """

    drop_points: float
    drop_high_points: float | None = None
    sqnr_db: float | None
    images: int


class FrontResult(Record):
    """The front of a search, from the fastest mix to the cleanest, and the chosen mix's recipe."""

    chosen: int = Field(ge=0)
    unit: str
    proof: ProofResult
    front: tuple[MixResult, ...] = Field(min_length=1)
    recipe: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _chooses_one_of_them(self) -> FrontResult:
        if self.chosen >= len(self.front):
            raise ValueError("the chosen mix is not on the front")
        return self


class _Bundle(SparseRecord):
    """Where a bundle is."""

    bundle: str


class ExportedResult(Manifest, _Bundle):
    """All that the command prints: where the bundle is, its manifest, and how it came to be.

    ``search`` is there where there was one, ``failed_targets`` where formats failed beside others,
    ``failed_files`` where files did that were written and did not keep their promise.
    """

    search: FrontResult | None = None
    failed_targets: dict[str, str] = Field(default_factory=dict)
    failed_files: dict[str, str] = Field(default_factory=dict)


class SourceResult(Record):
    """Where the weights of a searched model came from."""

    sha256: Digest | None


class SearchedFile(Record):
    """A file of a searched bundle."""

    path: str
    sha256: Digest


class SearchedArtifact(Record):
    """An artifact of a searched bundle."""

    file: SearchedFile
    precision: str


class SearchResult(Record):
    """What a report needs of an export with ``--max-drop`` or ``--min-sqnr``.

    That is little of the manifest, which forbids what it does not know: a search of another
    version's export is still read.
    """

    model: dict[str, Any]
    source: SourceResult
    artifacts: tuple[SearchedArtifact, ...]
    search: FrontResult
