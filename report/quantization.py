"""The section about how the INT8 files came to be, and what INT8 costs."""

from __future__ import annotations

from ..artifact.caveats import doubts
from ..artifact.manifest import Calibration
from ..artifact.results.calibrate import LossResult, OpResult, OpsResult
from ..artifact.results.export import SearchResult
from .block import Block, Cell, Column, Facts, Hidden, Lines, Meter, Section, Table
from .evidence import Evidence
from .numerals import ABSENT, counted, decibels_of_noise
from .pareto import pareto_plot

OPS_SHOWN = 15
"""Ops that a reader sees without opening the rest."""


def quantization_section(evidence: Evidence) -> Section:
    """Calibration, sensitivity and search, as far as there are any."""
    blocks: list[Block] = []
    calibration = evidence.manifest.calibration
    if calibration:
        blocks.append(_calibration(calibration))
        if calibration.skipped:
            lines = Lines(calibration.skipped)
            blocks.append(Hidden("Files that could not be read", (lines,)))
    else:
        blocks.append(Lines(("No file of this bundle needed activation ranges.",)))
    doubtful = doubts(evidence.manifest)
    if doubtful:
        blocks.append(Lines(tuple(doubtful), "Doubtful"))
    if evidence.sensitivity:
        blocks += _sensitivity(evidence.sensitivity.sensitivity, evidence.task.same)
    if evidence.search:
        blocks += _search(evidence.search, evidence)
    return Section("int8", "INT8", "", tuple(blocks))


def _calibration(calibration: Calibration) -> Facts:
    fewer = calibration.images - calibration.distinct
    return Facts(
        (
            (
                "Calibrated on",
                f"{calibration.images:,} {calibration.data}",
                f"{fewer} of them the same as others" if fewer else "all different",
            ),
            ("Observer", calibration.observer, "how ranges are taken from values"),
            ("Files skipped", str(len(calibration.skipped)), ""),
            ("Digest", calibration.sha256, "of model, images, preprocessing and observer"),
        )
    )


def _sensitivity(found: OpsResult, same: str) -> list[Block]:
    together = found.together
    lead = (
        f"Simulated in the eager model on {found.images} {found.data}. Alone: that op quantized and"
        f" no other; left out: all others quantized. All {len(found.ops)} ops together give"
        f" {_decibels(together)} dB, the upright line; a shorter bar is a more sensitive op."
    )
    most = max(
        [loss.sqnr_db for op in found.ops for loss in (op.alone,) if loss.sqnr_db]
        + [together.sqnr_db or 1.0, 1.0]
    )
    caption = f"The {min(OPS_SHOWN, len(found.ops))} ops that INT8 hurts most"
    blocks: list[Block] = [
        Lines((lead,), "Sensitivity"),
        _ops(caption, found.ops[:OPS_SHOWN], most, together, same),
    ]
    rest = found.ops[OPS_SHOWN:]
    if rest:
        others = _ops("The less sensitive ops", rest, most, together, same)
        blocks.append(Hidden(f"{len(rest)} less sensitive ops", (others,)))
    return blocks


def _ops(
    caption: str, ops: tuple[OpResult, ...], most: float, together: LossResult, same: str
) -> Table:
    columns = (
        Column("Op", is_text=True),
        Column("Alone", "dB"),
        Column(f"Same {same}", "%"),
        Column("Left out", "dB"),
        Column(f"Same {same}", "%"),
    )
    mark = None if together.sqnr_db is None else max(0.0, together.sqnr_db / most)
    rows = [
        (
            Cell(op.name, f"{op.op}, {op.precision}"),
            Cell(
                _decibels(op.alone),
                meter=Meter(_share(op.alone, most), mark=mark),
            ),
            Cell(f"{op.alone.agreement_percent:.2f}"),
            Cell(_decibels(op.left_out)),
            Cell(f"{op.left_out.agreement_percent:.2f}"),
        )
        for op in ops
    ]
    return Table.of(caption, columns, rows)


def _share(loss: LossResult, most: float) -> float:
    return 1.0 if loss.sqnr_db is None else min(1.0, max(0.0, loss.sqnr_db / most))


def _decibels(loss: LossResult) -> str:
    return "exact" if loss.sqnr_db is None else f"{loss.sqnr_db:.1f}"


def _search(result: SearchResult, evidence: Evidence) -> list[Block]:
    found = result.search
    chosen, proof = found.front[found.chosen], found.proof
    ours = {item.file.sha256 for item in evidence.manifest.artifacts}
    is_ours = any(item.file.sha256 in ours for item in result.artifacts if item.precision == "int8")
    where = "It is the INT8 file of this bundle." if is_ours else "It is no file of this bundle."
    decibels = "exact" if proof.sqnr_db is None else f"{proof.sqnr_db:.1f} dB SQNR"
    lead = (
        f"Of {counted(len(found.front), 'mix', 'mixes')} of precisions between the fastest file and"
        f" the cleanest, mix {found.chosen} was chosen, with {counted(chosen.float_ops, 'op')} in"
        f" float. On {proof.images} images that the search had not seen it loses"
        f" {proof.drop_points:.2f} points at {decibels}. {where}"
    )
    columns = (
        Column("Mix", is_text=True),
        Column("Float ops"),
        Column("Added", found.unit),
        Column("Predicted", "dB"),
        Column("Measured", "dB"),
        Column("Drop", "points"),
    )
    rows = [
        (
            Cell(str(index), "chosen" if index == found.chosen else ""),
            Cell(str(mix.float_ops)),
            Cell(f"{mix.predicted_cost_over_fastest:.3f}"),
            Cell(f"{decibels_of_noise(mix.predicted_noise):.1f}"),
            Cell(ABSENT if mix.measured_sqnr_db is None else f"{mix.measured_sqnr_db:.1f}"),
            Cell(ABSENT if mix.measured_drop_points is None else f"{mix.measured_drop_points:.2f}"),
        )
        for index, mix in enumerate(found.front)
    ]
    table = Table.of("Every mix on the front", columns, rows)
    rest = Hidden(f"All {counted(len(rows), 'mix', 'mixes')}", (table,))
    return [Lines((lead,), "Search"), pareto_plot(found), rest]
