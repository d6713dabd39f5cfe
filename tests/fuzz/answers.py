"""What other machines answer: a host behind ``ssh``, and a phone behind adb's server."""

from __future__ import annotations

import functools
import io
import json
import os
import random
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lowformer_edge.artifact.manifest import read_manifest
from lowformer_edge.runtime.formats import format_of

from .kinds import Kind
from .mutation import changed_bytes, changed_npy, changed_tree, changed_zip, json_text

TOKEN = "@token@"
"""What stands for the token of a session."""

USUAL_PATH = os.environ["PATH"]

STAND_IN = Path(__file__).with_name("ssh_stand_in.py")

_STATE = {
    "battery_percent": 87,
    "battery_celsius": 29.5,
    "charging": True,
    "power_save": False,
    "thermal_status": 0,
}
_AFTERWARDS = ("close", "close", "close", "close", "endless", "drip", "wait")
"""What happens once a changed answer was sent: the same goes on and on, slowly, or nothing."""


class _Answers(Kind):
    """Answers about the ONNX file of the classifier's bundle."""

    @functools.cached_property
    def outputs(self) -> dict[str, Any]:
        """What the file computes for the bundle's golden vectors."""
        folder = self.material.classifier.folder
        preprocessing = read_manifest(folder).preprocessing_spec()
        path = folder / self.file
        with format_of(path).runner(path, 1) as runner:
            pixels = np.load(folder / "golden.npz")["pixels"]
            return dict(runner.run_pixels(pixels, preprocessing, lambda count: None))

    @property
    def file(self) -> str:
        return self.material.classifier.files(".onnx")[0]

    def _bundle(self, folder: Path) -> Path:
        return self.material.classifier.place_alone(folder / "bundle", self.file)


class SshHosts(_Answers):
    """The stream that a host sends back; the payload begins with a line of how it ends."""

    name = "ssh"
    entries = ("lowformer_edge.targets.ssh.session:_Session._greet",)
    variants = ("verify", "verify", "bench")

    def draw(self, generator: random.Random, variant: str) -> bytes:
        greeting: Any = {"token": TOKEN, "missing": []}
        reports: list[Any] = [
            {"line": "advance 4"},
            {"line": "advance 4"},
            {"ended": 0, "said": ""},
        ]
        left = self._left(variant)
        end: Any = {"file": None}
        way = generator.random()
        before = b""
        if way < 0.1:
            greeting = changed_tree(generator, greeting)
        elif way < 0.4:
            reports = changed_tree(generator, reports)
        elif way < 0.8:
            number = generator.randrange(len(left))
            left[number] = self._changed(generator, *left[number])
        lines = [greeting, *reports]
        headers = [{"file": name, "bytes": len(content)} for name, content in left]
        if 0.8 <= way < 0.9:
            headers = changed_tree(generator, headers)
        stream = b"".join(_line(item) for item in lines)
        for header, (_, content) in zip(headers, left, strict=False):
            stream += _line(header) + content
        stream += _line(end)
        if way >= 0.9:
            stream = changed_bytes(generator, stream, 3)
        afterwards = generator.choice(_AFTERWARDS)
        if afterwards != "close":
            stream = stream[: generator.randrange(len(stream))]
        return _line({"afterwards": afterwards}) + before + stream

    def _left(self, variant: str) -> list[tuple[str, bytes]]:
        """The files that a module leaves."""
        machine = {"processor": "Pi", "system": "Linux"}
        if variant == "bench":
            first = {"runtime": "R", "batch": 1, "load_ms": 9.5, "first_ms": 4.5, "peak_mb": 60.5}
            times = {"milliseconds": [[3.0, 3.1, 3.2, 3.1]], "taken": None}
            answers = {"machine": machine, "answers": [first] * 3 + [times] * 2}
            return [("answers.json", json.dumps(answers).encode())]
        out = io.BytesIO()
        np.savez(out, **self.outputs)
        file = {"failure": None, "runtime": "R", "residency": None}
        answer = {"machine": machine, "files": [file]}
        return [("answer.json", json.dumps(answer).encode()), ("outputs-0.npz", out.getvalue())]

    def _changed(self, generator: random.Random, name: str, content: bytes) -> tuple[str, bytes]:
        if name.endswith(".json"):
            return name, json_text(generator, json.loads(content))
        change = changed_zip(generator, content, lambda drawn, _, held: changed_npy(drawn, held))
        return name, change

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        (folder / "stream").write_bytes(payload)
        program = folder / "bin" / "ssh"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -S -E {STAND_IN} {folder}/stream\n")
        program.chmod(0o755)
        os.environ["PATH"] = f"{folder}/bin:{USUAL_PATH}"
        if variant == "bench":
            file = str(self.material.classifier.folder / self.file)
            return ["bench", file, "--on", "ssh:pi", "--processes", "2", "--runs", "8"]
        return ["verify", str(self._bundle(folder)), "--quiet", "--on", "ssh:pi"]


def _line(content: Any) -> bytes:
    return json.dumps(content).encode() + b"\n"


class Phones(_Answers):
    """One reply of a phone, that is another than it should be."""

    name = "adb"
    entries = ("lowformer_edge.targets.adb.device:AdbDevice.shell",)
    variants = ("verify",)

    def draw(self, generator: random.Random, variant: str) -> bytes:
        replies = self.replies
        key = generator.choice(sorted(replies))
        reply = replies[key]
        way = generator.random()
        if key == "answer.json" and way < 0.8:
            reply = _sync(json_text(generator, json.loads(self.answer)))
        elif reply.startswith(b"OKAY\1") and way < 0.5:
            reply = b"OKAY" + _packet(1, _changed_words(generator, reply[9:-6])) + _packet(3, b"\0")
        elif way < 0.6:
            reply = generator.choice(_ODD)
        else:
            reply = changed_bytes(generator, reply, 2)
        reply = reply[: generator.choice((len(reply), len(reply), len(reply) // 2))]
        afterwards = generator.choice(_AFTERWARDS)
        return json.dumps({"key": key, "reply": reply.hex(), "afterwards": afterwards}).encode()

    @functools.cached_property
    def answer(self) -> bytes:
        """What the app leaves."""
        arrays = {
            name: {"file": f"{name}.raw", "shape": [*values.shape], "dtype": "float32"}
            for name, values in self.outputs.items()
        }
        return json.dumps(
            {
                "protocol": 3,
                "outcome": "done",
                "reason": None,
                "machine": {"app": "1"},
                "before": _STATE,
                "after": _STATE,
                "worst_thermal_status": 0,
                "throttled": False,
                "result": {"files": [{"failure": None, "runtime": "R"}], "outputs": [arrays]},
            }
        ).encode()

    @functools.cached_property
    def replies(self) -> dict[str, bytes]:
        """What a phone that works answers, by a part of the request."""
        battery = "  USB powered: true\n  level: 87\n  temperature: 295\n"
        properties = "[ro.build.version.release]: [14]\n[ro.soc.model]: [G3]\n"
        outputs = {
            f"{name}.raw": _sync(np.ascontiguousarray(values).astype("<f4").tobytes())
            for name, values in self.outputs.items()
        }
        return {
            "host:version": b"OKAY00040029",
            "host:devices": b"OKAY000ePHONE1\tdevice\n",
            "host:transport": b"OKAY",
            "getprop": _shell(properties),
            "dumpsys battery": _shell(battery),
            "dumpsys thermalservice": _shell("Thermal Status: 1\n"),
            "pm path": _shell("package:/data/app/base.apk\n"),
            "sha256sum": _shell(f"{'0' * 64} base.apk\n"),
            "pidof": _shell("8\nanswered\nalive\n"),
            "date": _shell("11-29 10:00:00.000\n"),
            "am start": _shell("Starting: Intent\n"),
            "SEND": b"OKAY" + bytes(4),
            "answer.json": _sync(self.answer),
            **outputs,
        }

    def arguments(self, folder: Path, variant: str, payload: bytes) -> list[str]:
        phone = _phone()
        phone.replies, phone.changed = self.replies, json.loads(payload)
        os.environ["ANDROID_ADB_SERVER_HOST"] = "127.0.0.1"
        os.environ["ANDROID_ADB_SERVER_PORT"] = str(phone.server_address[1])
        return ["verify", str(self._bundle(folder)), "--quiet", "--on", "adb"]


_ODD: Sequence[bytes] = (
    b"", b"OKAY", b"FAIL", b"OKAY\3\0\0\0\0", b"OKAY" + struct.pack("<BI", 1, 2**32 - 1),
    b"OKAY00zz", b"OKAY\xc2\xb2\xc2\xb2", b"FAILffff", b"FAIL" + struct.pack("<I", 2**32 - 1),
    b"DATA" + struct.pack("<I", 2**32 - 1), b"\xff" * 64, b"OKAYffff" + b"x" * 70_000,
)  # fmt: skip


def _changed_words(generator: random.Random, content: bytes) -> bytes:
    """Text of a shell in which a number, a word or a line is another."""
    words = content.decode("utf-8", "replace").replace(":", " : ").split(" ")
    place = generator.randrange(len(words))
    odd = (
        "²",
        "١",
        "-1",
        "9" * 5000,
        "\x1b[31m",
        "\ud800",
        "",
        "nan",
        "\n",
        "1e999",
        "[",
        "answered",
    )
    words[place] = generator.choice(odd)
    return " ".join(words).replace(" : ", ":").encode("utf-8", "surrogatepass")


def _packet(kind: int, content: bytes) -> bytes:
    return struct.pack("<BI", kind, len(content)) + content


def _shell(printed: str) -> bytes:
    return b"OKAY" + _packet(1, printed.encode()) + _packet(3, b"\0")


def _sync(content: bytes) -> bytes:
    """A file, as it is fetched."""
    parts = [content[start : start + (1 << 16)] for start in range(0, len(content), 1 << 16)]
    return (
        b"".join(b"DATA" + struct.pack("<I", len(part)) + part for part in parts)
        + b"DONE"
        + bytes(4)
    )


class _Phone(socketserver.ThreadingTCPServer):
    daemon_threads = True
    replies: dict[str, bytes]
    changed: dict[str, str]


@functools.cache
def _phone() -> _Phone:
    phone = _Phone(("127.0.0.1", 0), _Connection)
    threading.Thread(target=phone.serve_forever, daemon=True).start()
    return phone


class _Connection(socketserver.StreamRequestHandler):
    server: _Phone

    def handle(self) -> None:
        try:
            while length := self.rfile.read(4):
                request = self.rfile.read(int(length, 16)).decode()
                if request == "sync:":
                    self.wfile.write(b"OKAY")
                    self._sync()
                    return
                self._reply(request)
                if not request.startswith("host:transport"):
                    return
        except (OSError, ValueError):
            return

    def _sync(self) -> None:
        command = self.rfile.read(4)
        name = self.rfile.read(struct.unpack("<I", self.rfile.read(4))[0]).decode()
        if command == b"SEND":
            while self.rfile.read(4) == b"DATA":
                self.rfile.read(struct.unpack("<I", self.rfile.read(4))[0])
            self.rfile.read(4)
            name = "SEND"
        self._reply(name)

    def _reply(self, request: str) -> None:
        keys = [key for key in self.server.replies if key in request]
        key = keys[-1] if keys else ""
        reply = self.server.replies.get(key, _shell(""))
        changed = self.server.changed
        if key != changed["key"]:
            self.wfile.write(reply)
            return
        reply = bytes.fromhex(changed["reply"])
        self.wfile.write(reply)
        end = time.monotonic() + 60
        while changed["afterwards"] != "close" and time.monotonic() < end:
            if changed["afterwards"] == "endless":
                self.wfile.write((reply[-64:] or b"x") * 1000)
            elif changed["afterwards"] == "drip":
                self.wfile.write(reply[-1:] or b"x")
                time.sleep(0.2)
            else:
                time.sleep(0.2)
