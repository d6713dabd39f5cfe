"""What an export takes in this checkout and in another, in turns: CPU seconds and wall.

Both run with the same Python and its packages, one thread of OpenMP a process, and images and
models that come with the checkout. CPU seconds are those of the command and all its processes, as
the system counts them. Prints Markdown for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lowformer_edge.benchmarks import usage
from lowformer_edge.runtime.machine import describe_machine

HERE = Path(__file__).resolve().parents[1]

EXPORTS = {
    "b1-int8": "--model b1 --random-weights --to tflite --int8 --calibration-images 64",
    "demo-all": "--to all --fp32 --int8",
    "b1-all": "--model b1 --random-weights --to all --fp32 --int8 --calibration-images 64",
}
"""Arguments of ``lowformer-export``, by name."""


def export(checkout: Path, arguments: Sequence[str]) -> usage.Usage:
    """Runs a checkout's ``lowformer-export``, whose folder is called ``lowformer_edge``."""
    variables = {"PYTHONPATH": str(checkout.resolve().parent), "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        return usage.measure(
            [
                *(sys.executable, "-m", "lowformer_edge.cli.export", *arguments),
                *("--output", f"{folder}/out", "--quiet"),
            ],
            variables,
            Path(folder),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exports", nargs="*", default=list(EXPORTS), metavar="|".join(EXPORTS))
    parser.add_argument(
        "--old", type=Path, required=True, help="a checkout, in a folder lowformer_edge"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of both (default: %(default)s)")
    arguments = parser.parse_args()
    print("Machine: " + ", ".join(f"{k} {v}" for k, v in describe_machine().items()) + ".\n")
    print("| export | CPU s before | now | ratio | wall s before | now | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name in arguments.exports:
        took: dict[Path, list[usage.Usage]] = {arguments.old: [], HERE: []}
        for _ in range(arguments.rounds):
            for checkout, times in took.items():
                times.append(export(checkout, EXPORTS[name].split()))
        cells = [name]
        for field in ("cpu", "wall"):
            before, now = (
                statistics.median(getattr(one, field) for one in times) for times in took.values()
            )
            cells += [f"{before:.1f}", f"{now:.1f}", f"{now / before:.2f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
