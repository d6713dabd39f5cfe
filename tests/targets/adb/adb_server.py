"""A stand-in for the adb server and one phone behind it, that speaks the real protocol.

Requests are those of the Android sources' ``packages/modules/adb``: ``OVERVIEW.TXT``,
``SERVICES.TXT`` and ``SYNC.TXT``. The phone's files are a folder, its shell is this machine's with
a few of Android's commands, and its app is ``device_app.py`` or another program.
"""

from __future__ import annotations

import dataclasses
import os
import re
import socketserver
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lowformer_edge.targets import retry
from lowformer_edge.targets.adb import app as adb_app

APP = (sys.executable, str(Path(__file__).with_name("device_app.py")))
"""What stands for the app; the phone's folder, the job's and the request's number follow."""

PROPERTIES = """\
[ro.build.version.release]: [14]
[ro.build.version.sdk]: [34]
[ro.product.cpu.abi]: [arm64-v8a]
[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 8]
[ro.serialno]: [SECRET]
[ro.soc.manufacturer]: [Google]
[ro.soc.model]: [Tensor G3]
"""

BATTERY = """\
Current Battery Service state:
  AC powered: false
  USB powered: true
  level: 87
  temperature: 295
  technology: Li-ion
"""

THERMAL = "IsStatusOverride: false\nThermal Status: 1\nCached temperatures:\n"

ALIVE = '[ -n "$(tr -d "\\0" < /proc/$(cat "$ROOT/pid")/cmdline 2>/dev/null)" ]'

COMMANDS = {
    "getprop": 'cat "$ROOT/properties"',
    "dumpsys": 'cat "$ROOT/dumpsys-$1"',
    "input": 'echo "$@" >> "$ROOT/inputs"',
    "logcat": 'cat "$ROOT/crashes" 2>/dev/null',
    "pidof": f'[ -e "$ROOT/pid" ] && {ALIVE} && cat "$ROOT/pid"',
    "pm": """\
base="$ROOT/data/app/org.lowformer.edge/base.apk"
case $1 in
path) [ -e "$base" ] && echo "package:/data/app/$2/base.apk" ;;
install)
  if grep -q '^PK' "$4"; then
    mkdir -p "$(dirname "$base")"; cp "$4" "$base"; echo "$@" >> "$ROOT/installs"; echo Success
  else
    echo 'Failure [INSTALL_PARSE_FAILED_NOT_APK]'; exit 1
  fi ;;
esac""",
    "am": """\
case $1 in
force-stop) [ -e "$ROOT/pid" ] && kill -9 "$(cat "$ROOT/pid")" 2>/dev/null; rm -f "$ROOT/pid" ;;
start)
  if [ "$2" = -a ]; then
    echo "$5" >> "$ROOT/opened"
    echo "Starting: Intent { act=$3 dat=http://127.0.0.1/... }"
    if [ -z "$BROWSER" ]; then
      echo "Error: Activity not started, unable to resolve Intent { act=$3 flg=0x10000000 }"
    else
      setsid $BROWSER "$5" > "$ROOT/browser-log" 2>&1 < /dev/null &
    fi
  elif [ -e "$ROOT/data/app/org.lowformer.edge/base.apk" ]; then
    echo "Starting: Intent { cmp=$4 (has extras) }"
    setsid $APP "$ROOT" "$7" "${10}" > "$ROOT/log" 2>&1 < /dev/null &
    echo $! > "$ROOT/pid"
  else
    echo 'Error type 3'; echo "Error: Activity class {$4} does not exist."
  fi ;;
esac""",
}


@dataclasses.dataclass
class Faults:
    """What goes wrong.

    Attributes:
        drops: How often a connection is cut in the middle of a file.
        lost_shells: How often a shell's connection is cut.
        capacity: Bytes of a file from which on the phone is full.
        unplugged: Whether the phone is gone.
        unplug_after: Gone after so many polls of the app, if a number.
        shares_no_ports: Whether it refuses to let the phone reach a port of this machine.
    """

    drops: int = 0
    lost_shells: int = 0
    capacity: int | None = None
    unplugged: bool = False
    unplug_after: int | None = None
    shares_no_ports: bool = False


class CutError(Exception):
    """The connection is to be cut."""


class AdbServer(socketserver.ThreadingTCPServer):
    """The server; ``devices`` are the states by serial number, the phone is each of them.

    Args:
        root: The phone's files.
        app: The command that stands for the app, without spaces in its words.

    Attributes:
        browser: The command that stands for a browser, likewise, to which the address is added;
            empty for a phone without one.
        shared: Ports of this machine that the phone reaches under the same number as its own.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, root: Path, app: Sequence[str] = APP) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.root = root
        self.app = " ".join(app)
        self.browser = ""
        self.shared: list[str] = []
        self.devices = {"PHONE1": "device"}
        self.faults = Faults()
        self.requests: list[str] = []
        for name, content in (
            ("properties", PROPERTIES),
            ("dumpsys-battery", BATTERY),
            ("dumpsys-thermalservice", THERMAL),
        ):
            (root / name).write_text(content)
        for folder in ("bin", "data/local/tmp", "sdcard/Android/data"):
            (root / folder).mkdir(parents=True)
        for name, script in COMMANDS.items():
            path = root / "bin" / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def install(self) -> None:
        """Puts the app on the phone."""
        base = self.root / "data/app/org.lowformer.edge/base.apk"
        base.parent.mkdir(parents=True)
        base.write_bytes(b"PK an older app")

    def stop(self) -> None:
        self.shell("am force-stop org.lowformer.edge")
        self.shutdown()
        self.server_close()

    def path(self, path: str) -> Path:
        """Where a path of the phone is here."""
        return self.root / path.lstrip("/")

    def shell(self, command: str) -> subprocess.CompletedProcess[bytes]:
        """Runs a command as the phone's shell would."""
        local = re.sub(r"(?<![\w/])/(?=data/|sdcard/)", f"{self.root}/", command)
        return subprocess.run(
            ["sh", "-c", local],
            capture_output=True,
            env={
                **os.environ,
                "PATH": f"{self.root}/bin:{os.environ['PATH']}",
                "ROOT": str(self.root),
                "APP": self.app,
                "BROWSER": self.browser,
            },
        )


def serve_phone(
    root: Path, monkeypatch: pytest.MonkeyPatch, app: Sequence[str] = APP
) -> Iterator[AdbServer]:
    """A server that adb's clients find, with shorter waits of ours, for the time of a fixture."""
    root.mkdir()
    monkeypatch.delenv("ANDROID_SERIAL", raising=False)
    monkeypatch.setattr(retry, "PAUSES_S", (0.02, 0.05))
    monkeypatch.setattr(adb_app, "POLL_S", 0.05)
    server = AdbServer(root, app)
    monkeypatch.setenv("ANDROID_ADB_SERVER_HOST", "127.0.0.1")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(server.port))
    yield server
    server.stop()


class _Connection(socketserver.StreamRequestHandler):
    server: AdbServer

    def handle(self) -> None:
        try:
            self._serve()
        except (CutError, ConnectionError):
            return

    def _serve(self) -> None:
        while length := self.rfile.read(4):
            request = self.rfile.read(int(length, 16)).decode()
            self.server.requests.append(request)
            if request == "host:version":
                self._okay("0029")
                return
            if request in ("host:devices", "host:devices-l"):
                lines = [f"{name}\t{state}\n" for name, state in self.server.devices.items()]
                self._okay("".join(lines))
                return
            if match := re.fullmatch(r"host:(transport|tport:serial):(.+)", request):
                if not self._is_there(match[2]):
                    return
                self.wfile.write(b"OKAY" + (b"" if match[1] == "transport" else bytes(8)))
            elif match := re.fullmatch(r"host-serial:([^:]+):features", request):
                if not self._is_there(match[1]):
                    return
                self._okay("shell_v2,cmd")
                return
            elif match := re.fullmatch(r"shell,v2(?:,[^:]*)?:(.*)", request, re.DOTALL):
                self._shell(match[1])
                return
            elif request.startswith("reverse:"):
                self._reverse(request)
                return
            elif request == "sync:":
                self.wfile.write(b"OKAY")
                self._sync()
                return
            else:
                self._fail(f"unknown host service '{request}'")
                return

    def _is_there(self, serial: str) -> bool:
        state = self.server.devices.get(serial)
        if state == "device" and not self.server.faults.unplugged:
            return True
        self._fail("device offline" if state == "offline" else f"device '{serial}' not found")
        return False

    def _okay(self, text: str) -> None:
        self.wfile.write(b"OKAY" + f"{len(text):04x}{text}".encode())

    def _fail(self, reason: str) -> None:
        self.wfile.write(b"FAIL" + f"{len(reason):04x}{reason}".encode())

    def _reverse(self, request: str) -> None:
        """The first OKAY is of the connection, the second of what is asked for."""
        self.wfile.write(b"OKAY")
        faults, shared = self.server.faults, self.server.shared
        if match := re.fullmatch(r"reverse:forward:tcp:(\d+);tcp:\1", request):
            if faults.shares_no_ports:
                self._fail("cannot bind listener: Address already in use")
                return
            shared.append(match[1])
        elif (match := re.fullmatch(r"reverse:killforward:tcp:(\d+)", request)) and (
            match[1] in shared
        ):
            shared.remove(match[1])
        else:
            self._fail(f"listener '{request.rpartition(':')[2]}' not found")
            return
        self.wfile.write(b"OKAY")

    def _shell(self, command: str) -> None:
        faults = self.server.faults
        if faults.unplug_after is not None and "pidof" in command:
            faults.unplug_after -= 1
            if faults.unplug_after < 0:
                faults.unplugged = True
                raise CutError
        self.wfile.write(b"OKAY")
        if faults.lost_shells:
            faults.lost_shells -= 1
            raise CutError
        done = self.server.shell(command)
        for number, content in ((1, done.stdout), (2, done.stderr)):
            if content:
                self.wfile.write(struct.pack("<BI", number, len(content)) + content)
        self.wfile.write(struct.pack("<BIB", 3, 1, done.returncode & 0xFF))

    def _sync(self) -> None:
        while header := self.rfile.read(8):
            command, length = header[:4].decode(), struct.unpack("<I", header[4:])[0]
            if command == "QUIT":
                return
            name = self.rfile.read(length).decode()
            if command == "SEND":
                self._receive(*name.rsplit(",", 1))
            elif command == "RECV":
                self._send(self.server.path(name))
            elif command == "STAT":
                self._stat(self.server.path(name))
            else:
                self._sync_fail(f"unknown command {command}")

    def _receive(self, name: str, mode: str) -> None:
        """A file for the phone: whole or not there, as adbd leaves it."""
        faults = self.server.faults
        path = self.server.path(name)
        content, reason = b"", None
        while (word := self.rfile.read(4)) == b"DATA":
            content += self.rfile.read(struct.unpack("<I", self.rfile.read(4))[0])
            if faults.drops and len(content) > 1000:
                faults.drops -= 1
                raise CutError
            if faults.capacity is not None and len(content) > faults.capacity and not reason:
                # The reason is sent at once, and the rest is read and dropped.
                reason = "couldn't write file: No space left on device"
                self._sync_fail(reason)
        self.rfile.read(4)
        if word != b"DONE" or reason:
            return
        if not path.parent.is_dir():
            self._sync_fail("couldn't create file: No such file or directory")
            return
        path.write_bytes(content)
        path.chmod(int(mode) & 0o777)
        self.wfile.write(b"OKAY" + bytes(4))

    def _send(self, path: Path) -> None:
        if not path.is_file():
            self._sync_fail("open failed: No such file or directory")
            return
        content = path.read_bytes()
        for start in range(0, len(content), 1 << 16):
            part = content[start : start + (1 << 16)]
            self.wfile.write(b"DATA" + struct.pack("<I", len(part)) + part[: len(part) // 2])
            if self.server.faults.drops:
                self.server.faults.drops -= 1
                raise CutError
            self.wfile.write(part[len(part) // 2 :])
        self.wfile.write(b"DONE" + bytes(4))

    def _stat(self, path: Path) -> None:
        numbers = (0, 0, 0)
        if path.exists():
            found = path.stat()
            numbers = (found.st_mode, found.st_size, int(found.st_mtime))
        self.wfile.write(b"STAT" + struct.pack("<III", *numbers))

    def _sync_fail(self, reason: str) -> None:
        self.wfile.write(b"FAIL" + struct.pack("<I", len(reason)) + reason.encode())
