"""Small jobs, of files that are not there."""

from __future__ import annotations

from typing import Any

from lowformer_edge.artifact.manifest import Tensor
from lowformer_edge.targets.web.protocol import (
    AloneTask,
    AnyTask,
    CheckTask,
    TimeTask,
    WebFile,
    WebImages,
    WebJob,
)

SETTING: dict[str, Any] = {"accelerator": "wasm", "threads": 1, "timeout_s": 30.0}

IMAGE = Tensor(name="image", shape=(1, 8, 8, 3), dtype="float32", layout="NHWC")
LOGITS = Tensor(name="logits", shape=(1, 10), dtype="float32", layout="NK")
MAP = Tensor(name="map", shape=(1, 4, 6, 5), dtype="float32", layout="NHWC")


def web_file(name: str = "a.tflite", **changes: Any) -> WebFile:
    """A classifier's, unless it is said otherwise."""
    stated = {
        "path": f"files/{name}",
        "name": name,
        "format": "tflite",
        "precision": "fp32",
        "sha256": "0" * 64,
        "bytes": 100,
        "input": IMAGE,
        "outputs": (LOGITS,),
    }
    return WebFile.model_validate(stated | changes)


def check(*files: int, images: int = 2) -> CheckTask:
    """Images by files."""
    shown = WebImages(file="images.raw", shape=(images, 8, 8, 3))
    return CheckTask(files=files, images=shown, preprocessing={}, **SETTING)


def alone(file: int = 0) -> AloneTask:
    """A first run."""
    return AloneTask(files=(file,), **SETTING)


def in_turns(*files: int, rounds: int = 3) -> TimeTask:
    """Times."""
    return TimeTask(files=files, rounds=rounds, first=0, **SETTING)


def job(*requests: AnyTask, files: tuple[WebFile, ...] = ()) -> WebJob:
    """A job of one file, unless it is said otherwise."""
    return WebJob(name="job", files=files or (web_file(),), requests=requests, starts=True)
