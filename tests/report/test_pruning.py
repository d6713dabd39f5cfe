"""What the page and the terminal say of a pruned model."""

from __future__ import annotations

from lowformer_edge.artifact.manifest import Pruning, Width
from lowformer_edge.cli.tables.pruning import described_pruning
from lowformer_edge.report.block import Hidden, Table
from lowformer_edge.report.pruning import pruned_fact, pruning_blocks

LAYERS = {
    "stages.0": Width(channels=64, before=64, rank=16),
    "stages.1": Width(channels=96, before=128),
}
PRUNED = Pruning(
    max_drop=0.3, max_high=0.6, layers=LAYERS, macs=60_000_000, macs_before=100_000_000
)
NARROWED = PRUNED.model_copy(update={"layers": {"stages.1": LAYERS["stages.1"]}})


def test_the_fact_tells_channels_and_ranks() -> None:
    assert pruned_fact(PRUNED)[1] == (
        "32 of 192 hidden channels taken out, 3x3 convolutions of lower rank in 1 of 2 layers"
    )
    assert pruned_fact(NARROWED)[1] == "32 of 128 hidden channels taken out"


def test_each_layer_is_listed_with_its_rank() -> None:
    hidden = pruning_blocks(PRUNED, "top-1")[1]
    assert isinstance(hidden, Hidden)
    (table,) = hidden.blocks
    assert isinstance(table, Table)
    (group,) = table.groups
    texts = [[cell.text for cell in row] for row in group.rows]
    assert texts[0] == ["stages.0", "64", "64", "16"]
    assert texts[1][:3] == ["stages.1", "128", "96"]
    assert texts[1][3] != "None"


def test_the_terminal_tells_channels_ranks_and_products() -> None:
    assert described_pruning(PRUNED, "top-1") == [
        "pruned: 32 of 192 hidden channels, in 1 of 2 layers, and a lower rank of 3x3"
        " convolutions in 1; 0.600 of the multiply-accumulates, 60.0 M of 100.0 M"
    ]
