"""What decoding a detector's raw maps costs, in CPU time.

80 classes at 512 x 512, 49,104 anchors. The maps are noise of which some share is above the score
threshold, in either layout of memory. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from lowformer_edge.tasks.anchors import ANCHORS_PER_PLACE, BOX_SIDES, FIRST_LEVEL, level_sizes
from lowformer_edge.tasks.box_decoder import BoxDecoder

SIDE, CLASSES, LEVELS = 512, 80, 5


def maps(share: float, channels_last: bool) -> dict[str, NDArray[np.float32]]:
    """Outputs of which a share is above the threshold."""
    generator = np.random.default_rng(0)
    outputs = {}
    for level, (rows, columns) in enumerate(level_sizes(SIDE, SIDE, LEVELS), FIRST_LEVEL):
        shape = (rows, columns, ANCHORS_PER_PLACE * CLASSES)
        logits = generator.uniform(-2.5, 3, shape)
        logits[generator.random(shape) >= share] -= 6
        deltas = generator.normal(0, 0.3, (rows, columns, ANCHORS_PER_PLACE * BOX_SIDES))
        for name, values in (("class_logits", logits), ("box_deltas", deltas)):
            planes = np.moveaxis(values.astype(np.float32), -1, 0)
            outputs[f"{name}_p{level}"] = planes if channels_last else np.ascontiguousarray(planes)
    return outputs


def milliseconds(decoder: BoxDecoder, outputs: dict[str, NDArray[np.float32]], runs: int) -> float:
    """The median of CPU time."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        decoder.decode(outputs)
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    decoder = BoxDecoder(SIDE, SIDE, CLASSES, LEVELS)
    print("| above the threshold | memory | CPU ms |\n|---|---|---|")
    for share in (0.0, 0.01, 1.0):
        for channels_last in (False, True):
            time_taken = milliseconds(decoder, maps(share, channels_last), runs)
            memory = "channels last" if channels_last else "channels first"
            print(f"| {share:.0%} | {memory} | {time_taken:.1f} |")


if __name__ == "__main__":
    main()
