"""What limits INT8 in ONNX Runtime: the time of each kind of op in our float32 and INT8 files.

The times are the runtime's own, from its profiler, with one thread; profiling slows a run down,
so that shares count and not the sums. Prints a Markdown table for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime

from lowformer_edge import demo, open_images
from lowformer_edge.artifact.size import sides_of
from lowformer_edge.calibration.ranges import calibrate
from lowformer_edge.export.onnx.exporter import OnnxExporter
from lowformer_edge.export.rewrites.table import CALIBRATED, rewrite
from lowformer_edge.export.spec import ExportSpec
from lowformer_edge.models.loading import load_model


def milliseconds(path: Path, size: int, runs: int) -> Counter[str]:
    """Mean time of a run by kind of op."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_profiling = True
    options.profile_file_prefix = str(path.with_suffix(""))
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((1, 3, size, size)).astype(np.float32)
    for _ in range(runs):
        session.run(None, {"image": image})
    events = json.loads(Path(session.end_profiling()).read_text())
    times: Counter[str] = Counter()
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["args"]["op_name"]] += event["dur"] / 1000 / runs
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="b0")
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--rows", type=int, default=14)
    arguments = parser.parse_args()
    loaded = load_model(arguments.model, random_weights=True)
    images = open_images(demo.CALIBRATION, loaded, count=16)
    ranges = calibrate(rewrite(loaded.network, CALIBRATED), images, loaded.preprocessing)
    exporter = OnnxExporter(loaded)
    columns = []
    with TemporaryDirectory() as folder:
        for precision in ("fp32", "int8"):
            path = Path(folder) / f"{precision}.onnx"
            spec = ExportSpec("onnx", precision)
            path.write_bytes(exporter.export(spec, exporter.model, ranges))
            columns.append(
                milliseconds(path, sides_of(loaded.config.input_size)[0], arguments.runs)
            )
    floats, integers = columns
    print("| op | float32 ms | INT8 ms |")
    print("|---|---|---|")
    for kind, _ in (floats + integers).most_common(arguments.rows):
        print(f"| {kind} | {floats[kind]:.3f} | {integers[kind]:.3f} |")
    print(f"| all | {floats.total():.3f} | {integers.total():.3f} |")


if __name__ == "__main__":
    main()
