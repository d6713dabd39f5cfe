"""Stands for the app on a phone: does a request as ``docs/device-protocol.md`` says, in Python.

It reads and writes the JSON by hand, as an app does, so that it holds the protocol and not our own
records. ``mode`` in the phone's folder says how it misbehaves.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "org.lowformer.edge"
CRASH = (
    "E/AndroidRuntime(1): FATAL EXCEPTION: main\n"
    "E/AndroidRuntime(1): java.lang.OutOfMemoryError: no 64 MB left\n"
    "E/AndroidRuntime(1): \tat org.lowformer.edge.VerifyActivity.onCreate(x.kt:1)\n"
)

Json = dict[str, Any]


class EndedError(Exception):
    """The request is not gone on with: its outcome and the reason."""


def main(root: Path, folder: Path, number: int) -> None:
    mode = (root / "mode").read_text() if (root / "mode").exists() else ""
    answers = root / "sdcard/Android/data" / PACKAGE / "files" / folder.name / str(number)
    answers.mkdir(parents=True)
    job = json.loads((folder / "job.json").read_text())
    assert job["protocol"] == 3
    task = job["requests"][number]
    files = [job["files"][index] for index in task["files"]]
    (answers / "progress").write_text("1")
    on_gpu = task["accelerator"] != "cpu"
    if mode == "crash" or (mode == "gpu crash" and on_gpu):
        (root / "crashes").write_text(CRASH)
        sys.exit(1)
    outcome, reason, result = "done", None, None
    try:
        if mode == "hang":
            hang(folder)
        if mode == "low":
            raise EndedError("low-battery", "the battery is at 9 % and not charging; charge it")
        for file in files:
            content = (folder / file["path"]).read_bytes()
            assert len(content) == file["bytes"]
            if hashlib.sha256(content).hexdigest() != file["sha256"]:
                raise EndedError("failed", f"{file['path']}: differs from its hash")
        result = DO[task["task"]](folder, task, files, answers, mode)
    except EndedError as error:
        outcome, reason = error.args
    status = {"hot": 2, "mute": None}.get(mode, 0)
    state = {
        "battery_percent": 87,
        "battery_celsius": 29.5,
        "charging": True,
        "power_save": mode == "saver",
        "thermal_status": status,
    }
    answer = {
        "protocol": 4 if mode == "newer" else 3,
        "outcome": outcome,
        "reason": reason,
        "machine": {"app": "stand-in"},
        "before": state,
        "after": state,
        "worst_thermal_status": status,
        "throttled": None if status is None else status > 0,
        "result": result,
    }
    (answers / "answer.tmp").write_text(json.dumps(answer))
    (answers / "answer.tmp").rename(answers / "answer.json")


def hang(folder: Path) -> None:
    """Does nothing until somebody has had enough."""
    for _ in range(6000):
        if (folder / "cancel").exists():
            (folder.parents[4] / "cancelled").write_text("cleanly")
            raise EndedError("cancelled", "cancelled by the computer")
        time.sleep(0.1)


def run(folder: Path, task: Json, files: list[Json], answers: Path, mode: str) -> Json:
    """Runs images, with our worker."""
    shape = task["pixels"]["shape"]
    pixels = np.fromfile(folder / task["pixels"]["file"], task["pixels"]["dtype"]).reshape(shape)
    given: list[Json | None] = []
    with tempfile.TemporaryDirectory() as name:
        if mode == "refuse":
            said: list[Json] = [{"failure": "is refused"} for _ in files]
        else:
            said = worked(Path(name), folder, task, files, pixels, answers)
        for number, item in enumerate(said):
            arrays = None
            if item["failure"] is None:
                with np.load(Path(name) / f"outputs-{number}.npz") as outputs:
                    arrays = written(dict(outputs), number, answers, mode)
            given.append(arrays)
    return {"files": said, "outputs": given[1:] if mode == "few" else given}


def written(outputs: dict[str, NDArray[np.float32]], number: int, answers: Path, mode: str) -> Json:
    """Leaves a file's outputs; tells where they are by their names."""
    arrays = {}
    for index, (name, values) in enumerate(outputs.items()):
        file = f"output-{number}-{index}.raw"
        kept = values[:, 1:] if mode == "short" else values
        np.ascontiguousarray(kept).astype("<f4").tofile(answers / file)
        arrays[name] = {"file": file, "shape": [*values.shape], "dtype": "float32"}
    return arrays


def worked(
    work: Path,
    folder: Path,
    task: Json,
    files: list[Json],
    pixels: NDArray[Any],
    answers: Path,
) -> list[Json]:
    """Has our worker run images in a folder."""
    paths = [str(folder / file["path"]) for file in files]
    job = {"files": paths, "preprocessing": task["preprocessing"], "threads": task["threads"]}
    (work / "job.json").write_text(json.dumps(job))
    np.save(work / "pixels.npy", pixels)
    command = [sys.executable, "-m", "lowformer_edge.runtime.work.worker", str(work)]
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            done += int(line.split()[1])
            (answers / "progress").write_text(str(done))
    assert process.returncode == 0
    said: list[Json] = json.loads((work / "answer.json").read_text())["files"]
    return said


def check(folder: Path, task: Json, files: list[Json], answers: Path, mode: str) -> Json:
    """Gives a bundle's golden outputs back, nearly; who runs files really is tested elsewhere."""
    bundle = folder / task["bundle"]
    manifest = json.loads((bundle / "manifest.json").read_text())
    golden = np.load(bundle / manifest["golden"]["path"])
    model = {output["name"]: golden[output["name"]] for output in manifest["outputs"]}
    said, given, parities = [], [], []
    for number, file in enumerate(files):
        assert file["path"].startswith(f"{task['bundle']}/")
        refused = mode == "refuse" or task["accelerator"] != "cpu"
        failure = "the GPU refuses it" if refused else None
        said.append({"failure": failure, "runtime": None if refused else "Stand-in"})
        arrays, parity = None, None
        if not refused:
            names = [output["name"] for output in file["outputs"]]
            expected = {"probabilities": softmax(model["logits"])} if "logits" in model else {}
            expected |= model
            generator = np.random.default_rng(number)
            outputs = {name: nearly(expected[name], generator, mode) for name in names}
            arrays = written(outputs, number, answers, mode)
            close = {name: closeness_of(expected[name], outputs[name]) for name in names}
            if mode == "boast":
                close[names[-1]]["sqnr_db"] = 99.0
            same = None
            if manifest["task"] != "detection":
                (name,) = names
                same = 100 * float((expected[name].argmax(1) == outputs[name].argmax(1)).mean())
            parity = {"outputs": close, "agreement": same}
        given.append(arrays)
        parities.append(parity)
    return {
        "files": said,
        "outputs": given[1:] if mode == "few" else given,
        "parities": parities,
    }


def nearly(
    golden: NDArray[np.float32], generator: np.random.Generator, mode: str
) -> NDArray[np.float32]:
    """An output close to the golden one."""
    noise = generator.standard_normal(golden.shape)
    values = (golden * (1 + 1e-5 * noise)).astype("<f4")
    return np.ascontiguousarray(values[:, ::-1]) if mode == "wrong" else values


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities of each image's classes."""
    powers = np.exp(logits.astype(float) - logits.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def closeness_of(golden: NDArray[np.float32], values: NDArray[np.float32]) -> Json:
    """How closely outputs follow the golden ones."""
    reference, other = golden.astype(float), values.astype(float)
    noise = np.square(reference - other).sum()
    norms = np.linalg.norm(reference) * np.linalg.norm(other)
    return {
        "sqnr_db": 10 * np.log10(np.square(reference).sum() / noise) if noise else "exact",
        "cosine": float((reference * other).sum() / norms),
        "max_difference": float(np.abs(golden - values).max()),
    }


def times(file: int, runs: int) -> list[float]:
    """Milliseconds that nobody measured."""
    drawn: list[float] = np.random.default_rng(file).normal(3 + file, 0.1, runs).tolist()
    return drawn


def alone(folder: Path, task: Json, files: list[Json], answers: Path, mode: str) -> Json:
    """Opens a file and runs it a few times."""
    assert len(files) == 1
    return {"runtime": "Stand-in", "batch": 1, "load_ms": 9.5, "first_ms": 4.5, "peak_mb": None}


def timing(folder: Path, task: Json, files: list[Json], answers: Path, mode: str) -> Json:
    """Times files in turns."""
    assert 0 <= task["first"] < len(files)
    found = [times(file, task["rounds"]) for file in task["files"]]
    summaries = []
    for own in found:
        median, *others = np.percentile(own, [50, 10, 90, 99]).tolist()
        names = ("median_ms", "p10_ms", "p90_ms", "p99_ms")
        figures = [0.9 * median if mode == "lie" else median, *others]
        summaries.append({"runs": len(own), **dict(zip(names, figures, strict=True))})
    return {"milliseconds": found, "summaries": summaries}


def endurance(folder: Path, task: Json, files: list[Json], answers: Path, mode: str) -> Json:
    """Runs files for some seconds, in twelve windows of five slices."""
    moments = [
        {
            "seconds": task["seconds"] * (number + 1) / 12,
            "megahertz": 1800.0,
            "celsius": None,
            "thermal_status": {"hot": 2, "mute": None}.get(mode, 0),
        }
        for number in range(12)
    ]
    own = times(0, 50)
    window = {
        "runs": 50,
        "median_ms": float(np.median(own)),
        "p90_ms": float(np.percentile(own, 90)),
        "slices_ms": [float(np.median(part)) for part in np.array_split(own, 5)],
    }
    return {"moments": moments, "windows": [[window] * 12 for _ in files]}


DO = {"run": run, "check": check, "alone": alone, "time": timing, "endurance": endurance}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
