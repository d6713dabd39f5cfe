"""What the authors published of each variant, and where."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

CODE = "counted from the authors' published code"
PAPERS = "the papers' tables (arXiv 2409.03460, arXiv 2603.26551)"
README = "the README of the authors' repository, batch 200"
JOURNAL = "the README of the authors' repository and arXiv 2603.26551, batch 1"
CPUBONE = "read off a plot of CPUBone (same authors, CVPR Findings 2026), batch 1, +-2 ms"

A40 = "A40 img/s"
PI5 = "Pi 5 ms"
TITAN_RTX = "TITAN RTX ms"
JETSON_TX2 = "Jetson TX2 ms"
IPHONE_13 = "iPhone 13 ms"

SPEED_SOURCES: Mapping[str, str] = {
    A40: README,
    PI5: CPUBONE,
    TITAN_RTX: JOURNAL,
    JETSON_TX2: JOURNAL,
    IPHONE_13: JOURNAL,
}
"""Where the speeds on each device come from; on the Pi ONNX Runtime ran the models."""


@dataclasses.dataclass(frozen=True)
class Published:
    """A variant's published figures.

    Attributes:
        macs: In millions, see :data:`CODE`.
        params: In millions, see :data:`CODE`.
        top1: On ImageNet in percent, see :data:`PAPERS`; None where no checkpoint was published.
        speeds: By device, see :data:`SPEED_SOURCES`.
        stated_macs: In millions where the papers state others than their code has, else None.
    """

    macs: float
    params: float
    top1: float | None
    speeds: Mapping[str, float]
    stated_macs: float | None = None


PUBLISHED_FIGURES: Mapping[str, Published] = {
    "b0": Published(944, 14.100, 78.4, {A40: 5988, PI5: 39}),
    "b1": Published(1410, 17.936, 79.9, {A40: 4237, PI5: 59}),
    "b15": Published(2573, 33.982, 81.2, {A40: 2739, PI5: 112}),
    "b2": Published(3689, 44.987, None, {}),
    "b3": Published(6098, 57.087, 83.6, {A40: 1162, PI5: 274}),
    "e1": Published(
        1350, 18.896, 78.8, {A40: 6337, TITAN_RTX: 1.0, JETSON_TX2: 6.2, IPHONE_13: 1.7}
    ),
    "e2": Published(
        3800, 22.751, 81.6, {A40: 2070, TITAN_RTX: 1.5, JETSON_TX2: 14.7, IPHONE_13: 2.5}
    ),
    "e3": Published(
        4854,
        41.317,
        83.0,
        {A40: 1566, TITAN_RTX: 3.6, JETSON_TX2: 25.0, IPHONE_13: 3.6},
        stated_macs=5350,
    ),
}
