"""Files on another machine, which is this one behind a real SSH server."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

from lowformer_edge.artifact.formats import BY_SUFFIX
from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.cli.bench import main as bench
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.errors import MissingDependencyError, TargetError, UsageError
from lowformer_edge.progress import Advance, SilentProgress
from lowformer_edge.runtime.machine import describe_machine
from lowformer_edge.targets import retry
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.registry import open_target, open_targets
from lowformer_edge.targets.ssh import session as ssh
from lowformer_edge.targets.ssh import shipment
from lowformer_edge.targets.ssh import supervisor as remote_supervisor
from lowformer_edge.targets.ssh.shipment import BASE
from lowformer_edge.targets.ssh.target import SshTarget
from lowformer_edge.targets.target import Work

from ..conftest import SshServer, start_sshd, until, use_config

SLEEPER = """
import sys, time
from pathlib import Path
Path(sys.argv[1], "left").write_text("x")
print("advance 1", flush=True)
time.sleep(600)
"""


class Steps(SilentProgress):
    """Listens to steps; calls back when one has begun, and keeps what it is told."""

    def __init__(self, on_advance: Callable[[str], object] = lambda step: None) -> None:
        self.told: dict[str, list[int]] = {}
        self._on_advance = on_advance

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        self.told[description] = []

        def advance(count: int) -> None:
            self.told[description].append(count)
            if len(self.told[description]) == 1:
                self._on_advance(description.split()[0])

        yield advance


def choice(server: SshServer) -> str:
    return f"{server.place}?python={sys.executable}"


def no_trace(server: SshServer) -> None:
    """Waits until nothing of a session is left at the server's side."""
    until(lambda: not server.sessions() and not list(server.temporary.iterdir()))


def at(server: SshServer, python: str | Path = sys.executable) -> ssh.SshHost:
    """The server as a host with a Python."""
    return ssh.parse_host(server.place, str(python))


def run_module(
    host: ssh.SshHost,
    module: str,
    folder: Path,
    *,
    needed: Mapping[str, str] | None = None,
    wished: Sequence[str] = (),
    progress: Steps | None = None,
    patience: float = ssh.PATIENCE_S,
) -> set[str]:
    """Runs a module that needs nothing and tells nobody, but where a test says otherwise."""
    return ssh.run_module(
        host,
        module,
        folder,
        {},
        total=1,
        needed=needed or {},
        wished=wished,
        progress=progress or Steps(),
        patience=patience,
    )


def run_sleeper(
    server: SshServer, folder: Path, progress: Steps | None = None, patience: float = 60
) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "sleeper.py").write_text(SLEEPER)
    run_module(
        at(server),
        "work.sleeper",
        folder,
        needed=BASE,
        progress=progress,
        patience=patience,
    )


def test_files_compute_the_same_there(
    sshd: SshServer, demo_bundle: Path, demo_manifest: Manifest
) -> None:
    golden = GoldenVectors.load(demo_bundle / demo_manifest.golden.path)
    spec = demo_manifest.preprocessing_spec()
    files = [demo_bundle / "demo-fp32.tflite", demo_bundle / "demo-int8.tflite"]
    steps = Steps()
    target = open_target(f"ssh:{choice(sshd)}")
    assert target.name == f"ssh:{sshd.place}"
    there = target.run(Work(files, golden.pixels, spec), steps)
    here = HostTarget().run(Work(files, golden.pixels, spec), SilentProgress())
    assert there.machine == here.machine
    for ours, theirs in zip(here.ran, there.ran, strict=True):
        assert ours.answer == theirs.answer
        assert ours.outputs is not None
        assert theirs.outputs is not None
        np.testing.assert_array_equal(ours.outputs["logits"], theirs.outputs["logits"])
    sizes = sum(path.stat().st_size for path in files)
    assert sum(steps.told[f"sending to {target.name}"]) > sizes + golden.pixels.nbytes
    assert sum(steps.told[f"running on {target.name}"]) == 2 * len(golden.pixels)
    no_trace(sshd)


def test_the_command_judges_what_comes_back(
    sshd: SshServer, demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    on = f"ssh:{choice(sshd)}"
    few = ["--evaluation-images", "20", "--target-images", "4"]
    assert verify([str(demo_bundle), "--on", on, *few, "--json", "--quiet"]) == 0
    result = json.loads(capfd.readouterr().out)
    name = f"ssh:{sshd.place}"
    assert result["targets"][name]["python"] == ".".join(map(str, sys.version_info[:3]))
    links = {(link["first"], link["second"]): link for link in result["links"]}
    same = links["demo-int8.tflite on host", f"demo-int8.tflite on {name}"]
    close = same["outputs"]["logits"]
    assert (close["sqnr_db"], close["max_difference"]) == ("exact", 0)


def test_files_are_timed_there(
    sshd: SshServer, demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = [str(demo_bundle / f"demo-{precision}.tflite") for precision in ("fp32", "int8")]
    place = ["--on", f"ssh:{choice(sshd)}", "--json", "--quiet"]
    code = bench([*files, *place, "--runs", "30", "--processes", "2"])
    found = json.loads(capfd.readouterr().out)
    assert found["machine"] == describe_machine()
    (benchmark,) = found["benchmarks"]
    assert code == (0 if benchmark["verdict"] == "valid" else 1)
    fp32, int8 = benchmark["files"]
    assert (fp32["runtime"], fp32["runs"], fp32["ratio"]) == ("LiteRT", 30, 1)
    assert int8["median_ms"] > 0
    assert int8["ratio_low"] < int8["ratio"] < int8["ratio_high"]
    assert bench([files[1], *place, "--profile", "--runs", "5"]) == 0
    (profile,) = json.loads(capfd.readouterr().out)["profiles"]
    assert len(profile["ops"]) > 100
    broken = sshd.folder / "broken.tflite"
    broken.write_bytes(b"1234TFL3 and nothing else")
    assert bench([str(broken), *place, "--runs", "30"]) == 1
    assert "damaged, or made for another runtime" in capfd.readouterr().err
    no_trace(sshd)


def test_what_a_file_lacks_there_is_part_of_its_failure(
    sshd: SshServer, demo_bundle: Path, demo_manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden = GoldenVectors.load(demo_bundle / demo_manifest.golden.path)
    absent = {"no_such_module": "no-such-distribution"}
    row = dataclasses.replace(BY_SUFFIX[".tflite"], distributions=absent)
    monkeypatch.setattr(shipment, "BY_SUFFIX", {**BY_SUFFIX, ".tflite": row})
    broken = sshd.folder / "broken.tflite"
    broken.write_bytes(b"1234TFL3 and nothing else")
    files = [broken, demo_bundle / "demo-fp32.tflite"]
    work = Work(files, golden.pixels[:1], demo_manifest.preprocessing_spec())
    run = SshTarget(choice(sshd)).run(work, Steps())
    failure = run.ran[0].answer.failure or ""
    assert "broken.tflite: damaged" in failure
    assert failure.endswith(f"; run there: {sys.executable} -m pip install no-such-distribution")
    assert run.ran[1].answer.failure is None


@pytest.mark.parametrize("victim", ["client", "server"])
def test_a_connection_that_breaks_while_files_run(
    victim: str, sshd: SshServer, tmp_path: Path
) -> None:
    def pull(step: str) -> None:
        if step == "running":
            os.kill(sshd.sessions()[0], signal.SIGKILL)

    if victim == "client":

        def pull(step: str) -> None:
            if step == "running":
                (client,) = [
                    int(path.parent.name)
                    for path in Path("/proc").glob("[0-9]*/cmdline")
                    if b"BatchMode=yes" in read(path) and str(sshd.port).encode() in read(path)
                ]
                os.kill(client, signal.SIGKILL)

    with pytest.raises(TargetError, match="connection was lost while files were run") as caught:
        run_sleeper(sshd, tmp_path / "job", Steps(pull))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["job", "sleeper.py"]
    no_trace(sshd)


def read(path: Path) -> bytes:
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def test_a_cable_that_is_pulled_ends_the_work_on_both_sides(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing says that the connection is gone: packets only stop to come."""
    monkeypatch.setattr(ssh, "SILENCE_S", 1.0)
    monkeypatch.setitem(ssh.OPTIONS, "ServerAliveInterval", "1")
    monkeypatch.setitem(ssh.OPTIONS, "ServerAliveCountMax", "1")
    stopped: list[int] = []

    def pull(step: str) -> None:
        if step == "running":
            names = {pid: read(Path(f"/proc/{pid}/comm")) for pid in sshd.sessions()}
            stopped.extend(pid for pid, name in names.items() if name.startswith(b"sshd"))
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)

    try:
        with pytest.raises(TargetError, match="connection was lost while files were run"):
            run_sleeper(sshd, tmp_path / "job", Steps(pull))
        until(lambda: set(sshd.sessions()) <= set(stopped) and not list(sshd.temporary.iterdir()))
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    no_trace(sshd)


def test_a_module_that_gets_nowhere_is_given_up(sshd: SshServer, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"no progress for 3 s while running; given up"):
        run_sleeper(sshd, tmp_path / "job", patience=3)
    no_trace(sshd)


def test_ctrl_c_ends_the_work_there(sshd: SshServer, tmp_path: Path) -> None:
    def press(step: str) -> None:
        if step == "running":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sleeper(sshd, tmp_path / "job", Steps(press))
    no_trace(sshd)


def test_a_worker_that_is_killed(sshd: SshServer, tmp_path: Path) -> None:
    def kill(step: str) -> None:
        if step == "running":
            os.kill(sshd.sessions()[-1], signal.SIGKILL)

    with pytest.raises(TargetError, match="the worker was ended by SIGKILL"):
        run_sleeper(sshd, tmp_path / "job", Steps(kill))
    no_trace(sshd)


@pytest.mark.heavy
def test_what_a_killed_session_leaves_there_is_removed_by_the_next(
    sshd: SshServer, tmp_path: Path
) -> None:
    module: list[int] = []

    def kill(step: str) -> None:
        if step == "running":
            *_, above, last = sshd.sessions()
            module.append(last)
            os.kill(above, signal.SIGKILL)

    with pytest.raises(TargetError, match="connection was lost while files were run"):
        run_sleeper(sshd, tmp_path / "job", Steps(kill))
    until(lambda: not sshd.sessions())
    (left,) = sshd.temporary.iterdir()
    assert left.name.startswith(remote_supervisor.PREFIX)
    assert (left / "work" / "sleeper.py").exists()
    os.kill(module[0], signal.SIGKILL)
    until(lambda: not Path(f"/proc/{module[0]}").exists())
    with pytest.raises(TargetError, match="no progress for 3 s"):
        run_sleeper(sshd, tmp_path / "job", patience=3)
    no_trace(sshd)


def test_a_module_that_fails_tells_its_last_words(sshd: SshServer, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "failing.py").write_text("import sys\nsys.exit('first\\nno more \\x1b[31mluck')\n")
    with pytest.raises(TargetError) as caught:
        run_module(at(sshd), "work.failing", folder)
    assert str(caught.value).endswith(r"failed with exit code 1: no more \x1b[31mluck")
    no_trace(sshd)


def test_sending_is_repeated(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PAUSES_S", (0.1, 0.2))
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "large").write_bytes(bytes(8 << 20))
    (folder / "quick.py").write_text(
        "import sys\nfrom pathlib import Path\nPath(sys.argv[1], 'answer').write_text('42')\n"
    )
    pulled = 0

    def pull(step: str) -> None:
        nonlocal pulled
        if step == "sending" and pulled < allowed:
            pulled += 1
            os.kill(sshd.sessions()[0], signal.SIGKILL)

    def run() -> None:
        run_module(at(sshd), "work.quick", folder, needed=BASE, progress=Steps(pull))

    allowed = 2
    run()
    assert pulled == 2
    assert (folder / "answer").read_text() == "42"
    (folder / "answer").unlink()
    pulled, allowed = 0, 9
    with pytest.raises(TargetError, match="lost while sending files, 3 times"):
        run()
    assert pulled == 3
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["job", "large", "quick.py"]
    no_trace(sshd)


def test_fetching_is_repeated(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "PAUSES_S", (0.1, 0.2))
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "large.py").write_text(
        "import sys\nfrom pathlib import Path\n"
        "answer = Path(sys.argv[1], 'below', 'answer')\nanswer.parent.mkdir()\n"
        "answer.write_bytes(bytes(range(256)) * 65536)\n"
    )
    real = remote_supervisor.receive_files
    cuts = 1

    def cut(stream: IO[bytes], *arguments: Any) -> list[str]:
        nonlocal cuts
        if cuts:
            cuts -= 1
            os.kill(sshd.sessions()[0], signal.SIGKILL)
        return real(stream, *arguments)

    monkeypatch.setattr(ssh, "receive_files", cut)
    run_module(at(sshd), "work.large", folder)
    assert cuts == 0
    assert (folder / "below" / "answer").read_bytes() == bytes(range(256)) * 65536
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        *("answer", "below", "job", "large.py")
    ]
    no_trace(sshd)


def test_another_host_key_is_refused(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "k"], check=True
    )
    config = (sshd.folder / "ssh_config").read_text()
    for content, message in (
        ("", "its key is not known; run `ssh"),
        ((tmp_path / "k.pub").read_text(), "its key is not the one that is known"),
    ):
        known = tmp_path / "known_hosts"
        known.write_text(content and f"[127.0.0.1]:{sshd.port} {content}")
        (tmp_path / "ssh_config").write_text(config.replace(str(sshd.known_hosts), str(known)))
        use_config(tmp_path, monkeypatch)
        before = known.read_text()
        with pytest.raises(TargetError, match=message) as caught:
            run_sleeper(sshd, tmp_path / "job")
        assert "\n" not in str(caught.value)
        assert known.read_text() == before


def test_a_key_that_is_not_accepted(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = (sshd.folder / "ssh_config").read_text()
    config = config.replace(f"IdentityFile {sshd.folder}/user", f"IdentityFile {tmp_path}/absent")
    (tmp_path / "ssh_config").write_text(config)
    use_config(tmp_path, monkeypatch)
    with pytest.raises(TargetError, match="it takes none of your keys"):
        run_sleeper(sshd, tmp_path / "job")


def test_a_machine_that_is_not_there(
    sshd: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = ssh.SshHost("127.0.0.1", 1)
    with pytest.raises(TargetError, match=r"ssh:127\.0\.0\.1:1: cannot be reached .*refused"):
        run_module(host, "x", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependencyError, match="install openssh-client"):
        run_module(host, "x", tmp_path)


def test_a_python_without_numpy(sshd: SshServer, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = tmp_path / "bare" / "bin" / "python"
    with pytest.raises(TargetError) as caught:
        run_module(at(sshd, python), "x", tmp_path, needed=BASE)
    assert "lacks numpy, pillow, pydantic, or has them too old; run there: " in str(caught.value)
    assert f"{python} -m pip install numpy==" in str(caught.value)
    no_trace(sshd)


def test_a_pydantic_that_is_too_old(sshd: SshServer, tmp_path: Path) -> None:
    """Debian 12 brings version 1."""
    (tmp_path / "pydantic-1.10.4.dist-info").mkdir()
    (tmp_path / "pydantic-1.10.4.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pydantic\nVersion: 1.10.4\n"
    )
    (tmp_path / "pydantic.py").write_text("")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with pytest.raises(TargetError, match="lacks pydantic, or has them too old; run there"):
        run_module(at(sshd, python), "x", tmp_path, needed=BASE)


def test_pythons_that_will_not_do(sshd: SshServer, tmp_path: Path) -> None:
    old = tmp_path / "old python"
    old.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c"
        " 'import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])' \"$2\"\n"
    )
    old.chmod(0o755)
    for python, message in (
        (tmp_path / "absent", r"there is no .*absent .*\?python=PATH"),
        (old, r"did not start \(Python 3\.9 is too old; 3\.11 or newer is needed\)"),
        ("false", r"did not start \(ssh ended with 1\)"),
    ):
        with pytest.raises(TargetError, match=message):
            run_module(at(sshd, python), "x", tmp_path)


@pytest.fixture
def small_disk(sshd: SshServer) -> Iterator[SshServer]:
    """A server where temporary files have 2 MB."""
    mounting = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(sshd.temporary)]
    if not shutil.which("mount") or subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield sshd
    subprocess.run(["umount", str(sshd.temporary)], check=True)


def fill(server: SshServer, folder: Path, reason: str) -> None:
    """Sends too much, and then has a module write too much."""
    folder.mkdir()
    (folder / "large").write_bytes(bytes(3 << 20))
    with pytest.raises(TargetError, match=rf"could not be stored there \({reason}\)"):
        run_sleeper(server, folder)
    no_trace(server)
    (folder / "large").unlink()
    (folder / "writer.py").write_text(
        "import sys\nfrom pathlib import Path\n"
        "Path(sys.argv[1], 'answer').write_bytes(bytes(3 << 20))\n"
    )
    with pytest.raises(TargetError, match=rf"OSError: .*{reason}"):
        run_module(at(server), "work.writer", folder)
    assert not (folder / "answer").exists()
    no_trace(server)


def test_what_goes_wrong_in_the_supervisor_is_told(sshd: SshServer, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"did not start \(ModuleNotFoundError: .*no_parent"):
        run_module(at(sshd), "x", tmp_path, wished=["no_parent.child"])
    no_trace(sshd)


def test_a_disk_that_is_full(small_disk: SshServer, tmp_path: Path) -> None:
    fill(small_disk, tmp_path / "job", "No space left on device")


def test_files_that_grow_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for server in start_sshd(tmp_path, limit=1 << 20):
        use_config(tmp_path, monkeypatch)
        fill(server, tmp_path / "job", "File too large")


def test_a_shell_that_talks_does_no_harm(sshd: SshServer, tmp_path: Path) -> None:
    talking = tmp_path / "talking"
    talking.write_text(f'#!/bin/sh\necho "Welcome!"\necho "{{}}"\nexec {sys.executable} "$@"\n')
    talking.chmod(0o755)
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "quick.py").write_text("print('odd line')\nprint('advance x')\n")
    steps = Steps()
    missing = run_module(
        at(sshd, talking),
        "work.quick",
        folder,
        wished=["json", "no_such_module"],
        progress=steps,
    )
    assert missing == {"no_such_module"}
    assert steps.told[f"running on ssh:{sshd.place}"] == []


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("pi", ssh.SshHost("pi")),
        ("me@pi.local", ssh.SshHost("me@pi.local")),
        ("me@10.0.0.7:2222", ssh.SshHost("me@10.0.0.7", 2222)),
        ("[fe80::1%eth0]:22", ssh.SshHost("fe80::1%eth0", 22)),
    ],
)
def test_hosts(text: str, host: ssh.SshHost) -> None:
    assert ssh.parse_host(text) == host
    assert str(host) == f"ssh:{text}"


@pytest.mark.parametrize("text", ["", "-oProxyCommand=x", "a b", "me@", "pi:", "pi:x", "a;b", "$x"])
def test_no_hosts(text: str) -> None:
    with pytest.raises(UsageError, match="user@"):
        ssh.parse_host(text)


@pytest.mark.parametrize("name", ["ssh:pi?pyton=x", "ssh:pi?python=", "ssh:pi?python=a&python=b"])
def test_unknown_settings(name: str) -> None:
    with pytest.raises(UsageError, match=r"there can be python=\.\.\."):
        open_target(name)


def test_a_target_is_given_once() -> None:
    names = [target.name for target in open_targets("ssh:a,ssh:b,ssh:a")]
    assert names == ["host", "ssh:a", "ssh:b"]
    with pytest.raises(UsageError, match="ssh:a: is given twice"):
        open_targets("ssh:a,ssh:a?python=x")


def test_threads_end(sshd: SshServer, tmp_path: Path) -> None:
    before = threading.active_count()
    with pytest.raises(TargetError):
        run_sleeper(sshd, tmp_path / "job", patience=1)
    assert threading.active_count() == before
