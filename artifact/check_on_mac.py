"""Checks and times a bundle's Core ML packages on a Mac, with Core ML itself.

This file stands alone: it lies in the bundle, and needs a Mac with

    pip install coremltools numpy pillow

    python check_on_mac.py

It runs each package on the bundle's golden vectors with each choice of compute units, prints
how closely it follows the original model, which unit Core ML prefers for each op and how long
an inference takes, and writes it all to ``coreml-report.json``. Then, where lowformer-edge is
installed:

    lowformer-verify BUNDLE --mac-report coreml-report.json
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

REPORT_VERSION = 1
UNITS = ("ALL", "CPU_ONLY", "CPU_AND_GPU", "CPU_AND_NE")
WARMUP = 5

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


class CannotCheckError(Exception):
    """Something that this script needs is missing or damaged."""


class CoreML:
    """Core ML, as coremltools gives it; the one part that needs a Mac."""

    def __init__(self) -> None:
        if platform.system() != "Darwin":
            raise CannotCheckError("Core ML exists on Macs only; copy the bundle to one")
        try:
            self._coremltools: Any = importlib.import_module("coremltools")
        except ImportError as error:
            raise CannotCheckError("needs coremltools: pip install coremltools") from error
        self.version = str(self._coremltools.__version__)

    def load(self, path: Path, unit: str) -> Any:
        """A package, loaded for a choice of compute units."""
        units = getattr(self._coremltools.ComputeUnit, unit)
        return self._coremltools.models.MLModel(str(path), compute_units=units)

    def inputs(self, model: Any) -> dict[str, str]:
        """Name and kind, ``image`` or ``array``, of each input."""
        described = model.get_spec().description.input
        return {
            item.name: "image" if item.type.WhichOneof("Type") == "imageType" else "array"
            for item in described
        }

    def batch(self, model: Any) -> int:
        """Images per inference."""
        (described,) = model.get_spec().description.input
        array = described.type.multiArrayType
        return int(array.shape[0]) if array.shape else 1

    def predict(self, model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        """Values of a model's outputs by name."""
        return model.predict(inputs)

    def plan(self, model: Any, unit: str) -> list[tuple[str, str, float]]:
        """For each op its kind, the device that Core ML prefers for it, and its share of time."""
        plans: Any = importlib.import_module("coremltools.models.compute_plan")
        units = getattr(self._coremltools.ComputeUnit, unit)
        plan = plans.MLComputePlan.load_from_path(
            model.get_compiled_model_path(), compute_units=units
        )
        rows = []
        for op in plan.model_structure.program.functions["main"].block.operations:
            usage = plan.get_compute_device_usage_for_mlprogram_operation(op)
            cost = plan.get_estimated_cost_for_mlprogram_operation(op)
            if usage is None:
                continue
            device = type(usage.preferred_compute_device).__name__
            device = device.removeprefix("ML").removesuffix("ComputeDevice")
            kind = op.operator_name.rpartition(".")[2]
            rows.append((kind, device, 0.0 if cost is None else float(cost.weight)))
        return rows


def main(arguments: list[str] | None = None, core_ml: Callable[[], Any] = CoreML) -> int:
    """Runs the checks; ``core_ml`` makes the object that talks to Core ML."""
    options = _parser().parse_args(arguments)
    try:
        report = check(options.bundle, core_ml(), options.runs)
        text = json.dumps(report, indent=1) + "\n"
        temporary = options.output.with_name(f".{options.output.name}.part")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(options.output)
    except CannotCheckError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    print(f"report: {options.output}")
    failed = [f"{path}: {reason}" for path, reason in _failures(report)]
    for line in failed:
        print(f"failed: {line}", file=sys.stderr)
    return EXIT_FAILED if failed else EXIT_OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "bundle", type=Path, nargs="?", default=Path(__file__).resolve().parent, help="its folder"
    )
    parser.add_argument("--output", type=Path, default=Path("coreml-report.json"))
    parser.add_argument("--runs", type=int, default=100, help="timed inferences of each package")
    return parser


def check(bundle: Path, core_ml: Any, runs: int) -> dict[str, Any]:
    """The report of a bundle, as plain JSON values."""
    manifest = _manifest(bundle)
    with np.load(bundle / manifest["golden"]["path"], allow_pickle=False) as arrays:
        pixels, logits = arrays["pixels"], arrays["logits"]
    packages = {}
    for artifact in manifest["artifacts"]:
        if artifact["format"] != "coreml":
            continue
        path = bundle / artifact["file"]["path"]
        if digest_of(path) != artifact["file"]["sha256"]:
            raise CannotCheckError(f"{path}: differs from its hash; copy the whole bundle again")
        name = artifact["file"]["path"]
        packages[name] = {"sha256": artifact["file"]["sha256"], "units": {}}
        for unit in UNITS:
            found = _check_unit(path, unit, core_ml, pixels, manifest["preprocessing"], runs)
            packages[name]["units"][unit] = found
            print(f"{name} {unit}: {_line(found, logits)}", flush=True)
            for line in _plan_lines(found):
                print(f"  {line}", flush=True)
    if not packages:
        raise CannotCheckError(f"{bundle}: holds no Core ML package")
    return {"version": REPORT_VERSION, "machine": _machine(core_ml), "packages": packages}


def _manifest(bundle: Path) -> Any:
    path = bundle / "manifest.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotCheckError(f"{path}: cannot be read; is this a whole bundle?") from error


def digest_of(folder: Path) -> str:
    """SHA-256 over the digests and names of a folder's files, as the manifest has it."""
    lines = []
    for path in folder.rglob("*"):
        if path.is_file() and path.name != ".DS_Store":
            name = path.relative_to(folder).as_posix()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append((os.fsencode(name), f"{digest}  ./{name}\n"))
    return hashlib.sha256("".join(line for _, line in sorted(lines)).encode()).hexdigest()


def _check_unit(
    path: Path, unit: str, core_ml: Any, pixels: Any, preprocessing: dict[str, Any], runs: int
) -> dict[str, Any]:
    """Logits, plan and times of a package on one choice of units, or why there are none."""
    try:
        model = core_ml.load(path, unit)
        inputs = _inputs(core_ml, model, pixels, preprocessing)
        logits = [core_ml.predict(model, item)["logits"] for item in inputs]
        times = _times(lambda: core_ml.predict(model, inputs[0]), runs)
        plan = core_ml.plan(model, unit)
    except Exception as error:  # Core ML's errors have no common class
        return {"failure": f"{type(error).__name__}: {error}"}
    devices = Counter(device for _, device, _ in plan)
    return {
        "logits": np.concatenate(logits)[: len(pixels)].astype(float).tolist(),
        "milliseconds": times,
        "devices": dict(devices),
        "cost": {
            device: sum(cost for _, other, cost in plan if other == device) for device in devices
        },
        "ops": [[kind, device] for kind, device, _ in plan],
    }


def _inputs(
    core_ml: Any, model: Any, pixels: Any, preprocessing: dict[str, Any]
) -> list[dict[str, Any]]:
    """What the model takes for the golden vectors, an inference each."""
    ((name, kind),) = core_ml.inputs(model).items()
    if kind == "image":
        from PIL import Image

        return [{name: Image.fromarray(image)} for image in pixels]
    mean, std = (np.asarray(preprocessing[key], np.float32) for key in ("mean", "std"))
    images = np.moveaxis((pixels.astype(np.float32) / np.float32(255) - mean) / std, -1, 1)
    batch = core_ml.batch(model)
    missing = -len(images) % batch
    images = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.float32)])
    return [
        {name: np.ascontiguousarray(images[start : start + batch])}
        for start in range(0, len(images), batch)
    ]


def _times(run: Callable[[], Any], runs: int) -> dict[str, float]:
    """Milliseconds of an inference, after some that are not timed."""
    for _ in range(WARMUP):
        run()
    times = []
    for _ in range(max(runs, 2)):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    tenths = statistics.quantiles(times, n=10, method="inclusive")
    return {
        "median": statistics.median(times),
        "p10": tenths[0],
        "p90": tenths[-1],
        "runs": len(times),
    }


def _line(found: dict[str, Any], reference: Any) -> str:
    """A result in a line of the terminal."""
    if "failure" in found:
        return f"failed ({found['failure']})"
    noise = np.asarray(found["logits"]) - reference
    power = float(np.square(noise).sum())
    decibels = 10 * math.log10(float(np.square(reference).sum()) / power) if power else math.inf
    devices = ", ".join(f"{count} ops on {name}" for name, count in found["devices"].items())
    times = found["milliseconds"]
    return (
        f"{decibels:.1f} dB to the model, {times['median']:.2f} ms"
        f" ({times['p10']:.2f} to {times['p90']:.2f}); {devices}"
    )


def _plan_lines(found: dict[str, Any]) -> list[str]:
    """Which device Core ML prefers for the ops of each kind, a line per device."""
    devices: dict[str, Counter[str]] = {}
    for kind, device in found.get("ops", []):
        devices.setdefault(device, Counter())[kind] += 1
    return [
        f"{device}: {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"
        for device, kinds in devices.items()
    ]


def _failures(report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, package in report["packages"].items():
        for unit, found in package["units"].items():
            if "failure" in found:
                yield path, f"{unit}: {found['failure']}"


def _machine(core_ml: Any) -> dict[str, str]:
    """What Mac this is."""
    return {
        "processor": _system("machdep.cpu.brand_string"),
        "model": _system("hw.model"),
        "system": f"macOS {platform.mac_ver()[0]}",
        "python": platform.python_version(),
        "coremltools": core_ml.version,
    }


def _system(name: str) -> str:
    """One of the system's values, or an empty text."""
    try:
        result = subprocess.run(  # noqa: S603 (a fixed command)
            ["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return result.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
