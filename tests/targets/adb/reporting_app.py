"""Stands for the app's benchmark screen: makes its report by hand, as the app does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from .device_app import times

Json = dict[str, Any]

PASSES, ROUNDS = 3, 12

STATE = {
    "battery_percent": 87,
    "battery_celsius": 29.5,
    "charging": True,
    "power_save": False,
    "thermal_status": 0,
}


def report_of(bundle: Path, names: list[str]) -> Json:
    """A report of files of a bundle: all run on the processor, none on the GPU."""
    content = (bundle / "manifest.json").read_bytes()
    manifest = json.loads(content)
    records = {item["file"]["path"]: item for item in manifest["artifacts"]}
    outputs = [[one["name"] for one in records[name]["outputs"]] for name in names]
    numbers = list(range(len(names)))
    closeness = {"sqnr_db": 99.5, "cosine": 1.0, "max_difference": 1e-4}
    ran = {
        "files": [{"failure": None, "runtime": "Stand-in"} for _ in names],
        "parities": [
            {"outputs": dict.fromkeys(own, closeness), "agreement": 100.0} for own in outputs
        ],
    }
    refused = {
        "files": [{"failure": "the GPU refuses it"} for _ in names],
        "parities": [None for _ in names],
    }
    requests = [asked("check", numbers, "cpu", ran, bundle=".")]
    for number in numbers:
        first = {"runtime": "Stand-in", "batch": 1, "load_ms": 9.5, "first_ms": 4.5, "peak_mb": 2.5}
        requests.append(asked("alone", [number], "cpu", first))
    for number in range(PASSES):
        turns = {"rounds": ROUNDS, "first": number % len(names)}
        requests.append(asked("time", numbers, "cpu", timed(numbers), **turns))
    requests.append(asked("check", numbers, "gpu", refused, bundle="."))
    return {
        "report": 1,
        "created": "2026-11-29T12:00:00Z",
        "bundle": {
            "name": manifest["name"],
            "manifest_sha256": hashlib.sha256(content).hexdigest(),
        },
        "files": [records[name]["file"] for name in names],
        "requests": requests,
    }


def asked(task: str, files: list[int], accelerator: str, result: Json, **more: Any) -> Json:
    """A request with an answer that is done."""
    return {
        "task": {
            "task": task,
            "files": files,
            "threads": 4,
            "accelerator": accelerator,
            "timeout_s": 600.0,
            **more,
        },
        "answer": {
            "protocol": 3,
            "outcome": "done",
            "reason": None,
            "machine": {"app": "stand-in", "model": "Google Pixel 8"},
            "before": STATE,
            "after": STATE,
            "worst_thermal_status": 0,
            "throttled": False,
            "result": result,
        },
    }


def timed(files: list[int]) -> Json:
    """What a pass in turns finds."""
    found = [times(file, ROUNDS) for file in files]
    names = ("median_ms", "p10_ms", "p90_ms", "p99_ms")
    summaries = [
        {"runs": ROUNDS, **dict(zip(names, np.percentile(own, [50, 10, 90, 99]), strict=True))}
        for own in found
    ]
    return {"milliseconds": found, "summaries": summaries}
