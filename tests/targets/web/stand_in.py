"""Stands for a browser with our page: does its job as ``docs/web-page.md`` says, in Python.

It reads and writes the JSON by hand, as the page does, so that it holds the protocol and not our
own records; files are run by our own runners. Also a program, whose argument is the page's address.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import http.client
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]

Outputs = Mapping[str, NDArray[np.float32]]

Run = Callable[[Json, NDArray[np.uint8], Json], Outputs]
"""What a file gives for images, of which it is told the preprocessing."""

FACTS = {"browser": "Stand-in 1.0", "system": "Linux", "isolated": "yes", "cores": "2"}

PATIENCE_S = 60.0


class StandInBrowser:
    """A browser.

    Args:
        address: The page's.
        facts: What it tells of itself.
    """

    def __init__(self, address: str, facts: Mapping[str, str] = FACTS) -> None:
        place = urlsplit(address)
        assert place.hostname
        self._root, self._host, self._port = place.path, place.hostname, place.port
        self.job = json.loads(self.file("job.json"))
        assert self.job["protocol"] == 1
        assert self.job["starts"]
        opened = json.loads(self._post("browsers", {"machine": dict(facts)}))
        self._own = f"browsers/{opened['browser']}"

    def work(self) -> None:
        """Does all requests; the command may end before it has confirmed the last answer."""
        last = len(self.job["requests"]) - 1
        for number in range(last):
            self.do(number)
        if last >= 0:
            answer = self._answer(last)
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.post_answer(last, answer)

    def do(self, number: int, **changes: Any) -> None:
        """Does a request; ``changes`` are of the answer."""
        self.post_answer(number, {**self._answer(number), **changes})

    def _answer(self, number: int) -> Json:
        task = self.job["requests"][number]
        self.advance(number, 1)
        return answer_to(task, self.job["files"], self.file, self._run)

    def advance(self, number: int, done: int) -> None:
        """Tells how far it has come."""
        self._post(f"{self._own}/progress", {"request": number, "done": done})

    def post_answer(self, number: int, answer: Any) -> None:
        """Posts an answer, whatever it is."""
        self._post(f"{self._own}/answers/{number}", answer)

    def leave(self) -> None:
        """Closes the page."""
        self._post(f"{self._own}/gone", {})

    def file(self, path: str) -> bytes:
        """A file of the site."""
        status, content = self._ask("GET", path, None)
        assert status == 200, path
        return content

    def _post(self, path: str, value: Any) -> bytes:
        status, told = self._ask("POST", path, json.dumps(value).encode())
        assert status in (201, 204), (path, status)
        return told

    def _ask(self, method: str, path: str, content: bytes | None) -> tuple[int, bytes]:
        """By a connection of its own: the server ends those that say nothing while files run."""
        connection = http.client.HTTPConnection(self._host, self._port, PATIENCE_S)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"}
            connection.request(method, self._root + path, content, headers)
            response = connection.getresponse()
            return response.status, response.read()

    def _run(self, file: Json, pixels: NDArray[np.uint8], preprocessing: Json) -> Outputs:
        from lowformer_edge.artifact.preprocessing import Preprocessing
        from lowformer_edge.runtime.formats import format_of

        inputs = Preprocessing.from_dict(preprocessing).normalise(pixels)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file["name"]
            path.write_bytes(self.file(file["path"]))
            with format_of(path).runner(path, 1) as runner:
                return dict(runner.run(inputs))


def answer_to(task: Json, files: list[Json], read: Callable[[str], bytes], run: Run) -> Json:
    """An answer to a request that is done.

    Args:
        task: The request's.
        files: The job's.
        read: Gives a file of the site.
        run: What files give.
    """
    chosen = [files[number] for number in task["files"]]
    if task["task"] == "check":
        shape = task["images"]["shape"]
        pixels = np.frombuffer(read(task["images"]["file"]), np.uint8).reshape(shape)
        ran = [run(file, pixels, task["preprocessing"]) for file in chosen]
        told = {"failure": None, "runtime": "Stand-in, 1 thread", "device": None}
        result: Json = {
            "files": [{**told, "is_software": False, "half": None} for _ in chosen],
            "outputs": [{name: encoded(one) for name, one in outputs.items()} for outputs in ran],
        }
        return done(result)
    if task["task"] == "alone":
        return done({"runtime": "Stand-in", "batch": 1, "load_ms": 9.5, "first_ms": 4.5})
    assert task["task"] == "time"
    times = [[*milliseconds(number, task["rounds"])] for number in task["files"]]
    spent = sum(map(sum, times)) / 1000
    return done({"milliseconds": times, "runs": [1 for _ in chosen]}, seconds=spent + 1)


def done(result: Json, seconds: float = 1.0) -> Json:
    """An answer as the page gives it."""
    return {
        "outcome": "done",
        "reason": None,
        "seconds": seconds,
        "hidden": False,
        "clock_step_ms": 0.005,
        "log": [],
        "result": result,
    }


def encoded(values: NDArray[np.float32]) -> Json:
    """An output as an answer has it."""
    content = np.ascontiguousarray(values).astype("<f4").tobytes()
    return {"shape": [*values.shape], "base64": base64.b64encode(content).decode()}


def milliseconds(file: int, rounds: int) -> Iterator[float]:
    """Times that nobody measured: file 0 takes 3 ms, file 1 takes 4 ms, and so on."""
    yield from np.random.default_rng(file).normal(3 + file, 0.05, rounds).tolist()


def report_of(bundle: Path, names: list[str], accelerators: tuple[str, ...] = ("wasm",)) -> Json:
    """A report of files of a bundle that all give what the eager model does.

    As the page of a site saves it: the job's files, and its requests with their answers.
    """
    from lowformer_edge.artifact.bundle import open_bundle
    from lowformer_edge.artifact.files import digest_of
    from lowformer_edge.targets.web.job import ship_files

    opened = open_bundle(bundle)
    golden = opened.golden()
    shipped = ship_files([bundle / name for name in names])
    files = [file.model_dump(mode="json") for file in shipped.files]
    answer = functools.partial(
        answer_to,
        files=files,
        read=lambda path: golden.pixels.tobytes(),
        run=lambda file, pixels, preprocessing: golden.outputs,
    )
    numbers = [*range(len(names))]
    images = {"file": "images.raw", "shape": [*golden.pixels.shape]}
    tasks = []
    for accelerator in accelerators:
        said = {"accelerator": accelerator, "threads": 1, "timeout_s": 300.0}
        check = {"images": images, "preprocessing": opened.preprocessing.to_dict()}
        tasks += [{**said, "task": "check", "files": [one], **check} for one in numbers]
        tasks += [{**said, "task": "alone", "files": [one]} for one in numbers]
        tasks += [
            {**said, "task": "time", "files": numbers, "rounds": 12, "first": one % len(numbers)}
            for one in range(3)
        ]
    return {
        "report": 1,
        "created": "2026-11-29T12:00:00Z",
        "bundle": {
            "name": opened.manifest.name,
            "manifest_sha256": digest_of(bundle / "manifest.json"),
        },
        "machine": FACTS,
        "files": files,
        "requests": [{"task": task, "answer": answer(task)} for task in tasks],
    }


if __name__ == "__main__":
    StandInBrowser(sys.argv[1]).work()
