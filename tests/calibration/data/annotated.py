"""Small sets of images with annotations, as data sets publish them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lowformer_edge.artifact.annotations import ObjectAnnotations
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.calibration.data.decoding import decode
from lowformer_edge.calibration.data.image_set import ImageSet


def save_image(path: Path, height: int = 30, width: int = 40) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (10, 20, 30)).save(path)
    return path


def save_map(path: Path, labels: Sequence[Sequence[int]] | NDArray[Any], mode: str = "L") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(labels, np.uint16 if mode == "I;16" else np.uint8))
    if mode == "P":
        image.putpalette([value for number in range(256) for value in (number, 0, 255 - number)])
    image.save(path)
    return path


def coco_fields() -> dict[str, Any]:
    """Two images of 30 x 40 pixels, categories 3 and 7, three objects of the first image."""
    sides = {"height": 30, "width": 40}
    return {
        "images": [
            {"id": 11, "file_name": "a.png", **sides},
            {"id": 4, "file_name": "b.png", **sides},
        ],
        "categories": [{"id": 7, "name": "Traffic Light"}, {"id": 3, "name": "person"}],
        "annotations": [
            annotation(1, 3, [1, 2, 10, 20], area=150.5),
            annotation(2, 7, [0, 0, 40, 30], area=900, iscrowd=1),
            annotation(3, 3, [5.5, 6, 7, 8.25], area=20),
        ],
    }


def annotation(number: int, category: int, bbox: Sequence[float], **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": 11, "category_id": category, "bbox": bbox, **more}


def save_coco(folder: Path, fields: Mapping[str, Any]) -> Path:
    path = folder / "instances.json"
    path.write_text(json.dumps(fields))
    return path


VOC_OBJECT = """<object><name>{name}</name><difficult>{difficult}</difficult><bndbox>
<xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox>
<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>
</part></object>"""


def voc_object(name: str, *box: float | str, difficult: int = 0) -> str:
    x1, y1, x2, y2 = box
    return VOC_OBJECT.format(name=name, difficult=difficult, x1=x1, y1=y1, x2=x2, y2=y2)


def save_voc(path: Path, *objects: str, size: tuple[int, int] | None = (30, 40)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    stated = f"<size><width>{size[1]}</width><height>{size[0]}</height></size>" if size else ""
    path.write_text(f"<annotation>{stated}{''.join(objects)}</annotation>")
    return path


def decoded(images: ImageSet | None, notes: list[str] | None = None) -> Samples:
    assert images is not None
    told: list[str] = [] if notes is None else notes
    return decode(images, Preprocessing(size=16), on_note=told.append)


def objects_in(samples: Samples, number: int) -> ObjectAnnotations:
    assert samples.annotations is not None
    found = samples.annotations[number]
    assert isinstance(found, ObjectAnnotations)
    return found


def map_of(samples: Samples, number: int) -> NDArray[Any]:
    assert samples.annotations is not None
    found = samples.annotations[number]
    assert isinstance(found, np.ndarray)
    return found
