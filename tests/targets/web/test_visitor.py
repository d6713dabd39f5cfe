"""Who opens the page: a person, or a phone behind a stand-in for adb's server."""

from __future__ import annotations

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.targets.web.choice import parse_choice
from lowformer_edge.targets.web.server import PageServer
from lowformer_edge.targets.web.visitor import visitor

from ..adb.adb_server import AdbServer


class Asked(SilentProgress):
    """Keeps what a user is told to do."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def ask(self, text: str) -> None:
        self.texts.append(text)


def failure_of(text: str) -> str:
    """Why nobody can open the page."""
    with (
        PageServer({"index.html": b"page"}, []) as page,
        pytest.raises(TargetError) as caught,
        visitor(parse_choice(text), page, None, Asked()),
    ):
        pass
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.fixture
def adb(server: AdbServer) -> AdbServer:
    """A phone with a browser that stays open and does nothing."""
    pytest.importorskip("adbutils", reason="adbutils is not installed")
    server.browser = "sleep 0; true"
    return server


def test_a_person_is_told_the_address() -> None:
    progress = Asked()
    with (
        PageServer({"index.html": b"page"}, []) as page,
        visitor(parse_choice(""), page, None, progress) as watch,
    ):
        watch()
        (text,) = progress.texts
        assert page.url in text.splitlines()


def test_a_person_is_told_the_fingerprint() -> None:
    progress, fingerprint = Asked(), ":".join(["AB"] * 32)
    with (
        PageServer({"index.html": b"page"}, []) as page,
        visitor(parse_choice("lan"), page, fingerprint, progress),
    ):
        pass
    # The address here is this machine's own, of which no browser warns.
    assert progress.texts == [f"open this address in a browser on this machine:\n{page.url}"]


def test_a_phone_opens_the_page_by_a_port_of_its_own(adb: AdbServer) -> None:
    with (
        PageServer({"index.html": b"page"}, []) as page,
        visitor(parse_choice("adb"), page, None, Asked()) as watch,
    ):
        watch()
        assert adb.shared == [str(page.port)]
        assert (adb.root / "opened").read_text().splitlines() == [page.url]
        assert (adb.root / "inputs").read_text().split() == ["keyevent", "KEYCODE_WAKEUP"]
    assert adb.shared == []


def test_a_phone_is_chosen_by_its_serial_number(adb: AdbServer) -> None:
    adb.devices["PHONE2"] = "device"
    with (
        PageServer({"index.html": b"page"}, []) as page,
        visitor(parse_choice("adb:PHONE2"), page, None, Asked()),
    ):
        assert "host:transport:PHONE2" in adb.requests
        assert "host:transport:PHONE1" not in adb.requests


def test_a_phone_without_a_browser_is_told(adb: AdbServer) -> None:
    adb.browser = ""
    assert failure_of("adb") == (
        "web:adb: the phone does not open the page (Error: Activity not started, unable to resolve"
        " Intent { act=android.intent.action.VIEW flg=0x10000000 }); install a browser"
    )
    assert adb.shared == []


def test_a_phone_that_shares_no_port_is_told(adb: AdbServer) -> None:
    adb.faults.shares_no_ports = True
    reason = failure_of("adb")
    assert reason.startswith("web:adb: port ")
    assert reason.endswith("cannot be shared (cannot bind listener: Address already in use)")
    assert not (adb.root / "opened").exists()


def test_a_phone_that_is_gone_is_told(adb: AdbServer) -> None:
    adb.faults.unplugged = True
    assert "the connection to the device was lost" in failure_of("adb")


def test_no_phone_at_all_is_told(adb: AdbServer) -> None:
    adb.devices.clear()
    assert failure_of("adb") == (
        "web:adb: no device is connected; plug one in and allow USB debugging"
    )


def test_a_phone_that_is_unplugged_meanwhile_does_not_keep_it_from_ending(adb: AdbServer) -> None:
    with (
        PageServer({"index.html": b"page"}, []) as page,
        visitor(parse_choice("adb"), page, None, Asked()),
    ):
        adb.faults.unplugged = True
    assert adb.shared == [str(page.port)]
