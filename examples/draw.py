"""Draws what an exported detector or segmenter finds in photos, without PyTorch.

python examples/draw.py street-bundle photo.jpg --artifact tflite/int8 --output found.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image

import lowformer_edge as lfe


def main() -> None:
    """Does it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a file, or a bundle")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--artifact", help="which file of a bundle, such as tflite/int8")
    parser.add_argument("--columns", type=int, default=3, help="pictures beside each other")
    parser.add_argument("--output", type=Path, required=True, help="one picture of all photos")
    arguments = parser.parse_args()

    with lfe.open_model(arguments.model, arguments.artifact) as model:
        pictures = [model.draw(photo, model(photo)) for photo in arguments.photos]
    sheet(pictures, arguments.columns).save(arguments.output)
    print(f"picture: {arguments.output}")


def sheet(pictures: list[Image.Image], columns: int) -> Image.Image:
    """Pictures in rows, each in a place of the largest one's size."""
    width, height = (max(picture.size[axis] for picture in pictures) for axis in (0, 1))
    columns = min(columns, len(pictures))
    whole = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height), "white")
    for index, picture in enumerate(pictures):
        whole.paste(picture, (index % columns * width, index // columns * height))
    return whole


if __name__ == "__main__":
    try:
        main()
    except lfe.LowFormerEdgeError as error:
        sys.exit(f"error: {error}")
