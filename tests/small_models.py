"""Models of a few thousand weights, which convert in seconds."""

from __future__ import annotations

from lowformer_edge.models.config import LowFormerConfig

TINY = LowFormerConfig(
    name="tiny",
    widths=(4, 6, 8, 16, 32),
    depths=(1, 1, 2, 1, 1),
    downsample_expansions=(2, 2, 2, 2),
    block_expansion=2,
    head_widths=(24, 20),
    num_classes=5,
    fused_below=32,
    mlp_expansion=2,
    head_width=4,
    input_size=64,
)
"""Every kind of block, small enough to convert in seconds."""

SLIGHT = TINY.replace(name="slight", depths=(0, 1, 1, 0, 0))
"""The fewest ops that a config can ask for."""

ATTENTIVE = TINY.replace(name="attentive", depths=(0, 1, 1, 1, 0))
"""The fewest ops with an attention and an MLP."""
