"""Feeds commands with changed inputs, and counts what comes of them.

``python -m tests.fuzz.fuzzer --minutes 20``, or ``make fuzz MINUTES=20``. The exit code is 1 where
a command ended with a traceback, died, hung, took too much memory or said nothing; the inputs of
these lie in ``build/fuzz/findings``.
"""

from __future__ import annotations

import argparse
import base64
import collections
import contextlib
import dataclasses
import json
import math
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"

LIMIT_S = 30.0
"""For how long a command may take; what is slower twice hangs."""

MOST_MEMORY = 2 << 30
"""Bytes that a command, or what it starts, may take."""

START_S = 300.0
"""For how long libraries may be imported."""

FINE = ("refused", "accepted")

_FRAME = re.compile(r'File "[^"]*lowformer_edge/([\w/]+\.py)", line (\d+)')


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of an input.

    Attributes:
        kind: Of which kind it was.
        outcome: ``refused`` with a line, ``accepted``, or a fault.
        reached: Whether it came to the parser or runtime under test.
        about: What the child said of it, and ``seed``.
        payload: What was changed, of a fault.
    """

    kind: str
    outcome: str
    reached: bool
    about: dict[str, Any]
    payload: bytes = b""

    @property
    def place(self) -> str:
        """Where a fault arose, to tell two of them apart."""
        text = self.about.get("error") or self.about.get("printed") or ""
        frames = _FRAME.findall(text)
        own = [f"{name}:{line}" for name, line in frames if not name.startswith("tests/")]
        last = text.strip().splitlines()[-1][-160:] if text.strip() else ""
        return f"{self.outcome}: {own[-1] if own else ''} {last}"


class Zygote:
    """A running :mod:`.zygote`: a context manager that gives its socket."""

    def __enter__(self) -> str:
        self._folder = Path(tempfile.mkdtemp(prefix="zygote-"))
        command = [sys.executable, "-m", "tests.fuzz.zygote", str(self._folder)]
        self._process = _started(command, subprocess.DEVNULL, subprocess.DEVNULL)
        end = time.monotonic() + START_S
        while not (self._folder / "ready").exists():
            assert self._process.poll() is None, "the zygote did not start"
            assert time.monotonic() < end, "the zygote takes too long to start"
            time.sleep(0.05)
        return str(self._folder / "socket")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        kill_tree(self._process.pid)
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Child:
    """A :mod:`.child`, started anew where one ended.

    Args:
        material: A folder of bundles.
        socket: A zygote's.
    """

    def __init__(self, material: Path, socket: str) -> None:
        self._material, self._socket = material, socket
        self._work = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.kinds: list[str] = []

    def run(self, case: dict[str, Any]) -> Result:
        """What comes of a case: ``kind``, and ``seed`` or ``variant`` and ``payload``."""
        result = self._once(case)
        if result.outcome == "hang":
            # The machine may have been busy.
            result = self._once(case)
        if result.outcome in FINE and result.about["peak"] > MOST_MEMORY:
            result = dataclasses.replace(result, outcome="memory")
        if result.outcome not in FINE:
            payload = (self._work / "payload").read_bytes()
            result = dataclasses.replace(result, payload=payload)
            about = json.loads((self._work / "about").read_text())
            result.about.update({**about, "seed": case.get("seed")})
            if result.outcome == "memory":
                self.stop()
        return result

    def _once(self, case: dict[str, Any]) -> Result:
        process = self.start()
        assert process.stdin is not None
        process.stdin.write(json.dumps(case).encode() + b"\n")
        process.stdin.flush()
        line = self._line(LIMIT_S)
        if line:
            found = json.loads(line)
            return Result(case["kind"], found["outcome"], found["reached"], found)
        outcome = "hang"
        code = None
        if line is not None:
            code = process.wait()
            outcome = "death"
        printed = ""
        with contextlib.suppress(OSError):
            printed = (self._work / "stderr").read_text("utf-8", "replace")[-3000:]
        self.stop()
        return Result(case["kind"], outcome, True, {"code": code, "printed": printed})

    def start(self) -> subprocess.Popen[bytes]:
        """The running process."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.fuzz.child", str(self._material)]
            self._process = _started(
                [*command, str(self._work), self._socket], subprocess.PIPE, subprocess.PIPE
            )
            line = self._line(START_S)
            assert line, "the child did not start"
            self.kinds = json.loads(line)["kinds"]
        return self._process

    def _line(self, seconds: float) -> bytes | None:
        """The process's next line; empty where it ended, None where there is none in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        return self._process.stdout.readline() if ready else None

    def stop(self) -> None:
        """Ends the process with all that it started."""
        if self._process is not None:
            kill_tree(self._process.pid)
            with contextlib.suppress(OSError), self._process:
                pass  # Waits for it, and closes its pipes.
            self._process = None

    def close(self) -> None:
        """Ends it, and removes its files."""
        self.stop()
        shutil.rmtree(self._work, ignore_errors=True)


def _started(command: Sequence[str], asked: int, told: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("ANDROID_SERIAL", None)
    return subprocess.Popen(
        command, stdin=asked, stdout=told, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment
    )


def kill_tree(pid: int) -> None:
    """Kills a process with all that it started."""
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in thread.read_text().split():
                kill_tree(int(child))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Tally:
    """Counts of results, and each fault once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.outcomes: dict[str, collections.Counter[str]] = collections.defaultdict(
            collections.Counter
        )
        self.reached: collections.Counter[str] = collections.Counter()
        self.seconds: dict[str, float] = collections.defaultdict(float)
        self.peaks: collections.Counter[str] = collections.Counter()
        self.faults: dict[str, list[Result]] = {}

    def add(self, result: Result, seconds: float) -> None:
        """Counts a result."""
        with self._lock:
            self.seconds[result.kind] += seconds
            self.outcomes[result.kind][result.outcome] += 1
            self.reached[result.kind] += result.reached
            peak = result.about.get("peak", 0)
            self.peaks[result.kind] = max(self.peaks[result.kind], peak)
            if result.outcome not in FINE:
                place = re.sub(r"0x\w+|\d{6,}|/tmp/\S+", "", f"{result.kind}: {result.place}")
                self.faults.setdefault(place, []).append(result)

    @property
    def count(self) -> int:
        """How many inputs there were."""
        return sum(sum(found.values()) for found in self.outcomes.values())

    @property
    def share_reached(self) -> float:
        """Which share of them came to what is under test."""
        return sum(self.reached.values()) / max(1, self.count)

    def lines(self) -> Iterator[str]:
        """A table for people."""
        columns = ("inputs", "refused", "accepted", "faults", "reached", "peak MB", "s each")
        yield f"{'kind':14}" + "".join(f"{column:>10}" for column in columns)
        for kind, found in sorted(self.outcomes.items()):
            count = sum(found.values())
            faults = count - sum(found[one] for one in FINE)
            yield (
                f"{kind:14}{count:10}{found['refused']:10}{found['accepted']:10}{faults:10}"
                f"{self.reached[kind] / count:10.0%}{self.peaks[kind] / 1e6:10.0f}"
                f"{self.seconds[kind] / count:10.2f}"
            )
        share = f"{self.share_reached:.0%} reached the parser or runtime under test"
        yield f"{self.count} inputs, {share}"
        for place, results in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            yield f"{len(results)} x {place} (seed {results[0].about.get('seed')})"


def fuzz(
    material: Path,
    socket: str,
    seconds: float,
    *,
    seed: int,
    jobs: int,
    only: Sequence[str] = (),
    rounds: int | None = None,
) -> Tally:
    """Feeds commands for some time.

    Args:
        material: A folder of bundles, by their tasks.
        socket: A zygote's.
        seconds: For how long.
        seed: Of the first case; the next ones count from there.
        jobs: Processes that run commands.
        only: Kinds; all by default.
        rounds: Cases of each kind and process at most; as many as there is time for by default.
    """
    tally = Tally()
    threads = [
        threading.Thread(
            target=_feed,
            args=(Child(material, socket), tally, seconds, seed + 10**6 * job, only, rounds),
        )
        for job in range(jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def _feed(
    child: Child,
    tally: Tally,
    seconds: float,
    seed: int,
    only: Sequence[str],
    rounds: int | None,
) -> None:
    """Runs cases of one child until the time is over, or the rounds are."""
    try:
        child.start()
        end = time.monotonic() + seconds
        kinds = list(only) or list(child.kinds)
        order = random.Random(seed)
        last = math.inf if rounds is None else seed + rounds
        while time.monotonic() < end and seed < last:
            order.shuffle(kinds)
            for kind in kinds:
                begun = time.monotonic()
                if begun >= end:
                    break
                result = child.run({"kind": kind, "seed": seed})
                tally.add(result, time.monotonic() - begun)
            seed += 1
    finally:
        child.close()


def save(faults: dict[str, list[Result]], folder: Path) -> None:
    """Writes the first input of each fault, so that it can be run again."""
    for place, results in faults.items():
        result = results[0]
        path = folder / f"{result.kind.replace(' ', '-')}-{result.about.get('seed')}"
        path.mkdir(parents=True, exist_ok=True)
        (path / "payload").write_bytes(result.payload)
        about = {"kind": result.kind, "place": place, **result.about}
        (path / "about.json").write_text(json.dumps(about, indent=1))


def replay(child: Child, folder: Path) -> Result:
    """Runs an input that :func:`save` wrote."""
    about = json.loads((folder / "about.json").read_text())
    payload = base64.b85encode((folder / "payload").read_bytes()).decode()
    return child.run({"kind": about["kind"], "variant": about["variant"], "payload": payload})


def material_in(folder: Path) -> Path:
    """The bundles to change, exported where they are not there yet."""
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        # In a process of its own: converters keep a gigabyte.
        command = [sys.executable, "-m", "tests.fuzz.material", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True)
        (folder / "done").touch()
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.fuzzer", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10**6)
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 1)))
    parser.add_argument("--only", default="", help="kinds, with commas")
    parser.add_argument("--replay", type=Path, help="a folder of build/fuzz/findings")
    options = parser.parse_args()
    material = material_in(BUILD / "bundles")
    if options.replay:
        with Zygote() as socket:
            child = Child(material, socket)
            result = replay(child, options.replay)
            child.close()
        print(result.outcome, json.dumps(result.about, indent=1))
        return int(result.outcome not in FINE)
    only = [name for name in options.only.split(",") if name]
    print(f"seed {options.seed}", flush=True)
    with Zygote() as socket:
        seconds = 60 * options.minutes
        tally = fuzz(material, socket, seconds, seed=options.seed, jobs=options.jobs, only=only)
    for line in tally.lines():
        print(line)
    save(tally.faults, BUILD / "findings")
    return int(bool(tally.faults) or tally.share_reached < 0.5)


if __name__ == "__main__":
    sys.exit(main())
