"""Files on a phone, which is a stand-in behind a server that speaks adb's protocol.

None of this has run on a phone: what it proves is this side of the protocol.
"""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lowformer_edge.artifact.golden import GoldenVectors
from lowformer_edge.artifact.manifest import Manifest
from lowformer_edge.artifact.preprocessing import Preprocessing
from lowformer_edge.cli.verify import main as verify
from lowformer_edge.errors import MissingDependencyError, TargetError, UsageError
from lowformer_edge.progress import Advance, SilentProgress
from lowformer_edge.targets.adb import app as adb_app
from lowformer_edge.targets.adb import connection
from lowformer_edge.targets.adb import device as adb_device
from lowformer_edge.targets.adb.target import AdbTarget
from lowformer_edge.targets.host import HostTarget
from lowformer_edge.targets.registry import open_target
from lowformer_edge.targets.target import TargetRun, Work

from .adb_server import AdbServer

pytest.importorskip("adbutils", reason="adbutils is not installed")

needs_adb = pytest.mark.skipif(
    shutil.which("adb") is None, reason="the adb client is not installed (Debian's package adb)"
)

PIXELS = np.zeros((2, 8, 8, 3), np.uint8)


def run(
    files: list[Path],
    choice: str = "",
    pixels: NDArray[np.uint8] = PIXELS,
    patience: float = 60,
) -> TargetRun:
    work = Work(files, pixels, Preprocessing(size=pixels.shape[1]))
    return AdbTarget(choice, patience).run(work, SilentProgress())


@pytest.fixture
def refused_file(server: AdbServer, demo_bundle: Path) -> list[Path]:
    """A file that the app refuses, which is quicker than running it."""
    (server.root / "mode").write_text("refuse")
    return [demo_bundle / "demo-int8.tflite"]


def left_on(server: AdbServer) -> list[str]:
    """Files of jobs and answers that are still on the phone."""
    return [
        path.name
        for folder in ("data/local/tmp", "sdcard")
        for path in (server.root / folder).rglob("*")
        if path.is_file()
    ]


def refused(message: str, action: Callable[[], object]) -> str:
    with pytest.raises(TargetError) as caught:
        action()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Counts(SilentProgress):
    """Sums what each step is told."""

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}

    @contextlib.contextmanager
    def step(self, description: str, total: int | None = None) -> Iterator[Advance]:
        self.sums[description] = 0

        def advance(count: int) -> None:
            assert count >= 0
            self.sums[description] += count

        yield advance
        assert self.sums[description] == total


def test_files_compute_the_same_there(
    phone: AdbServer, demo_bundle: Path, demo_manifest: Manifest
) -> None:
    golden = GoldenVectors.load(demo_bundle / demo_manifest.golden.path)
    spec = demo_manifest.preprocessing_spec()
    files = [demo_bundle / "demo-fp32.tflite", demo_bundle / "demo-int8.tflite"]
    counts = Counts()
    there = open_target("adb").run(Work(files, golden.pixels, spec), counts)
    here = HostTarget().run(Work(files, golden.pixels, spec), SilentProgress())
    for ours, theirs in zip(here.ran, there.ran, strict=True):
        assert ours.answer == theirs.answer
        assert ours.outputs is not None
        assert theirs.outputs is not None
        np.testing.assert_array_equal(ours.outputs["logits"], theirs.outputs["logits"])
    assert there.machine == {
        "app": "stand-in",
        "processor": "Google Tensor G3",
        "system": "Android 14 (API 34) arm64-v8a",
        "model": "Google Pixel 8",
        "battery": "87 %",
        "battery temperature": "29.5 °C",
        "charging": "yes",
        "throttling": "light",
        "battery after": "87 %",
        "battery temperature after": "29.5 °C",
        "charging after": "yes",
        "throttling after": "light",
    }
    assert counts.sums["running on adb"] == 2 * len(golden.pixels)
    assert left_on(phone) == []
    assert not (phone.root / "pid").exists()


def test_the_command_judges_what_comes_back(
    phone: AdbServer, demo_bundle: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    few = ["--evaluation-images", "20", "--target-images", "4"]
    assert verify([str(demo_bundle), "--on", "adb:PHONE1", *few, "--json", "--quiet"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    result = json.loads(out)
    assert result["targets"]["adb:PHONE1"]["model"] == "Google Pixel 8"
    links = {(link["first"], link["second"]): link for link in result["links"]}
    same = links["demo-int8.tflite on host", "demo-int8.tflite on adb:PHONE1"]
    assert same["outputs"]["logits"]["sqnr_db"] == "exact"


def test_which_device(server: AdbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for devices, serial, message in (
        ({}, "", "adb: no device is connected"),
        ({"A": "unauthorized"}, "", "adb: A does not trust this computer"),
        ({"A": "offline"}, "", "adb: A is offline; plug it in again"),
        ({"A": "no permissions"}, "", "(no permissions)"),
        ({"A": "host"}, "", "A is in the state 'host'"),
        ({"A": "device", "B": "device"}, "", "there are 2 devices; choose one with adb:SERIAL"),
        ({"A": "device", "B": "offline"}, "B", "adb:B: B is offline"),
        ({"A": "device"}, "C", "adb:C: C is not connected; there are A"),
    ):
        server.devices = devices
        refused(message, functools.partial(run, [], serial))
    server.devices = {"A": "device", "B": "device"}
    monkeypatch.setenv("ANDROID_SERIAL", "B")
    assert "is not installed there" in refused("adb: the app org.lowformer.edge", lambda: run([]))
    assert "host:transport:B" in server.requests


def test_the_app_is_installed_once(
    server: AdbServer, tmp_path: Path, refused_file: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused("give its file with ?apk=FILE", lambda: run(refused_file))
    apk = tmp_path / "app.apk"
    apk.write_bytes(b"PK" + bytes(200_000))
    for _ in range(2):
        assert "is refused" in (run(refused_file, f"?apk={apk}").ran[0].answer.failure or "")
    assert len((server.root / "installs").read_text().splitlines()) == 1
    assert run(refused_file).ran[0].outputs is None
    # What the app's own build left is taken without being named.
    monkeypatch.setattr(adb_app, "BUILT", tmp_path)
    apk.write_bytes(b"PK and a newer app")
    run(refused_file)
    assert len((server.root / "installs").read_text().splitlines()) == 2
    apk.write_bytes(b"no app")
    refused("app.apk could not be installed (Failure [INSTALL_PARSE", lambda: run(refused_file))
    assert left_on(server) == []


def test_gradles_app_is_found_and_no_test_product() -> None:
    root = Path(adb_app.__file__).parents[2] / "android_demo"
    assert root / "app" / "build" / "outputs" / "apk" / "debug" == adb_app.BUILT
    assert (root / "app" / "build.gradle.kts").is_file()


def test_lost_connections_are_opened_anew(phone: AdbServer, refused_file: list[Path]) -> None:
    counts = Counts()
    phone.faults.drops, phone.faults.lost_shells = 2, 2
    target = AdbTarget()
    ran = target.run(Work(refused_file, PIXELS, Preprocessing(size=8)), counts)
    assert "is refused" in (ran.ran[0].answer.failure or "")
    assert phone.faults.drops == phone.faults.lost_shells == 0
    assert counts.sums["sending to adb"] > 200_000
    assert left_on(phone) == []


def test_a_cable_that_is_pulled_while_files_are_sent(
    phone: AdbServer, refused_file: list[Path]
) -> None:
    phone.faults.drops = 3
    message = refused("the connection to the device was lost", lambda: run(refused_file))
    assert message.endswith("plug it in and run it again")
    assert left_on(phone) == []


def test_a_cable_that_is_pulled_while_files_run(phone: AdbServer, refused_file: list[Path]) -> None:
    (phone.root / "mode").write_text("hang")
    phone.faults.unplug_after = 3
    refused("device 'PHONE1' not found", lambda: run(refused_file))


def test_a_device_that_goes_offline(phone: AdbServer, refused_file: list[Path]) -> None:
    device = adb_device.open_device("", "adb")
    assert device.shell("echo here; exit 3") == (3, "here")
    phone.devices["PHONE1"] = "offline"
    refused("device offline", lambda: device.shell("echo here"))
    refused("device offline", lambda: device.pull("/data/local/tmp/x"))


def test_a_full_device(phone: AdbServer, refused_file: list[Path]) -> None:
    phone.faults.capacity = 100_000
    message = refused("No space left on device; make room there", lambda: run(refused_file))
    assert "/0/demo-int8.tflite: couldn't write file" in message
    assert left_on(phone) == []
    # It is not tried again: nothing is gained by it.
    assert phone.requests.count("sync:") == 1


def test_files_come_back_as_they_were(phone: AdbServer) -> None:
    device = adb_device.open_device("PHONE1", "adb")
    content = np.random.default_rng(0).bytes(300_001)
    told: list[int] = []
    for size in (0, 1, 65_536, 300_001):
        device.push(content[:size], "/data/local/tmp/x", told.append)
        assert device.pull("/data/local/tmp/x") == content[:size]
    assert sum(told) == 65_537 + 300_001
    phone.faults.drops = 1
    assert device.pull("/data/local/tmp/x") == content
    refused("open failed: No such file", lambda: device.pull("/data/local/tmp/absent"))
    refused("couldn't create file", lambda: device.push(b"x", "/data/absent/x", told.append))


def test_an_app_that_dies(phone: AdbServer, refused_file: list[Path]) -> None:
    (phone.root / "mode").write_text("crash")
    refused(
        "the app ended without an answer (java.lang.OutOfMemoryError: no 64 MB left)",
        lambda: run(refused_file),
    )
    assert left_on(phone) == []


def test_an_app_that_does_not_start(phone: AdbServer, refused_file: list[Path]) -> None:
    am = phone.root / "bin" / "am"
    started = am.read_text()
    for printed, code in (("Error: Activity class {x} does not exist.", 0), ("Killed", 137)):
        am.write_text(f"#!/bin/sh\n[ $1 = start ] && echo '{printed}' && exit {code}\n")
        refused(f"the app does not start ({printed})", lambda: run(refused_file))
        assert left_on(phone) == []
    am.write_text(started)


def test_an_app_that_is_told_to_end(
    phone: AdbServer, refused_file: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (phone.root / "mode").write_text("hang")
    polled = adb_app.AdbApp._poll
    polls = 0

    def pressed(app: adb_app.AdbApp, number: int) -> list[str]:
        nonlocal polls
        polls += 1
        if polls == 10:
            raise KeyboardInterrupt
        return polled(app, number)

    monkeypatch.setattr(adb_app.AdbApp, "_poll", pressed)
    with pytest.raises(KeyboardInterrupt):
        run(refused_file)
    assert (phone.root / "cancelled").read_text() == "cleanly"
    assert left_on(phone) == []
    assert not (phone.root / "pid").exists()


def test_an_app_that_ends_early(phone: AdbServer, refused_file: list[Path]) -> None:
    (phone.root / "mode").write_text("low")
    refused("adb: the battery is at 9 % and not charging", lambda: run(refused_file))
    assert left_on(phone) == []


def test_an_app_that_never_ends(phone: AdbServer, refused_file: list[Path]) -> None:
    (phone.root / "mode").write_text("hang")
    refused("no progress for 0.5 s", lambda: run(refused_file, patience=0.5))
    assert left_on(phone) == []
    assert not (phone.root / "pid").exists()


def test_answers_that_do_not_fit(
    phone: AdbServer, demo_bundle: Path, demo_manifest: Manifest
) -> None:
    golden = GoldenVectors.load(demo_bundle / demo_manifest.golden.path)
    files = [demo_bundle / "demo-int8.tflite"]
    for mode, message in (
        ("newer", "(protocol: Input should be 3); install the app of this version"),
        ("few", "the app did not answer for the request's 1 files"),
        ("short", "output-0-0.raw is damaged"),
    ):
        (phone.root / "mode").write_text(mode)
        refused(message, functools.partial(run, files, pixels=golden.pixels[:2]))
        assert left_on(phone) == []


def test_what_the_app_takes(tmp_path: Path) -> None:
    cpu, gpu = AdbTarget("S"), AdbTarget("S?accelerator=gpu-fp16")
    assert (cpu.name, cpu.half) == ("adb:S", False)
    assert (gpu.name, gpu.half) == ("adb:S?accelerator=gpu-fp16", True)
    assert cpu.refusal(Path("a.pte")) is None
    assert "alone on the gpu-fp16" in (gpu.refusal(Path("a.pte")) or "")
    assert "takes .tflite and .pte files alone" in (cpu.refusal(Path("a.onnx")) or "")
    for name, message in (
        ("adb?accelerator=npu", "is no accelerator"),
        ("adb?apk=/absent.apk", "no such file"),
        ("adb:S?x=y", r"there can be apk=\.\.\. and accelerator=\.\.\."),
    ):
        with pytest.raises(UsageError, match=message):
            open_target(name)


def test_without_adbutils(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbutils", None)
    with pytest.raises(MissingDependencyError, match=r"install lowformer-edge\[adb\]"):
        run([])


def test_a_server_that_is_no_adb(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(listener.getsockname()[1]))
        monkeypatch.setattr(connection, "TIMEOUT_S", 0.3)
        refused("does not answer", lambda: run([]))


@needs_adb
def test_the_stand_in_is_what_the_real_client_takes_for_a_server(
    phone: AdbServer, tmp_path: Path
) -> None:
    def adb(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["adb", "-P", str(phone.port), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert adb("devices").stdout.split("\n")[1] == "PHONE1\tdevice"
    one = ("-s", "PHONE1")
    done = adb(*one, "shell", "getprop | grep soc; echo told >&2; exit 7")
    assert (done.returncode, done.stderr) == (7, "told\n")
    assert "Tensor G3" in done.stdout
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(np.random.default_rng(0).bytes(300_001))
    done = adb(*one, "push", str(source), "/data/local/tmp/x")
    assert done.returncode == 0, done.stderr
    done = adb(*one, "pull", "/data/local/tmp/x", str(back))
    assert done.returncode == 0, done.stderr
    assert back.read_bytes() == source.read_bytes()
    phone.faults.capacity = 100_000
    done = adb(*one, "push", str(source), "/data/local/tmp/y")
    assert done.returncode == 1
    assert "No space left on device" in done.stdout + done.stderr
    phone.devices["PHONE1"] = "offline"
    assert "device offline" in adb(*one, "shell", "true").stderr


# adbutils leaves the socket open with which it finds out that no server runs.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@needs_adb
def test_the_real_server_is_started(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A server of our own, on a port of its own; no phone is expected."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
    monkeypatch.delenv("ANDROID_ADB_SERVER_HOST", raising=False)
    try:
        refused("connected", lambda: run([], "no-such-phone"))
    finally:
        subprocess.run(["adb", "-P", str(port), "kill-server"], capture_output=True)
    assert capfd.readouterr().out == ""
