"""Classifies photos by an exported file, without PyTorch.

python examples/classify.py flowers-bundle photo.jpg --artifact tflite/int8
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import lowformer_edge as lfe


def main() -> None:
    """Does it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a file, or a bundle")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--artifact", help="which file of a bundle, such as tflite/int8")
    parser.add_argument("--top", type=int, default=3, help="how many classes")
    arguments = parser.parse_args()

    with lfe.open_model(arguments.model, arguments.artifact) as classifier:
        for photo in arguments.photos:
            classes = classifier(photo, top=arguments.top)
            shown = ", ".join(f"{one.label} {100 * one.probability:.1f} %" for one in classes)
            print(f"{photo}: {shown}")


if __name__ == "__main__":
    try:
        main()
    except lfe.LowFormerEdgeError as error:
        sys.exit(f"error: {error}")
