"""Starts modules as ``python -m`` does, in copies of a process that has their libraries at hand.

Importing a runtime takes seconds, which a fuzzer would spend for each file. The copies share
nothing else: each begins where no file has been opened yet.
"""

from __future__ import annotations

import array
import contextlib
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

PRELOADED = (
    "lowformer_edge.runtime.formats",
    "lowformer_edge.runtime.work.measuring",
    "lowformer_edge.runtime.work.worker",
    "ai_edge_litert.interpreter",
    "executorch.runtime",
    "onnxruntime",
)

CLIENT = Path(__file__).with_name("client.py")

PEAKS = "peaks"
"""A file in the zygote's folder: a line of peak memory in bytes for each copy that ended."""


def serve(folder: Path) -> None:
    """Serves requests at the socket ``socket`` in a folder, until it is killed."""
    # Modules that hold all of them are no longer there as __main__.
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(folder / "socket"))
        server.listen(16)
        (folder / "ready").touch()
        running: dict[int, socket.socket] = {}
        while True:
            ready, _, _ = select.select([server, *running.values()], [], [], 0.01)
            for one in ready:
                if one is server:
                    client, _ = server.accept()
                    running[_start(client, server)] = client
                else:
                    _end(one, running)
            _reap(running, folder)


def _start(client: socket.socket, server: socket.socket) -> int:
    """Starts what a client asks for; the copy's number."""
    message, ancillary, _, _ = client.recvmsg(1 << 20, socket.CMSG_SPACE(3 * 4))
    request = json.loads(message)
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    pid = os.fork()
    if pid == 0:
        server.close()
        client.close()
        _become(request, list(streams))
    for stream in streams:
        os.close(stream)
    return pid


def _become(request: dict[str, Any], streams: list[int]) -> None:
    """Runs a module in this copy, and ends it."""
    code = 1
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        name, *arguments = request["arguments"]
        sys.argv = [name, *arguments]
        sys.modules.pop(name, None)
        runpy.run_module(name, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _end(client: socket.socket, running: dict[int, socket.socket]) -> None:
    """Ends the copy of a client that has gone."""
    for pid, one in running.items():
        if one is client:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _reap(running: dict[int, socket.socket], folder: Path) -> None:
    """Tells clients how their copies ended."""
    for pid in list(running):
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            with (folder / PEAKS).open("a") as peaks:
                peaks.write(f"{usage.ru_maxrss << 10}\n")
            with running.pop(pid) as client, contextlib.suppress(OSError):
                client.sendall(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
