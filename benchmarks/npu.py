"""Every variant compiled for two Snapdragon chips and run on the simulator, and accuracy there.

Run by ``make check-npu``, which installs Qualcomm's package first. Exit code 1 where a file is not
whole on the NPU, or the demo model loses more than its precision may.

    python benchmarks/npu.py [MODEL ...]     some of the models alone; ``accuracy`` is one of them
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lowformer_edge.cli.export import main as export
from lowformer_edge.cli.verify import main as verify

CHIPS = "8gen2,8elite"
MODELS = ("demo", "b0", "b1", "b15", "b2", "b3", "e1", "e2", "e3")
IN_INT8 = ("demo", "b0", "e1")
ACCURACY = "accuracy"
ACCURACY_CHIP = "8gen2"
IMAGES = 500
MOST_LOST = {"fp16": 0.2, "w8a16": 0.3, "int8": 1.0}
"""Points of top-1."""

FOLDER = Path("build") / "npu"


def main(names: Sequence[str]) -> int:
    """Prints what was found as Markdown."""
    chosen = names or (*MODELS, ACCURACY)
    holds = True
    models = [name for name in chosen if name != ACCURACY]
    if models:
        print("| model | precision | chip | MB | ops | on the NPU | SQNR dB | seconds |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
    for name in models:
        holds &= compile_model(name)
    if ACCURACY in chosen:
        holds &= judge_accuracy()
    return 0 if holds else 1


def compile_model(name: str) -> bool:
    """Prints a row for each compiled file; whether all are whole."""
    model = () if name == "demo" else ("--model", name, "--random-weights")
    precisions = ["--fp16", "--w8a16", *(["--int8"] if name in IN_INT8 else [])]
    few = ("--calibration-images", "8", "--evaluation-images", "1", "--runs", "1")
    bundle = ("--output", str(FOLDER / name), "--force", "--json")
    started = time.monotonic()
    code, found = run(export, *model, "--to", "qnn", *precisions, "--chip", CHIPS, *few, *bundle)
    seconds = time.monotonic() - started
    if code or found is None:
        print(f"| {name} | failed with exit code {code} | | | | | | {seconds:.0f} |", flush=True)
        return False
    ops = {
        item["precision"]: sum(item["ops"].values())
        for item in found["artifacts"]
        if item["compiled"] is None
    }
    whole = True
    for item in found["artifacts"]:
        if item["compiled"] is None:
            continue
        is_whole = item["residency"]["partitions"] == 1 and not item["residency"]["refused"]
        whole &= is_whole
        print(
            f"| {name} | {item['precision']} | {item['compiled']['chip']}"
            f" | {item['file']['bytes'] / 1e6:.1f} | {ops[item['precision']]}"
            f" | {'whole' if is_whole else 'in parts'} | {decibels(item['parity'])}"
            f" | {seconds:.0f} |",
            flush=True,
        )
        seconds = 0.0
    return whole


def judge_accuracy() -> bool:
    """Prints the demo model's accuracy on the simulator; whether its bounds hold."""
    bundle = str(FOLDER / "accuracy")
    precisions = [f"--{name}" for name in MOST_LOST]
    few = ("--evaluation-images", "16", "--runs", "1")
    run(export, "--to", "qnn", *precisions, *few, "--output", bundle, "--force", "--json")
    count = str(IMAGES)
    _, found = run(
        verify,
        bundle,
        *("--on", f"npu:{ACCURACY_CHIP}", "--json"),
        *("--evaluation-images", count, "--target-images", count),
    )
    if found is None:
        return False
    print(f"\n{IMAGES} images on npu:{ACCURACY_CHIP}\n")
    print("| precision | SQNR dB | agreement % | top-1 % | eager % | points lost | may lose |")
    print("|---|---|---|---|---|---|---|")
    holds = not found["failures"]
    for precision, most in MOST_LOST.items():
        place = f"demo-{precision}-npu.onnx on npu:{ACCURACY_CHIP}"
        (link,) = [
            item for item in found["links"] if (item["first"], item["second"]) == ("eager", place)
        ]
        top1, eager = link["top1"]["value"], link["reference_top1"]["value"]
        holds &= eager - top1 <= most + 1e-9
        print(
            f"| {precision} | {decibels(link)} | {link['agreement']['value']:.1f} | {top1:.1f}"
            f" | {eager:.1f} | {eager - top1:.1f} | {most} |",
            flush=True,
        )
    return holds


def run(command: Callable[[list[str]], int], *arguments: str) -> tuple[int, Any]:
    """A command's exit code, and the JSON that it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = command(list(arguments))
    return code, json.loads(printed.getvalue() or "null")


def decibels(parity: dict[str, Any]) -> str:
    """A comparison's SQNR."""
    found = parity["sqnr_db"]
    return found if isinstance(found, str) else f"{found:.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
