"""Has a module of this package run on another machine, for the client at the ends of its pipes.

It is sent there as text, before anything else of this package is there, so it needs nothing but
Python's standard library. Down stdin come a request, files, and then a beat every few seconds for
as long as the client lives; up stdout go reports, a line of JSON each, and the files that the
module left. When the beats stop, or the pipe closes, the module is killed and all is removed: a
server may take hours to notice that a cable was pulled. What a supervisor that is killed itself
leaves, the next one removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

CHUNK = 1 << 16
"""Bytes of a file that are written or read at a time."""

CODE = "code"
WORK = "work"
LOCK = "lock"
"""A file beside these two, locked as long as the supervisor or its module lives."""

PREFIX = ".lowformer-edge-ssh."
"""How the names of sessions' folders begin, among the temporary files."""

LAST_WORDS = 2000
"""Bytes of the module's stderr that are told of."""

LONGEST_LINE = 1 << 20
"""Bytes of a line of JSON."""

MOST_BYTES = 1 << 40
MOST_FILES = 1 << 16
"""Of the files that are received at a time, where nothing less is said."""

_SIGNALS = (signal.SIGALRM, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def send_line(stream: IO[bytes], content: dict[str, Any]) -> None:
    """Writes a line of JSON."""
    stream.write(json.dumps(content).encode() + b"\n")
    stream.flush()


def send_files(
    stream: IO[bytes], files: Iterable[tuple[str, Path]], on_bytes: Callable[[int], object]
) -> None:
    """Writes files, each with its name and size before it, and that there are no more.

    Raises:
        EOFError: A file became shorter meanwhile.
    """
    for name, path in files:
        left = path.stat().st_size
        send_line(stream, {"file": name, "bytes": left})
        with path.open("rb") as file:
            while left:
                part = file.read(min(left, CHUNK))
                if not part:
                    raise EOFError(f"{path} became shorter while it was read")
                stream.write(part)
                left -= len(part)
                on_bytes(len(part))
    send_line(stream, {"file": None})


def read_line(stream: IO[bytes]) -> dict[str, Any]:
    """Reads what :func:`send_line` wrote.

    Raises:
        EOFError: The stream ended before.
        ValueError: It is no object of JSON in a line.
    """
    line = stream.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        if len(line) == LONGEST_LINE:
            raise ValueError(f"a line has more than {LONGEST_LINE} bytes")
        raise EOFError("the stream ended early")
    try:
        content = json.loads(line)
    except RecursionError as error:
        raise ValueError("a line is nested too deeply") from error
    if not isinstance(content, dict):
        raise ValueError(f"a line holds no object: {line[:60]!r}")
    return content


def receive_files(
    stream: IO[bytes],
    folder: Path,
    on_bytes: Callable[[int], object],
    most: int = MOST_BYTES,
) -> list[str]:
    """Reads what :func:`send_files` wrote, into a folder; the files' names.

    Args:
        stream: From where.
        folder: Where to.
        on_bytes: Is told how many more have come.
        most: How many there may be in all files.

    Raises:
        EOFError: The stream ended before.
        OSError: The disk is full, or cannot be written.
        ValueError: A name leads out of the folder, or the stream is another than that.
    """
    names: list[str] = []
    while (header := _header(read_line(stream), most)) is not None:
        name, left = header
        if len(names) == MOST_FILES:
            raise ValueError(f"there are more than {MOST_FILES} files")
        most -= left
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb")
        except (FileExistsError, NotADirectoryError) as error:
            raise ValueError(f"{name!r} comes twice") from error
        with file:
            while left:
                part = stream.read(min(left, CHUNK))
                if not part:
                    raise EOFError("the stream of files ended early")
                file.write(part)
                left -= len(part)
                on_bytes(len(part))
        names.append(name)
    return names


def _header(header: dict[str, Any], most: int) -> tuple[str, int] | None:
    """A file's name and size; None where there are no more.

    Raises:
        ValueError: It says neither, or more than may come.
    """
    if header == {"file": None}:
        return None
    if set(header) != {"file", "bytes"}:
        raise ValueError(f"a file has a name and a size, not {sorted(header)}")
    name, size = header["file"], header["bytes"]
    if not isinstance(name, str) or not name.isprintable():
        raise ValueError(f"{name!r} is no name of a file")
    if not Path(name).parts or Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name!r} leads out of the folder")
    if type(size) is not int or not 0 <= size <= most:
        raise ValueError(f"{name!r} has {size!r} bytes, not 0 to {most}")
    return name, size


def main() -> None:
    """Does what the request asks for, and leaves nothing behind."""
    for number in _SIGNALS:
        signal.signal(number, _give_up)
    traces = _Traces()
    # A signal may come while the end of the pipe is dealt with: what removes all stands outside.
    try:
        try:
            _supervise(traces)
        except (EOFError, BrokenPipeError):
            pass  # The client has left.
        except Exception:
            # The client shows the last line of it.
            traceback.print_exc()
    finally:
        _ignore_signals()
        traces.remove()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        # The thread that listens would hold a normal end back, and a broken pipe would be told of.
        os._exit(0)


def _supervise(traces: _Traces) -> None:
    """Receives files, follows the module to its end, and sends what it left."""
    request = read_line(sys.stdin.buffer)
    silence = request["silence"]
    _postpone(silence)
    _say({"token": request["token"], "missing": _missing(request["modules"])})
    _sweep(Path(tempfile.gettempdir()))
    _postpone(silence)
    try:
        with _held_signals():
            traces.make_folder()
        folder = traces.folder
        assert folder is not None
        (folder / WORK).mkdir()
        receive_files(sys.stdin.buffer, folder, lambda count: _postpone(silence))
    except OSError as error:
        _say({"refused": error.strerror or str(error)})
        return
    received = set(_files_within(folder / WORK))
    with _held_signals():
        traces.process = process = _start(request["module"], folder, traces.lock)
    threading.Thread(target=_listen, args=(silence,), daemon=True).start()
    words = LastWords(process)
    assert process.stdout is not None
    while line := process.stdout.readline(LONGEST_LINE // 8):
        _say({"line": line.decode(errors="replace").rstrip()})
    code = process.wait()
    _say({"ended": code, "said": words.text()})
    left = sorted(set(_files_within(folder / WORK)) - received) if code == 0 else []
    send_files(
        sys.stdout.buffer, [(name, folder / WORK / name) for name in left], lambda count: None
    )


class _Traces:
    """What must not be left behind."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.lock = -1
        self.process: subprocess.Popen[bytes] | None = None

    def make_folder(self) -> None:
        """Makes a folder, and locks it; another session may take it for a dead one's before."""
        while self.lock < 0:
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            with contextlib.suppress(FileNotFoundError):
                self.lock = _locked(self.folder / LOCK, os.O_RDWR | os.O_CREAT)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.folder is not None:
            with contextlib.suppress(OSError):
                _remove_folder(self.folder)


def _sweep(parent: Path) -> None:
    """Removes the folders of this user's dead sessions: the system gave back their locks."""
    for folder in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            state = folder.lstat()
            if stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid():
                _remove_if_dead(folder)


def _remove_if_dead(folder: Path) -> None:
    """Removes a session's folder whose lock nobody has; one without a lock only if it is empty."""
    try:
        lock = _locked(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        folder.rmdir()
        return
    if lock < 0:
        return
    try:
        _remove_folder(folder)
    finally:
        os.close(lock)


def _remove_folder(folder: Path) -> None:
    """Removes a session's folder, the lock last: the next one ends what is cut off before."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink()
    (folder / LOCK).unlink(missing_ok=True)
    folder.rmdir()


def _locked(path: Path, flags: int) -> int:
    """A handle of a locked file; -1 where another has the lock, or the file is gone by then.

    Where a file system has no locks, a new file is taken for locked, and an old one for another's.
    """
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_mine = os.path.samestat(path.stat(), os.fstat(handle))
    except (BlockingIOError, FileNotFoundError):
        is_mine = False
    except OSError:
        is_mine = bool(flags & os.O_CREAT)
    if not is_mine:
        os.close(handle)
    return handle if is_mine else -1


def _missing(modules: dict[str, int]) -> list[str]:
    """Modules that are not there, or of a version whose first part is too low."""
    return [
        name
        for name, least in modules.items()
        if importlib.util.find_spec(name) is None or (least and _major(name) < least)
    ]


def _major(name: str) -> int:
    return int(importlib.metadata.version(name).partition(".")[0])


def _start(module: str, folder: Path, lock: int) -> subprocess.Popen[bytes]:
    paths = [str(folder / CODE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(  # noqa: S603 - a module of ours
        [sys.executable, "-m", module, str(folder / WORK)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=[lock],
    )


def _files_within(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


class LastWords:
    """The end of what a process says on stderr; not in a file, for which there may be no room.

    Args:
        process: The process.
        most: How many bytes are kept.
    """

    def __init__(self, process: subprocess.Popen[bytes], most: int = LAST_WORDS) -> None:
        assert process.stderr is not None
        self._stream, self._most, self._kept = process.stderr, most, b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What is kept, once the process has ended."""
        # What the process started may hold the pipe open for ever.
        self._thread.join(timeout=1)
        return self._kept.decode(errors="replace")

    def close(self) -> None:
        """Gives the pipe back, once the process has ended."""
        self._thread.join(timeout=1)
        if not self._thread.is_alive():
            self._stream.close()

    def _read(self) -> None:
        while part := os.read(self._stream.fileno(), CHUNK):
            self._kept = (self._kept + part)[-self._most :]


def _say(report: dict[str, Any]) -> None:
    send_line(sys.stdout.buffer, report)


def _postpone(silence: float) -> None:
    """Notes that the client lives; if it says nothing for so many seconds, it is lost."""
    signal.setitimer(signal.ITIMER_REAL, silence)


def _listen(silence: float) -> None:
    """Waits for beats, and for the pipe's end."""
    while os.read(0, CHUNK):
        _postpone(silence)
    # Again and again: one that comes just before the other thread waits for a pipe wakes nobody.
    while True:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)


def _give_up(number: int, frame: object) -> None:
    _ignore_signals()
    sys.exit(1)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _held_signals() -> Iterator[None]:
    """Lets signals wait until it is known what has been made meanwhile."""
    came: list[int] = []
    for number in _SIGNALS:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number in _SIGNALS:
            signal.signal(number, _give_up)
    if came:
        _give_up(came[0], None)
