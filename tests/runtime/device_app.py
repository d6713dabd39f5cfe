"""Stands for the app on a phone: does a job as ``docs/device-protocol.md`` says, with our worker.

It reads and writes the JSON by hand, as an app does, so that it holds the protocol and not our own
records. ``mode`` in the phone's folder says how it misbehaves.
"""

from __future__ import annotations

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


def main(root: Path, folder: Path) -> None:
    mode = (root / "mode").read_text() if (root / "mode").exists() else ""
    answers = root / "sdcard/Android/data" / PACKAGE / "files" / folder.name
    answers.mkdir(parents=True)
    request = json.loads((folder / "job.json").read_text())
    assert request["protocol"] == 1
    pixels = np.fromfile(folder / request["pixels"]["file"], request["pixels"]["dtype"])
    (answers / "progress").write_text("1")
    if mode == "crash":
        (root / "crashes").write_text(
            "E/AndroidRuntime(1): FATAL EXCEPTION: main\n"
            "E/AndroidRuntime(1): java.lang.OutOfMemoryError: no 64 MB left\n"
            "E/AndroidRuntime(1): \tat org.lowformer.edge.VerifyActivity.onCreate(x.kt:1)\n"
        )
        sys.exit(1)
    if mode == "hang":
        time.sleep(600)
    with tempfile.TemporaryDirectory() as name:
        machine, files = work(Path(name), folder, request, pixels, answers)
        logits = []
        for number, item in enumerate(files):
            array = None
            if item["failure"] is None:
                values = np.load(Path(name) / f"logits-{number}.npy")
                shape = [len(values), *values.shape[1:]]
                if mode == "short":
                    values = values[:, 1:]
                values.astype("<f4").tofile(answers / f"logits-{number}.raw")
                array = {"file": f"logits-{number}.raw", "shape": shape, "dtype": "float32"}
            logits.append(array)
    answer = {
        "protocol": 2 if mode == "newer" else 1,
        "answer": {"machine": {**machine, "app": "stand-in"}, "files": files},
        "logits": logits[1:] if mode == "few" else logits,
    }
    (answers / "answer.tmp").write_text(json.dumps(answer))
    (answers / "answer.tmp").rename(answers / "answer.json")


def work(folder: Path, job: Path, request: Any, pixels: NDArray[Any], answers: Path) -> Any:
    """Has our worker do the job in a folder; its machine and what became of the files."""
    files = [str(job / name) for name in request["job"]["files"]]
    (folder / "job.json").write_text(json.dumps({**request["job"], "files": files}))
    np.save(folder / "pixels.npy", pixels.reshape(request["pixels"]["shape"]))
    command = [sys.executable, "-m", "lowformer_edge.runtime.worker", str(folder)]
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            done += int(line.split()[1])
            (answers / "progress").write_text(str(done))
    assert process.returncode == 0
    answer = json.loads((folder / "answer.json").read_text())
    return answer["machine"], answer["files"]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
