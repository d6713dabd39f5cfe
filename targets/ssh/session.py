"""Modules of this package on other machines, over OpenSSH.

The system's own ``ssh`` is called, not a library: only so do hosts mean here what they mean to
their user, with all of ``~/.ssh/config``, jump hosts, agents and hardware keys. Host keys must be
known already, and nothing is ever asked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import secrets
import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from pydantic import ValidationError

from ...artifact.files import files_within, size_of
from ...artifact.validation import first_fault
from ...errors import MissingDependencyError, TargetError, UsageError
from ...process.ending import LONGEST_REASON
from ...process.limits import LARGEST_ARRAYS
from ...process.text import one_line, printable, whole_number
from ...progress import Progress
from ...runtime.work import worker
from ...runtime.work.job import Record
from ..retry import PAUSES_S, LostError, insist
from ..worker_process import ending
from . import supervisor as remote_supervisor
from .shipment import LEAST_MAJOR, install_command, shipped_files
from .supervisor import CODE, WORK, LastWords, read_line, receive_files, send_files, send_line

PYTHON = "python3"
"""What is run there, unless another is asked for."""

OPTIONS = {
    "BatchMode": "yes",
    "ClearAllForwardings": "yes",
    "ConnectTimeout": "15",
    "ForwardAgent": "no",
    "LogLevel": "ERROR",
    "RemoteCommand": "none",
    "ServerAliveCountMax": "3",
    "ServerAliveInterval": "10",
    "StrictHostKeyChecking": "yes",
}

SILENCE_S = 60.0
"""For how long the other side hears nothing of this one before it ends its work and tidies up."""

BEAT_S = 10.0
PATIENCE_S = 1800.0
"""For how long the other side may tell of no progress, and take to send what was left."""

CONNECTING_S = 300.0
"""For how long a connection may take: a key may have to be touched, and a proxy be woken."""

LARGEST_GREETING = 1 << 20
"""Bytes that login shells may print."""

LARGEST_CHATTER = 1 << 16
"""Bytes of what ssh says that are kept."""

_HOST = re.compile(
    r"(?P<user>[\w.][\w.@+-]*@)?(?P<name>[\w][\w.-]*|\[[0-9A-Fa-f:.%\w]+\])(?::(?P<port>\d{1,5}))?"
)

_START = (
    "import sys; sys.version_info >= (3, 11) or sys.exit('Python %d.%d is too old; 3.11 or newer"
    " is needed' % sys.version_info[:2]); exec(sys.stdin.buffer.read({size}))"
)


class Greeting(Record):
    """The first of the supervisor's reports.

    Attributes:
        token: That of the request.
        missing: Modules that are not there.
    """

    token: str
    missing: tuple[str, ...]


class Printed(Record):
    """A line of the module's."""

    line: str


class Ended(Record):
    """How the module ended, with the end of what it said."""

    ended: int
    said: str


class Refused(Record):
    """Why files could not be stored."""

    refused: str


_REPORTS: Mapping[str, type[Printed | Ended | Refused]] = {
    "line": Printed,
    "ended": Ended,
    "refused": Refused,
}
"""By what each of them has."""


@dataclasses.dataclass(frozen=True)
class SshHost:
    """Another machine, and its Python.

    Attributes:
        name: As ``ssh`` takes it, with ``user@`` before it or not.
        port: None for the one that is configured.
        python: The interpreter there.
    """

    name: str
    port: int | None = None
    python: str = PYTHON

    def __str__(self) -> str:
        user, at, name = self.name.rpartition("@")
        name = f"[{name}]" if ":" in name else name
        return f"ssh:{user}{at}{name}" + ("" if self.port is None else f":{self.port}")


def parse_host(text: str, python: str = PYTHON) -> SshHost:
    """A host as it is written on a command line, ``[user@]host[:port]``.

    Raises:
        UsageError: It is no host.
    """
    match = _HOST.fullmatch(text)
    if not match:
        raise UsageError(f"ssh:{text}: after ssh: there must be [user@]host[:port]")
    port = int(match["port"]) if match["port"] else None
    name = (match["user"] or "") + match["name"].strip("[]")
    return SshHost(name, port, python)


def run_module(
    host: SshHost,
    module: str,
    folder: Path,
    files: Mapping[str, Path],
    *,
    total: int,
    needed: Mapping[str, str],
    wished: Sequence[str],
    progress: Progress,
    patience: float = PATIENCE_S,
) -> set[str]:
    """Runs ``python -m MODULE FOLDER`` there, with what this folder holds and this very package.

    The files that the module leaves in its folder come back into this one, all or none; over there
    nothing stays. A connection that breaks while files are sent or fetched is opened anew, a few
    times; one that breaks while the module runs is not.

    Args:
        host: Where.
        module: Its full name. It writes progress to stdout, as
            :mod:`~lowformer_edge.runtime.work.worker` does, and reasons to stderr.
        folder: What the module is to find in its folder; files and folders.
        files: More files or folders for it, by names within that folder.
        total: Units of the module's progress.
        needed: The distributions that must be there, by the module of each.
        wished: Modules that may be there.
        progress: Is told about each step.
        patience: Seconds without progress before the module is given up.

    Returns:
        Those of the wished modules that are not there.

    Raises:
        MissingDependencyError: There is no ``ssh`` on this machine.
        TargetError: The machine cannot be reached, lacks something, or the module failed.
    """

    def attempt() -> set[str]:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetched-") as name:
            session = _Session(host, module, needed, wished, progress, patience)
            with session:
                session.send(folder, files)
                session.run(total)
                session.fetch(Path(name))
            for path in files_within(Path(name)):
                place = folder / path.relative_to(name)
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
            return session.missing

    return insist(attempt)


class _Session:
    """One connection: a context manager, in which its methods are called in order."""

    def __init__(
        self,
        host: SshHost,
        module: str,
        needed: Mapping[str, str],
        wished: Sequence[str],
        progress: Progress,
        patience: float,
    ) -> None:
        self._host, self._progress, self._patience = host, progress, patience
        self._needed = needed
        self._source = Path(remote_supervisor.__file__).read_bytes() + b"\nmain()\n"
        self._request = {
            "module": module,
            "modules": {name: LEAST_MAJOR.get(name, 0) for name in (*needed, *wished)},
            "silence": SILENCE_S,
            "token": secrets.token_hex(16),
        }
        self._stop = threading.Event()
        self._beating = False
        self._is_stuck = False
        self._phase = "connecting"
        self.missing: set[str] = set()

    def __enter__(self) -> _Session:
        with contextlib.ExitStack() as stack:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own command line
                    _command(self._host, len(self._source)),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise MissingDependencyError(
                    f"{self._host}: needs OpenSSH's ssh, which is not on this machine; install"
                    " openssh-client"
                ) from error
            self._words = LastWords(self._process, LARGEST_CHATTER)
            stack.callback(self._close)
            self._sign = time.monotonic()
            watch = threading.Thread(target=self._watch, daemon=True)
            watch.start()
            stack.callback(watch.join)
            stack.callback(self._stop.set)
            with self._told():
                self._greet()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def send(self, folder: Path, files: Mapping[str, Path]) -> None:
        """Sends this package, and files for the module."""
        parts = [(f"{CODE}/{name}", path) for name, path in shipped_files()]
        own = {path.relative_to(folder).as_posix(): path for path in files_within(folder)}
        for name, path in {**own, **files}.items():
            inside = files_within(path) if path.is_dir() else [path]
            parts += [
                (f"{WORK}/{name}/{one.relative_to(path).as_posix()}".removesuffix("/."), one)
                for one in inside
            ]
        self._begin("sending")
        size = sum(size_of(path) for _, path in parts)
        with self._told(), self._progress.step(f"sending to {self._host}", size) as advance:

            def sent(count: int) -> None:
                self._note(count)
                advance(count)

            send_files(self._stdin, parts, sent)
            self._beating = True

    def run(self, total: int) -> None:
        """Follows the module to its end."""
        self._begin("running")
        with self._told(), self._progress.step(f"running on {self._host}", total) as advance:
            while isinstance(report := self._report(), Printed):
                word, _, text = report.line.partition(" ")
                count = whole_number(text) if word == worker.ADVANCE else None
                # What is no progress is no sign of it either.
                if count and count <= total:
                    total -= count
                    advance(count)
                    self._note()
        if report.ended:
            how = printable(ending(report.ended, report.said))
            raise TargetError(f"{self._host}: the worker {how}")

    def fetch(self, folder: Path) -> None:
        """Fetches what the module left, all of which must be there in time."""
        self._begin("fetching")
        with self._told():
            receive_files(self._stdout, folder, lambda count: None, LARGEST_ARRAYS)

    def _greet(self) -> None:
        self._stdin.write(self._source)
        send_line(self._stdin, self._request)
        self.missing = set(self._greeting().missing)
        lacked = [name for name in self._needed if name in self.missing]
        if lacked:
            names = [self._needed[name] for name in lacked]
            raise TargetError(
                f"{self._host}: {self._host.python} there lacks {', '.join(names)}, or has them too"
                f" old; run there: {install_command(self._host.python, names)}; or name another"
                f" interpreter with '{self._host}?python=PATH'"
            )

    def _greeting(self) -> Greeting:
        """The supervisor's first report; what a login shell prints may come before."""
        left = LARGEST_GREETING
        token = str(self._request["token"]).encode()
        while line := self._stdout.readline(left):
            left -= len(line)
            if token in line:
                return Greeting.model_validate_json(line)
            if left <= 0:
                raise ValueError(f"its login shell prints more than {LARGEST_GREETING} bytes")
        raise EOFError

    def _report(self) -> Printed | Ended:
        """The next of the supervisor's reports."""
        content = read_line(self._stdout)
        kinds = [kind for name, kind in _REPORTS.items() if name in content]
        if not kinds:
            raise ValueError(f"a report of {', '.join(content)}")
        report = kinds[0].model_validate(content)
        if isinstance(report, Refused):
            raise TargetError(
                f"{self._host}: the files could not be stored there ({report.refused}); make"
                " room, or set TMPDIR there"
            )
        return report

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turns a pipe that ends, or brings what nobody asked for, into a line that says why."""
        try:
            yield
        except ValueError as error:
            if self._is_stuck:
                raise self._failure() from error
            raise self._strange(error) from error
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            if self._phase == "sending" and not self._is_stuck:
                # Its last report may say why it listens no longer.
                with contextlib.suppress(EOFError, ValueError):
                    self._report()
            raise self._failure() from error

    def _strange(self, error: ValueError) -> TargetError:
        """What the other side answered in place of what it was asked."""
        reason = first_fault(error) if isinstance(error, ValidationError) else str(error)
        return TargetError(
            f"{self._host}: answers what nobody asked for while {self._phase}"
            f" ({printable(one_line(reason))[:LONGEST_REASON]}); see what `ssh {self._host.name}"
            " true` prints"
        )

    def _failure(self) -> TargetError:
        """Why the pipe ended."""
        host = self._host
        if self._is_stuck:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=BEAT_S)
        code = self._process.poll()
        printed = self._words.text()
        if self._is_stuck:
            return TargetError(
                f"{host}: no progress for {self._waits():g} s while {self._phase}; given up"
            )
        if self._phase == "connecting":
            return _no_connection(host, code, printed)
        reason = _last_line(printed)
        why = f" ({reason})" if reason else ""
        if self._phase == "running":
            return TargetError(
                f"{host}: the connection was lost while files were run{why}; the work there is"
                " ended, nothing was changed; run it again"
            )
        return LostError(
            f"{host}: the connection was lost while {self._phase} files, {len(PAUSES_S) + 1} times"
            f"{why}; nothing was changed"
        )

    def _begin(self, phase: str) -> None:
        """Notes what is done from now on."""
        self._phase = phase
        self._note()

    def _note(self, count: int = 0) -> None:
        """Notes that something moves."""
        self._sign = time.monotonic()

    def _waits(self) -> float:
        """For how long there may be no sign of progress."""
        return min(self._patience, CONNECTING_S) if self._phase == "connecting" else self._patience

    def _watch(self) -> None:
        """Tells the other side that this one lives, and ends a session that gets nowhere."""
        beat = min(BEAT_S, SILENCE_S / 4, self._patience / 4)
        while not self._stop.wait(beat):
            if time.monotonic() - self._sign > self._waits():
                self._is_stuck = True
                self._process.kill()
                return
            if self._beating:
                with contextlib.suppress(OSError, ValueError):
                    self._stdin.write(b"\n")
                    self._stdin.flush()

    def _close(self) -> None:
        """Ends the connection, and with it whatever still goes on at its other end."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
        self._process.kill()
        self._process.wait()
        self._stdout.close()
        self._words.close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


def _command(host: SshHost, size: int) -> list[str]:
    """The ``ssh`` that starts a supervisor of so many bytes, which come first on its stdin."""
    options = [part for name, value in OPTIONS.items() for part in ("-o", f"{name}={value}")]
    port = [] if host.port is None else ["-p", str(host.port)]
    # Double quotes mean the same to every login shell, as long as there is no $ in between.
    start = f'{shlex.quote(host.python)} -c "{_START.format(size=size)}"'
    return ["ssh", "-T", *options, *port, "--", host.name, start]


def _no_connection(host: SshHost, code: int | None, printed: str) -> TargetError:
    """Why there is no supervisor."""
    reason = _last_line(printed) or f"ssh ended with {code}"
    try_it = f"ssh {'' if host.port is None else f'-p {host.port} '}{host.name}"
    if "HOST IDENTIFICATION HAS CHANGED" in printed:
        return TargetError(
            f"{host}: its key is not the one that is known, so nothing was sent; find out why"
            " before you change known_hosts"
        )
    if "Host key verification failed" in printed:
        return TargetError(f"{host}: its key is not known; run `{try_it}` once and check the key")
    if "Permission denied" in printed and code == 255:
        return TargetError(f"{host}: it takes none of your keys ({reason}); try `{try_it}`")
    if code == 255:
        return LostError(f"{host}: cannot be reached ({reason}); try `{try_it}`", reached=False)
    if code in (126, 127):
        return TargetError(
            f"{host}: there is no {host.python} ({reason}); name the interpreter with"
            f" '{host}?python=PATH'"
        )
    return TargetError(f"{host}: {host.python} did not start ({reason})")


def _last_line(printed: str) -> str:
    lines = [line for line in printed.splitlines() if line.strip()]
    return printable(one_line(lines[-1])[:LONGEST_REASON]) if lines else ""
