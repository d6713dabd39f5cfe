"""Writes scenes of garments as files: images, COCO's JSON of the objects, and label maps.

python examples/scenes.py build/scenes --kind hard --count 500
lowformer-export --task detect --evaluation-data build/scenes/images \
    --evaluation-labels build/scenes/objects.json
lowformer-export --task segment --evaluation-data build/scenes/images \
    --evaluation-labels build/scenes/annotations
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import lowformer_edge as lfe
from lowformer_edge.demo.scenes import HARD, PLAIN, Scene, bundled_garments, make_scene

KINDS = {kind.name: kind for kind in (PLAIN, HARD)}


def main() -> None:
    """Does it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a new or an empty one")
    parser.add_argument("--kind", choices=KINDS, default=PLAIN.name)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=2026, help="by default the bundled models' own")
    parser.add_argument("--size", type=int, default=160, help="of a side in pixels")
    arguments = parser.parse_args()

    if arguments.folder.exists() and any(arguments.folder.iterdir()):
        sys.exit(f"error: {arguments.folder}: is not empty; choose another folder")
    labels = lfe.load_model(task="detect").labels or ()
    for name in ("images", "annotations"):
        (arguments.folder / name).mkdir(parents=True, exist_ok=True)
    size = (arguments.size, arguments.size)
    scenes = [
        make_scene(*bundled_garments(), arguments.seed, number, KINDS[arguments.kind], size)
        for number in range(arguments.count)
    ]
    for number, scene in enumerate(scenes):
        Image.fromarray(scene.pixels).save(arguments.folder / "images" / name_of(number))
        Image.fromarray(scene.label_map).save(arguments.folder / "annotations" / name_of(number))
    objects = coco_of(scenes, labels)
    (arguments.folder / "objects.json").write_text(json.dumps(objects), encoding="utf-8")


def name_of(number: int) -> str:
    """The file of a scene."""
    return f"{number:06}.png"


def coco_of(scenes: Sequence[Scene], labels: Sequence[str]) -> dict[str, Any]:
    """The objects of scenes as COCO's files have them, which count from 1."""
    images = [
        {"id": number, "file_name": name_of(number), "height": height, "width": width}
        for number, scene in enumerate(scenes)
        for height, width in [scene.label_map.shape]
    ]
    objects = [
        {
            "image_id": number,
            "category_id": int(label) + 1,
            "bbox": [*map(float, box[:2]), *map(float, box[2:] - box[:2])],
            "area": float((box[2] - box[0]) * (box[3] - box[1])),
            "iscrowd": 0,
        }
        for number, scene in enumerate(scenes)
        for box, label in zip(scene.boxes, scene.classes, strict=True)
    ]
    return {
        "images": images,
        "annotations": [{"id": number} | one for number, one in enumerate(objects, 1)],
        "categories": [{"id": index + 1, "name": label} for index, label in enumerate(labels)],
    }


if __name__ == "__main__":
    try:
        main()
    except lfe.LowFormerEdgeError as error:
        sys.exit(f"error: {error}")
