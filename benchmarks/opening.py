"""What opening a model costs an app, and what of it XNNPACK's weight cache saves.

Each way of opening runs in fresh processes of its own, in turns. Times are CPU milliseconds, which
depend less on what else the machine does. Memory is what the process has in RAM after a few runs,
beyond what it had with its runtime loaded: its own pages, which only swapping frees, and pages of
files, which the system can drop and read again. Prints Markdown for docs/opening.md.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lowformer_edge.runtime.machine import describe_machine

ROUNDS = 5
RUNS = 20
STATUS = Path("/proc/self/status")

PLAIN, PACKED, FLAGS = "as it is", "with packed weights", "with flags "
"""Ways of opening a TFLite file; the cache of packed weights is written by a run before."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, help=".tflite or .pte, of one input")
    parser.add_argument("--flags", nargs="*", default=[], help="also XNNPACK's flags, such as 0x40")
    parser.add_argument("--child", nargs=2, metavar=("WAY", "CACHE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measured(options.files[0], *options.child)))
        return
    print("Machine: " + ", ".join(f"{k} {v}" for k, v in describe_machine().items()) + ".\n")
    print(
        "| file | opened | open, CPU ms | first run | later runs | own memory, MB | of files, MB |"
    )
    print("|---|---|---|---|---|---|---|")
    for path in options.files:
        ways = [PLAIN]
        if path.suffix == ".tflite":
            ways += [PACKED, *(f"{FLAGS}{flags}" for flags in options.flags)]
        with tempfile.TemporaryDirectory() as folder:
            cache = str(Path(folder) / "weights")
            if PACKED in ways:
                child(path, PACKED, cache)
            rounds = [{way: child(path, way, cache) for way in ways} for _ in range(ROUNDS)]
        for way in ways:
            cells = [
                f"{statistics.median(one[way][name] for one in rounds):.1f}"
                for name in ("open", "first", "later", "anonymous", "file")
            ]
            print(f"| {path.name} | {way} | " + " | ".join(cells) + " |", flush=True)


def child(path: Path, way: str, cache: str) -> dict[str, float]:
    """What a fresh process measures."""
    command = [sys.executable, "-m", __spec__.name, str(path), "--child", way, cache]
    done = subprocess.run(  # noqa: S603 - our own command line
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True
    )
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def measured(path: Path, way: str, cache: str) -> dict[str, float]:
    """Opens and runs a file in this process."""
    opening = executorch(path) if path.suffix == ".pte" else litert(path, way, cache)
    before = memory()
    begun = time.process_time()
    run = opening()
    opened = time.process_time()
    run()
    first = time.process_time()
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    after = memory()
    return {
        "open": 1e3 * (opened - begun),
        "first": 1e3 * (first - opened),
        "later": 1e3 * statistics.median(times),
        "anonymous": after["RssAnon"] - before["RssAnon"],
        "file": after["RssFile"] - before["RssFile"],
    }


def litert(path: Path, way: str, cache: str) -> Callable[[], Callable[[], object]]:
    """What opens a TFLite file with LiteRT, on one thread, and gives what runs it."""
    from ai_edge_litert.compiled_model import (
        CompiledModel,
        CpuOptions,
        HardwareAccelerator,
        Options,
    )

    given: dict[str, object] = {}
    if way == PACKED:
        given["xnnpack_weight_cache_path"] = cache
    elif way.startswith(FLAGS):
        given["xnnpack_flags"] = int(way.removeprefix(FLAGS), 0)
    options = Options(
        hardware_accelerators=HardwareAccelerator.CPU,
        cpu_options=CpuOptions(num_threads=1, **given),
    )

    def opening() -> Callable[[], object]:
        model = CompiledModel.from_file(str(path), options=options)
        inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)
        return lambda: model.run_by_index(0, inputs, outputs)

    return opening


def executorch(path: Path) -> Callable[[], Callable[[], object]]:
    """What opens an ExecuTorch file, and gives what runs it."""
    import torch
    from executorch.runtime import Runtime

    torch.set_num_threads(1)
    runtime = Runtime.get()
    kept = []

    def opening() -> Callable[[], object]:
        program = runtime.load_program(path)
        method = program.load_method("forward")
        assert method is not None
        kept.append((program, method))
        shape = method.metadata.input_tensor_meta(0).sizes()
        image = torch.from_numpy(np.zeros(shape, np.float32))
        return lambda: method.execute([image])

    return opening


def memory() -> dict[str, float]:
    """Megabytes of 10^6 bytes that this process has in RAM, by what they are."""
    text = STATUS.read_text(encoding="ascii")
    return {
        name: int(size) * 1024 / 1e6 for name, size in re.findall(r"(Rss\w+):\s+(\d+) kB", text)
    }


if __name__ == "__main__":
    main()
