"""The whole lattice for the demo model and B0, and the instructions that B0 needs on ARM.

Run by ``make check-targets``, which builds the laboratories first. Exit code 1 where a link or a
bound does not hold.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.verify import main as verify

TARGETS = "gpu,arm:cortex-a53,arm:cortex-a76,arm:i8mm"
COUNTED = "arm:cortex-a53,arm:cortex-a76,arm:i8mm"
MODELS = {"demo": (), "b0": ("--model", "b0", "--random-weights")}
FORMATS = ("--to", "tflite,executorch,onnx", "--fp32", "--int8")
CLASSES = ("dot-product", "matrix", "load-store")
IMAGES = ("--calibration-images", "64", "--evaluation-images", "64", "--runs", "3")


def main() -> int:
    """Prints what was found as Markdown."""
    build = Path("build") / "targets"
    holds = True
    started = time.monotonic()
    for name, model in MODELS.items():
        bundle = build / name
        print(f"exporting {name} ...", file=sys.stderr)
        run(export, *model, *FORMATS, *IMAGES, "--output", str(bundle), "--force", "--json")
        print(f"verifying {name} ...", file=sys.stderr)
        begun = time.monotonic()
        few = ("--target-images", "8", "--evaluation-images", "64")
        code, found = run(verify, str(bundle), "--on", TARGETS, *few, "--json")
        minutes = (time.monotonic() - begun) / 60
        holds &= code == 0
        print(lattice_of(name, found, minutes))
    minutes = (time.monotonic() - started) / 60
    print(f"\nExports and lattices together took {minutes:.1f} minutes.\n")
    files = [
        str(build / "b0" / f"b0-{precision}.{suffix}")
        for suffix in ("tflite", "onnx")
        for precision in ("fp32", "int8")
    ]
    code, found = run(bench, *files, "--on", COUNTED, "--json")
    holds &= code == 0
    print("| B0, million instructions | on | all | dot product | matrix | load, store |")
    print("|---|---|---|---|---|---|")
    for item in found["instructions"]:
        classes = item["classes"]
        cells = [item["instructions"], *(classes[name] for name in CLASSES)]
        figures = " | ".join(f"{value / 1e6:.1f}" for value in cells)
        print(f"| {Path(item['path']).name} | {item['target'].removeprefix('arm:')} | {figures} |")
    return 0 if holds else 1


def run(command: Callable[[list[str]], int], *arguments: str) -> tuple[int, Any]:
    """A command's exit code, and the JSON that it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = command(list(arguments))
    return code, json.loads(printed.getvalue() or "null")


def lattice_of(name: str, found: dict[str, Any], minutes: float) -> str:
    """The least SQNR of each kind of link, as a table."""
    lines = [
        f"\n**{name}**: {len(found['links'])} links in {minutes:.1f} minutes,"
        f" {len(found['failures'])} failures\n",
        "| SQNR dB | eager, here | "
        + " | ".join(f"here, {target}" for target in TARGETS.split(","))
        + " | ARM apart |",
        "|---" * (3 + len(TARGETS.split(","))) + "|",
    ]
    links = {(link["first"], link["second"]): link for link in found["links"]}
    for file in dict.fromkeys(item["file"] for item in found["placed"]):
        here = f"{file} on host"
        pairs = [("eager", here), *((here, f"{file} on {target}") for target in TARGETS.split(","))]
        cells = " | ".join(decibels(links.get(pair)) for pair in pairs)
        lines.append(f"| {file} | {cells} | {arm_difference(file, links):.1e} |")
    return "\n".join(lines)


def arm_difference(file: str, links: dict[tuple[str, str], Any]) -> float:
    """The largest difference of a logit between two of the ARM processors."""
    start = f"{file} on arm:"
    return max(
        link["max_difference"]
        for pair, link in links.items()
        if all(place.startswith(start) for place in pair)
    )


def decibels(link: dict[str, Any] | None) -> str:
    """A link's SQNR, marked where it fails; a dash where there is no such link."""
    if link is None:
        return "-"
    text = link["sqnr_db"] if isinstance(link["sqnr_db"], str) else f"{link['sqnr_db']:.1f}"
    return f"**{text}**" if link["failure"] else text


if __name__ == "__main__":
    sys.exit(main())
