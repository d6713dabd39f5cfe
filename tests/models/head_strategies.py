"""Necks and heads of all kinds, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from lowformer_edge.models.dense_head import DetectionHead, SegmentationHead


@st.composite
def detection_heads(draw: st.DrawFn, widest: int, convs: int = 3) -> DetectionHead:
    """Heads with at least one convolution before the last, some with a width of its own each."""
    widths, count = st.integers(1, widest), draw(st.integers(1, convs))
    tower = st.just(()) | st.tuples(*[widths] * count)
    return DetectionHead(
        neck_channels=draw(widths),
        channels=draw(widths),
        convs=count,
        levels=draw(st.integers(3, 8)),
        lateral_channels=draw(st.none() | widths),
        class_channels=draw(tower),
        box_channels=draw(tower),
    )


@st.composite
def segmentation_heads(draw: st.DrawFn, widest: int) -> SegmentationHead:
    """Heads, some of which have a width of its own for each convolution."""
    widths = st.integers(1, widest)
    own = st.tuples(st.just(()), st.just(()), st.tuples(widths), st.tuples(widths, widths))
    return SegmentationHead(
        draw(widths), draw(widths), draw(st.none() | widths), draw(st.just(()) | own)
    )
