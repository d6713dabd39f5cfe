"""The output of ``lowformer-calibrate --json``."""

from __future__ import annotations

from ..manifest import Digest
from .record import Record


class LossResult(Record):
    """How far quantized logits are from the float model's; no ratio where they are equal."""

    sqnr_db: float | None
    agreement_percent: float


class OpResult(Record):
    """The sensitivity of one op."""

    name: str
    op: str
    precision: str
    alone: LossResult
    left_out: LossResult


class OpsResult(Record):
    """The sensitivity of a model's ops, from the most sensitive to the least."""

    images: int
    data: str
    together: LossResult
    ops: tuple[OpResult, ...]


class CalibrateResult(Record):
    """All that the command prints."""

    ranges: str | None = None
    digest: Digest
    observer: str
    images: int
    sensitivity: OpsResult | None


class SensitivityResult(CalibrateResult):
    """The same of ``--sensitivity``, which is what a report needs."""

    sensitivity: OpsResult
