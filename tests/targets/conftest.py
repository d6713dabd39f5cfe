"""Servers on the loopback, that know nothing of this machine's own: for SSH, and for adb."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .adb.adb_server import AdbServer, serve_phone

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


@dataclasses.dataclass(frozen=True)
class SshServer:
    """A running ``sshd``.

    Attributes:
        folder: Its files; ``temporary`` in it is where those who log in put temporary files.
        port: On 127.0.0.1.
        process: The server itself.
        known_hosts: Holds its key.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    known_hosts: Path

    @property
    def place(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    def sessions(self) -> list[int]:
        """The processes of open connections, outermost first."""
        return children(self.process.pid)


def children(parent: int) -> list[int]:
    """Processes that a process started and that still run, at any depth."""
    found = []
    for thread in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, thread.read_text().split()):
                if Path(f"/proc/{child}/cmdline").read_bytes():  # Those that have ended have none.
                    found += [child, *children(child)]
    return found


def start_sshd(folder: Path, limit: int | None = None) -> Iterator[SshServer]:
    """Starts a server; ``limit`` is how many bytes a file may have there."""
    if SSHD is None or shutil.which("ssh") is None:
        pytest.skip("OpenSSH's server or client is not installed (openssh-server, openssh-client)")
    if os.geteuid() == 0:
        # Root's sshd does not start without it; Debian's service makes it at each start.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
        )
    (folder / "temporary").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (folder / "sshd_config").write_text(
        "ListenAddress 127.0.0.1\n"
        f"Port {port}\n"
        f"HostKey {folder}/host\n"
        f"AuthorizedKeysFile {folder}/user.pub\n"
        f"PidFile {folder}/pid\n"
        f"SetEnv TMPDIR={folder}/temporary\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\nUseDNS no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPrintMotd no\n"
    )
    known_hosts = folder / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "ssh_config").write_text(
        f"IdentityFile {folder}/user\nIdentitiesOnly yes\nIdentityAgent none\n"
        f"UserKnownHostsFile {known_hosts}\nGlobalKnownHostsFile none\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    if limit is not None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
    server = SshServer(folder, port, process, known_hosts)
    try:
        until(lambda: _listens(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield server
    finally:
        for pid in [*server.sessions(), process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def _sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    yield from start_sshd(tmp_path_factory.mktemp("sshd"))


@pytest.fixture
def sshd(_sshd: SshServer, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    """A server, and an ``ssh`` that reads the server's configuration in place of the user's."""
    use_config(_sshd.folder, monkeypatch)
    return _sshd


def use_config(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts an ``ssh`` before the real one that reads a folder's ``ssh_config``."""
    wrapper = folder / "bin" / "ssh"
    wrapper.parent.mkdir(exist_ok=True)
    real = shutil.which("ssh")
    if not wrapper.exists():
        wrapper.write_text(f'#!/bin/sh\nexec {real} -F {folder}/ssh_config "$@"\n')
        wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdbServer]:
    """A phone behind adb's server."""
    yield from serve_phone(tmp_path / "phone", monkeypatch)


@pytest.fixture
def phone(server: AdbServer) -> AdbServer:
    """A phone with the app."""
    server.install()
    return server
