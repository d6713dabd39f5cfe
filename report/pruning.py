"""What the page says of how the model was pruned."""

from __future__ import annotations

from ..artifact.manifest import Loss, Pruning
from .block import Block, Cell, Column, Hidden, Table
from .numerals import ABSENT, counted, millions


def pruned_fact(pruning: Pruning) -> tuple[str, str, str]:
    """How much was taken out, as a fact about the model."""
    return (
        "Pruned",
        f"{pruning.removed} of {pruning.channels_before} hidden channels taken out"
        f"{_lowered(pruning)}",
        f"{pruning.macs / pruning.macs_before:.3f} of the {millions(pruning.macs_before)}"
        " multiply-accumulates are left; projections were fitted again, nothing was trained",
    )


def _lowered(pruning: Pruning) -> str:
    """Of how many layers the rank is lower, where it is of any."""
    layers = f"{pruning.of_low_rank} of {len(pruning.layers)} layers"
    return f", 3x3 convolutions of lower rank in {layers}" if pruning.of_low_rank else ""


def pruning_blocks(pruning: Pruning, measure: str) -> list[Block]:
    """What files lose against the model as it was, and the width of each layer."""
    losses = Table.of(
        "What the files lose against the model as it was, in float32, on images by which nothing"
        f" was chosen; {pruning.max_drop:g} points may be lost, {pruning.max_high:g} at the upper"
        " end of the interval",
        (
            Column("File", is_text=True),
            Column("Lost", f"points of {measure}"),
            Column("95 % interval", "points"),
            Column("SQNR", "dB"),
            Column("Images"),
        ),
        [_loss_row(path, loss) for path, loss in pruning.losses.items()],
    )
    widths = Table.of(
        "Hidden channels of each layer, and the rank of a 3x3 convolution that a 1x1 one expands",
        (Column("Layer", is_text=True), Column("Before"), Column("Now"), Column("Rank")),
        [
            (
                Cell(path),
                Cell(str(width.before)),
                Cell(str(width.channels)),
                Cell(str(width.rank or ABSENT)),
            )
            for path, width in pruning.layers.items()
        ],
    )
    layers = Hidden(f"The width of {counted(len(pruning.layers), 'hidden layer')}", (widths,))
    return [losses, layers]


def _loss_row(path: str, loss: Loss) -> tuple[Cell, ...]:
    parity, drop = loss.parity, loss.drop
    sqnr = parity.sqnr_db
    return (
        Cell(path),
        Cell(ABSENT if parity.drop is None else f"{parity.drop:.2f}"),
        Cell(f"{drop.low:.2f} to {drop.high:.2f}" if drop else ABSENT),
        Cell(sqnr if isinstance(sqnr, str) else f"{sqnr:.1f}"),
        Cell(str(parity.images)),
    )
