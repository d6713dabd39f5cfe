"""A process that runs commands on cases, one after the other, and tells what came of each.

It is run as ``python -m tests.fuzz.child MATERIAL WORK [SOCKET]``. Each line of its standard input
is a case; each line of its standard output says how it ended.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import importlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

from .kinds import Case, Kind, kinds_of
from .material import Material
from .zygote import CLIENT, PEAKS

MOST_MEMORY = 8 << 30
"""Bytes, beyond which a process of a case gets no more."""

PATIENCE_S = 1.5
"""For how long another machine may be silent, in place of half an hour."""

ENDLESS_S = 8.0
"""For how long a process here may run a file without an inference, likewise."""

_WITHIN = re.compile(r"failed with exit code 1: ([\w.]+(Error|Exception)\b.*)")
"""A traceback of a worker, in the words of its command."""


class AcceptedError(BaseException):
    """A command took an input, and would go on to a converter."""


def main() -> None:
    material, work = Path(sys.argv[1]), Path(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    told = os.fdopen(os.dup(1), "w")
    asked = os.fdopen(os.dup(0), "r")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    _shorten_waits()
    if len(sys.argv) > 3:
        _start_by_zygote(sys.argv[3])
    kinds = kinds_of(Material.of(material))
    print(json.dumps({"kinds": list(kinds)}), file=told, flush=True)
    reached: set[str] = set()
    counted: set[str] = set()
    for line in asked:
        given = json.loads(line)
        kind = kinds[given["kind"]]
        if kind.name not in counted:
            counted.add(kind.name)
            for entry in kind.entries:
                _count(entry, reached)
        reached.clear()
        result = run(kind, given, work, material) | {"reached": bool(reached & set(kind.entries))}
        print(json.dumps(result), file=told, flush=True)


def run(kind: Kind, given: dict[str, Any], work: Path, material: Path) -> dict[str, Any]:
    """Runs the command of a case."""
    if "payload" in given:
        payload = base64.b85decode(given["payload"])
        case = Case(kind.name, given["variant"], payload)
    else:
        case = kind.case(given["seed"])
    folder = work / "case"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    arguments = kind.arguments(folder, case.variant, case.payload)
    (work / "payload").write_bytes(case.payload)
    (work / "about").write_text(json.dumps({"variant": case.variant, "arguments": arguments}))
    peaks = Path(sys.argv[3]).with_name(PEAKS) if len(sys.argv) > 3 else None
    Path("/proc/self/clear_refs").write_text("5")
    code, error, printed = _run_command(arguments, work)
    return {
        "outcome": _outcome(code, error, printed),
        "variant": case.variant,
        "arguments": arguments,
        "printed": printed[-3000:],
        "error": error,
        "peak": max(_peak(), *_workers_peaks(peaks)),
    }


def _run_command(arguments: list[str], work: Path) -> tuple[object, str | None, str]:
    """A command's exit code, the traceback that it ended with, and what it said on stderr."""
    name, *rest = arguments
    if name == "export":
        _stop_before_converters()
    command = importlib.import_module(f"lowformer_edge.cli.{name}")
    with (work / "stderr").open("w+b") as errors, Path(os.devnull).open("wb") as devnull:
        os.dup2(errors.fileno(), 2)
        os.dup2(devnull.fileno(), 1)
        code: object = None
        error = None
        try:
            code = command.main(rest)
        except SystemExit as end:
            code = end.code
        except AcceptedError:
            code = 0
        except BaseException:
            error = traceback.format_exc()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        errors.seek(0)
        printed = errors.read(1 << 20).decode("utf-8", "backslashreplace")
    # A worker that stands by for the next file would bring what this one left in its memory.
    standing: Any = sys.modules.get("lowformer_edge.targets.standing_worker")
    if standing:
        standing.STANDING_WORKER.end()
    return code, error, printed


def _outcome(code: object, error: str | None, printed: str) -> str:
    """What an input came to."""
    if (
        error is not None
        or "Traceback (most recent call last)" in printed
        or _WITHIN.search(printed)
    ):
        return "traceback"
    if code == 0:
        return "accepted"
    lines = [
        line for line in printed.splitlines() if line.startswith(("error: ", "failed: ", "INVALID"))
    ]
    if code not in (1, 2) or not lines:
        return "without a line"
    if max(map(len, lines)) > 3000:
        return "long line"
    return "refused"


def _peak() -> int:
    """Bytes of memory that this process had at most since it was last asked."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) << 10  # type: ignore[index]


def _workers_peaks(path: Path | None) -> list[int]:
    """The same of the workers that ended since."""
    if path is None or not path.exists():
        return [0]
    found = [int(line) for line in path.read_text().splitlines()]
    path.write_text("")
    return [0, *found]


def _count(entry: str, reached: set[str]) -> None:
    """Has a function note that it was called; versions that lack it count nothing."""
    name, _, path = entry.partition(":")
    *outer, last = path.split(".")
    try:
        holder: Any = importlib.import_module(name)
        for part in outer:
            holder = getattr(holder, part)
        function = getattr(holder, last)
    except (ImportError, AttributeError):
        return

    def counting(*arguments: Any, **options: Any) -> Any:
        reached.add(entry)
        return function(*arguments, **options)

    is_bound = isinstance(holder, type) and hasattr(function, "__self__")
    setattr(holder, last, staticmethod(counting) if is_bound else counting)


def _start_by_zygote(socket: str) -> None:
    """Has modules that commands start run by a zygote, in place of Python anew."""
    start: Any = subprocess.Popen.__init__

    def start_copy(process: Any, command: Any, *arguments: Any, **options: Any) -> None:
        if list(command[:2]) == [sys.executable, "-m"]:
            command = [sys.executable, "-S", "-E", str(CLIENT), socket, *command[2:]]
        start(process, command, *arguments, **options)

    subprocess.Popen.__init__ = start_copy  # type: ignore[assignment,method-assign]


def _shorten_waits() -> None:
    """Makes what waits for other machines and processes wait for seconds."""
    from lowformer_edge.runtime.work import request
    from lowformer_edge.targets import retry
    from lowformer_edge.targets.adb import app, device
    from lowformer_edge.targets.adb.target import AdbTarget
    from lowformer_edge.targets.ssh import session
    from lowformer_edge.targets.ssh.target import SshTarget
    from lowformer_edge.targets.worker_target import WorkerTarget

    WorkerTarget.patience = ENDLESS_S
    requests: Any = request
    requests.LONGEST_SILENCE_S, requests.LONGEST_INFERENCE_S = ENDLESS_S, 0
    retry.PAUSES_S = (0.02, 0.05)
    app.POLL_S, app.START_S, app.GRACE_S = 0.02, 1.0, 0.2
    waits: Any = sys.modules.get("lowformer_edge.targets.adb.connection", device)
    waits.TIMEOUT_S, waits.WHOLE_S = PATIENCE_S, 2 * PATIENCE_S
    session.BEAT_S = 0.5
    for target in (AdbTarget, SshTarget):
        function = target.__init__
        function.__defaults__ = (*(function.__defaults__ or ())[:-1], PATIENCE_S)
    run_module: Any = session.run_module
    run_module.__kwdefaults__["patience"] = PATIENCE_S


@functools.cache
def _stop_before_converters() -> None:
    """Ends exports where a model is converted: models that were never seen are tried elsewhere."""
    from lowformer_edge.export import formats

    def stop(*_: object, **__: object) -> None:
        raise AcceptedError

    for exporter in formats.EXPORTERS.values():
        exporter.prepare = stop  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
