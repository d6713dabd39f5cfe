"""Browsers that come over a network: by https with a fresh certificate, and by plain http."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from lowformer_edge.artifact.bundle import open_bundle
from lowformer_edge.errors import TargetError
from lowformer_edge.progress import SilentProgress
from lowformer_edge.targets.target import TargetRun, Work
from lowformer_edge.targets.web import certificate
from lowformer_edge.targets.web.address import Address
from lowformer_edge.targets.web.target import WebTarget

from .chromium import opened_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAME = "phone.test"
PLACE = "127.0.0.2"
"""An address that every Linux has; what makes it a network's is the name that it goes by."""

FLAGS = ("--disable-gpu", f"--host-resolver-rules=MAP {NAME} {PLACE}")
TRUSTING = "--ignore-certificate-errors"
"""What a person says who goes on in spite of the browser's warning."""

SMALL = "demo-int8.tflite"

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("web_lab")]


class Visitors(SilentProgress):
    """Open the page as soon as its address is told, each with a profile of its own.

    Args:
        browser: The program; each of its contexts is a browser with a profile of its own.
        count: How many open it.
    """

    def __init__(self, browser: Browser, count: int = 1) -> None:
        self._browser, self._count = browser, count
        self.said = ""

    def ask(self, text: str) -> None:
        self.said = text
        (url,) = (line for line in text.splitlines() if line.startswith("http"))
        url = url.replace(f"//{PLACE}:", f"//{NAME}:")
        for _ in range(self._count):
            self._browser.new_context().new_page().goto(url)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for the network's address of this machine, which a machine need not have."""
    address = Address(PLACE, names=(NAME,))
    monkeypatch.setattr(certificate, "network_address", lambda: address)


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    with opened_browser(playwright, FLAGS) as browser:
        yield browser


@pytest.fixture
def trusting_browser(playwright: Playwright) -> Iterator[Browser]:
    with opened_browser(playwright, (*FLAGS, TRUSTING)) as browser:
        yield browser


def run_in(
    choice: str, bundle: Path, progress: Visitors, patience: float = 60
) -> dict[str, TargetRun]:
    opened = open_bundle(bundle)
    work = Work([bundle / SMALL], opened.golden().pixels[:1], opened.preprocessing)
    return WebTarget(choice, patience).run_everywhere(work, progress)


@pytest.mark.usefixtures("network")
def test_https_under_a_name_is_isolated(demo_bundle: Path, trusting_browser: Browser) -> None:
    visitors = Visitors(trusting_browser)
    (run,) = run_in("lan?threads=2", demo_bundle, visitors).values()
    assert run.ran[0].answer.failure is None
    assert "2 threads" in str(run.ran[0].answer.runtime)
    assert run.machine["secure"] == run.machine["isolated"] == "yes"
    assert urlsplit(visitors.said.splitlines()[1]).scheme == "https"
    assert "fingerprint" in visitors.said


@pytest.mark.usefixtures("network")
def test_plain_http_under_a_name_runs_one_thread(demo_bundle: Path, browser: Browser) -> None:
    visitors = Visitors(browser)
    (run,) = run_in("lan?tls=no", demo_bundle, visitors).values()
    assert run.ran[0].answer.failure is None
    assert run.ran[0].outputs is not None
    assert run.machine["secure"] == run.machine["isolated"] == "no"
    assert "neither camera nor GPU nor threads" in visitors.said


@pytest.mark.usefixtures("network")
def test_threads_over_plain_http_fail_with_the_reason(demo_bundle: Path, browser: Browser) -> None:
    (run,) = run_in("lan?tls=no&threads=2", demo_bundle, Visitors(browser)).values()
    assert "needs an isolated page" in str(run.ran[0].answer.failure)


@pytest.mark.usefixtures("network")
def test_a_certificate_that_nobody_accepts_opens_no_page(
    demo_bundle: Path, browser: Browser
) -> None:
    class Distrustful(Visitors):
        def ask(self, text: str) -> None:
            with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
                super().ask(text)

    with pytest.raises(TargetError, match="0 of 1 browsers opened the page"):
        run_in("lan", demo_bundle, Distrustful(browser), patience=3)


def test_several_browsers_are_a_column_each(demo_bundle: Path, browser: Browser) -> None:
    runs = run_in("?browsers=2", demo_bundle, Visitors(browser, count=2))
    first, second = runs
    assert "Chrom" in first
    assert second == f"{first.removesuffix(')')}, 2)"
    assert all(run.ran[0].answer.failure is None for run in runs.values())


def test_a_page_that_is_closed_before_it_is_through_ends_the_command(
    demo_bundle: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lowformer_edge.targets.web.gathering.RELOAD_S", 1.0)

    class Impatient(Visitors):
        def ask(self, text: str) -> None:
            page = browser.new_page()
            with page.expect_request(lambda request: "files/0" in request.url):
                page.goto(text.splitlines()[-1])
            page.close()

    with pytest.raises(TargetError, match="the page was closed before it was through"):
        run_in("", demo_bundle, Impatient(browser))
