"""How much memory an export and a check take of more and more images.

The bundled images, enlarged to 224 x 224, lie in a folder under as many names as are asked for.
Each command runs by itself; its peak is the largest resident set of any of its processes, as the
system states it. Prints Markdown for docs/benchmarks.md, and progress beside it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from lowformer_edge import demo
from lowformer_edge.benchmarks import usage
from lowformer_edge.runtime.machine import describe_machine

SIZE = 224
DISTINCT = 200


def lay_images(folder: Path, count: int) -> None:
    """Lays images into a folder: some files, and further names of them."""
    folder.mkdir()
    with np.load(demo.EVALUATION) as arrays:
        images = arrays["images"][:DISTINCT]
    files = []
    for number, pixels in enumerate(images):
        files.append(folder / f"{number:06}.png")
        Image.fromarray(pixels).resize((SIZE, SIZE)).save(files[-1])
    for number in range(len(files), count):
        os.link(files[number % len(files)], folder / f"{number:06}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[1000, 5000, 20000])
    arguments = parser.parse_args()
    scripts = Path(sys.executable).parent
    print("Machine: " + ", ".join(f"{k} {v}" for k, v in describe_machine().items()) + ".\n")
    print("| images | of all, uint8 | export | CPU | wall | verify | CPU | wall |")
    print("|---|---|---|---|---|---|---|---|")
    for count in arguments.counts:
        with tempfile.TemporaryDirectory() as place:
            folder, bundle = Path(place) / "images", str(Path(place) / "bundle")
            lay_images(folder, count)
            data = ("--evaluation-data", str(folder), "--evaluation-images", str(count))
            exported = usage.measure(
                [
                    *(str(scripts / "lowformer-export"), "--to", "tflite", "--int8", "--fp32"),
                    *("--input-size", str(SIZE), "--output", bundle, *data),
                    *("--calibration-data", str(folder), "--calibration-images", str(count)),
                ]
            )
            verified = usage.measure([str(scripts / "lowformer-verify"), bundle, *data])
        cells = [f"{count:,}", f"{count * SIZE * SIZE * 3 / 2**20:,.0f} MB"]
        for used in (exported, verified):
            cells += [f"{used.peak:,.0f} MB", f"{used.cpu:,.0f} s", f"{used.wall:,.0f} s"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
