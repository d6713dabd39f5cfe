"""What is told of a pruned model: what was taken out, and what its files lose."""

from __future__ import annotations

from ...artifact.manifest import Loss, Pruning


def described_pruning(pruning: Pruning, measure: str) -> list[str]:
    """What was removed, and what each file loses against the model as it was, a line each.

    ``measure`` is what the task measures on annotated images, such as top-1.
    """
    thinned = sum(width.channels < width.before for width in pruning.layers.values())
    lowered = pruning.of_low_rank
    low = f", and a lower rank of 3x3 convolutions in {lowered}" if lowered else ""
    lines = [
        f"pruned: {pruning.removed} of {pruning.channels_before} hidden channels, in {thinned} of"
        f" {len(pruning.layers)} layers{low}; {pruning.macs / pruning.macs_before:.3f} of the"
        f" multiply-accumulates, {pruning.macs / 1e6:.1f} M of {pruning.macs_before / 1e6:.1f} M"
    ]
    return lines + [_described_loss(path, loss, measure) for path, loss in pruning.losses.items()]


def _described_loss(path: str, loss: Loss, measure: str) -> str:
    """What one file loses, on the images that chose nothing."""
    parity, drop = loss.parity, loss.drop
    sqnr = parity.sqnr_db if isinstance(parity.sqnr_db, str) else f"{parity.sqnr_db:.1f} dB"
    lost = measure if parity.measured else "agreement"
    interval = f" ({drop.low:.2f} to {drop.high:.2f})" if drop else ""
    return (
        f"{path}: loses {parity.drop:.2f} points of {lost}{interval} against the model as it was,"
        f" on {parity.images} images by which nothing was chosen; {sqnr}"
    )
