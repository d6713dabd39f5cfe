"""Writes cases of decoding that other languages are held to, with what Python makes of them.

python -m lowformer_edge.android_demo.tools.golden_decoding

The format is told in ``tests/data/decoding/README.md``.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...artifact.placement import Extent, Placement
from ...tasks.anchors import FIRST_LEVEL, level_sizes
from ...tasks.box_decoder import BoxDecoder, DecodingSettings
from ...tasks.label_map import LABELLINGS

FOLDER = Path(__file__).parents[2] / "tests" / "data" / "decoding"
BOXES_FILE = "boxes.json"
LABELS_FILE = "labels.json"
VALUES_FILE = "values.bin"

QUIET = -10.0
"""A logit of nothing."""

Maps = dict[str, NDArray[np.float32]]
Paint = Callable[[Maps, np.random.Generator], None]


@dataclasses.dataclass(frozen=True)
class BoxCase:
    """Maps of a detector.

    Attributes:
        name: What it tells.
        paint: Changes maps in which nothing is found.
        placement: The image's in the input.
        num_classes: Of the detector.
        levels: Of its pyramid.
    """

    name: str
    paint: Paint
    placement: Placement
    num_classes: int = 2
    levels: int = 3

    def maps(self, seed: int) -> Maps:
        """The outputs."""
        outputs: Maps = {}
        height, width = self.placement.rows.input, self.placement.columns.input
        for level, size in enumerate(level_sizes(height, width, self.levels), FIRST_LEVEL):
            logits = np.full((9 * self.num_classes, *size), QUIET, np.float32)
            outputs[f"class_logits_p{level}"] = logits
            outputs[f"box_deltas_p{level}"] = np.zeros((36, *size), np.float32)
        self.paint(outputs, np.random.default_rng(seed))
        return outputs


def nothing(maps: Maps, generator: np.random.Generator) -> None:
    """No box at all."""


def noise(spread: float, mean: float) -> Paint:
    """Logits around a mean, in eighths so that many are equal, and small deltas."""

    def paint(maps: Maps, generator: np.random.Generator) -> None:
        for name, values in maps.items():
            own = (mean, spread) if name.startswith("class") else (0.0, 0.3)
            values[:] = np.round(generator.normal(*own, values.shape) * 8) / 8

    return paint


def constant(logit: float, delta: tuple[float, float, float, float] = (0, 0, 0, 0)) -> Paint:
    """The same everywhere."""

    def paint(maps: Maps, generator: np.random.Generator) -> None:
        for name, values in maps.items():
            if name.startswith("class"):
                values[:] = logit
            else:
                values[:] = np.tile(np.array(delta, np.float32), 9)[:, None, None]

    return paint


def few(logit: float, scale: float = 0.0) -> Paint:
    """Three places of each level, of which two are of equal scores; deltas dw, dh of a scale."""

    def paint(maps: Maps, generator: np.random.Generator) -> None:
        for name, values in maps.items():
            places = generator.choice(values.size, min(3, values.size), replace=False)
            if name.startswith("class"):
                values.flat[places] = np.array([logit, logit, logit + 0.5], np.float32)[
                    : len(places)
                ]
            elif scale:
                values.reshape(9, 4, -1)[:, 2:] = scale

    return paint


def placed(
    size: tuple[int, int], resized: tuple[int, int], image: tuple[int, int], start: tuple[int, int]
) -> Placement:
    """Where an image lies, by heights and widths; the start is its top and left."""
    rows, columns = (Extent(*numbers) for numbers in zip(size, start, resized, image, strict=True))
    return Placement(rows, columns)


def box_cases() -> Iterator[BoxCase]:
    """Maps to boxes."""
    small, odd = Placement.whole(32, 32), Placement.whole(40, 24)
    letterbox = placed((32, 48), (32, 37), (71, 83), (0, 0))
    centred = placed((32, 48), (23, 48), (41, 90), (4, 0))
    cropped = placed((32, 32), (32, 50), (64, 101), (0, -9))
    yield BoxCase("no boxes", nothing, small)
    yield BoxCase("no boxes, letterboxed", nothing, letterbox)
    yield BoxCase("all equal", constant(1.0), small)
    yield BoxCase("all above the threshold", noise(0.5, 2), small)
    yield BoxCase("more than 1000 of a level", noise(1, 1), small, num_classes=8, levels=1)
    yield BoxCase("more than 1000 equal ones", constant(2.0), small, num_classes=8, levels=1)
    yield BoxCase("sparse", noise(2, -4), small)
    yield BoxCase("sparse, odd sizes", noise(2, -4), odd)
    yield BoxCase("one class", noise(2, -3), small, num_classes=1)
    yield BoxCase("many classes", few(3), small, num_classes=80)
    yield BoxCase("five levels of 320", few(2), Placement.whole(320, 320), 3, 5)
    yield BoxCase("five levels of 320 x 256", few(2, 0.4), Placement.whole(320, 256), 3, 5)
    yield BoxCase("largest scale", few(2, 4.5), Placement.whole(64, 64))
    yield BoxCase("smallest scale", few(2, -4.5), Placement.whole(64, 64))
    yield BoxCase("letterboxed", noise(2, -3), letterbox)
    yield BoxCase("letterboxed around", noise(2, -3), centred)
    yield BoxCase("cropped", noise(2, -3), cropped)
    yield BoxCase("wholly outside to the left", constant(1, (-9, 0, 0, 0)), small)
    yield BoxCase("wholly outside below", constant(1, (0, 9, 0, 0)), small)
    yield BoxCase("partly in the padding", constant(1, (0.5, 0, 0, 0)), letterbox)
    yield BoxCase("extremely sure", few(80), small)
    yield BoxCase("extremely unsure", constant(-80), small)


def label_cases() -> Iterator[tuple[str, NDArray[np.float32], Placement]]:
    """Logits for label maps: name, logits and the image's placement."""
    whole = Placement.whole
    for number, (name, classes, placement, scale) in enumerate(
        (
            ("of the input's size", 3, whole(32, 32), 1.0),
            ("a quarter of odd size", 3, whole(20, 28), 1.0),
            ("no multiple of four", 3, whole(21, 27), 1.0),
            ("one class", 1, whole(16, 16), 1.0),
            ("many classes", 40, whole(20, 16), 1.0),
            ("equal logits", 4, whole(16, 16), 0.0),
            ("extremes", 3, whole(16, 24), 80.0),
            ("letterboxed", 4, placed((32, 32), (19, 32), (25, 42), (0, 0)), 1.0),
            ("letterboxed around", 4, placed((32, 32), (19, 32), (25, 42), (6, 0)), 1.0),
            ("unequal scales", 4, placed((32, 24), (31, 24), (40, 17), (0, 0)), 1.0),
            ("made smaller", 4, placed((32, 32), (32, 32), (9, 11), (0, 0)), 1.0),
            ("cropped", 4, placed((32, 32), (32, 50), (40, 63), (0, -9)), 1.0),
            ("cropped above", 4, placed((32, 32), (47, 32), (30, 21), (-7, 0)), 1.0),
            ("a single logit", 5, whole(4, 4), 1.0),
            ("a single row", 3, whole(4, 40), 1.0),
            ("a single pixel", 3, placed((16, 16), (16, 16), (1, 1), (0, 0)), 1.0),
            ("hardly any image", 3, placed((16, 16), (1, 16), (2, 30), (0, 0)), 1.0),
            ("two classes", 2, whole(36, 20), 1.0),
        )
    ):
        shape = (classes, -(-placement.rows.input // 4), -(-placement.columns.input // 4))
        values = np.random.default_rng(number).normal(size=shape)
        if scale == 80:
            values = np.sign(values)
        yield name, (values * scale).astype(np.float32), placement


class _Values:
    """All maps one after the other."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.count = 0

    def stated(self, values: NDArray[np.float32]) -> dict[str, Any]:
        """A map as the index states it: few values by place, others by where they begin."""
        fill = float(values.flat[0]) if values.size else 0.0
        places = np.flatnonzero(values.ravel() != np.float32(fill))
        shape = list(values.shape)
        if len(places) <= 8:
            own = values.ravel()[places].tolist()
            return {"shape": shape, "fill": fill, "places": places.tolist(), "values": own}
        start = self.count
        self.parts.append(values.astype("<f4").tobytes())
        self.count += values.size
        return {"shape": shape, "start": start}


def golden_decoding() -> tuple[list[dict[str, Any]], list[dict[str, Any]], bytes]:
    """Cases of boxes, cases of labels, and their values."""
    values = _Values()
    boxes: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for seed, case in enumerate(box_cases()):
        maps, place = case.maps(seed), case.placement
        decoder = BoxDecoder(place.rows.input, place.columns.input, case.num_classes, case.levels)
        found = decoder.decode(maps, place)
        boxes.append(
            {
                "name": case.name,
                "num_classes": case.num_classes,
                "levels": case.levels,
                "settings": dataclasses.asdict(DecodingSettings()),
                **dataclasses.asdict(place),
                "maps": {name: values.stated(one) for name, one in maps.items()},
                "boxes": found.boxes.tolist(),
                "scores": found.scores.tolist(),
                "classes": found.classes.tolist(),
            }
        )
    for name, logits, place in label_cases():
        made = {way: label(logits, place).ravel().tolist() for way, label in LABELLINGS.items()}
        case_values = values.stated(logits)
        labels.append({"name": name, **dataclasses.asdict(place), "logits": case_values, **made})
    return boxes, labels, b"".join(values.parts)


def main() -> None:
    """Writes the files."""
    boxes, labels, values = golden_decoding()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, cases in ((BOXES_FILE, boxes), (LABELS_FILE, labels)):
        lines = ",\n".join(json.dumps(case) for case in cases)
        (FOLDER / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (FOLDER / VALUES_FILE).write_bytes(values)


if __name__ == "__main__":
    main()
