"""A browser that tests drive."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = next(filter(None, map(shutil.which, PROGRAMS)), None)

QUIET = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
"""Nothing but the pages that are opened."""

SOFTWARE_GRAPHICS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
"""WebGL by a program."""

SOFTWARE_GPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
"""WebGPU by one."""

FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")

PHONE, DESKTOP = (390, 844), (1280, 900)


def chromium_or_skip() -> None:
    """Skips a test where no browser can be driven."""
    if PROGRAM is None:
        pytest.skip(f"needs one of {', '.join(PROGRAMS)}")
    pytest.importorskip("playwright")


@contextlib.contextmanager
def opened_browser(
    playwright: Playwright,
    flags: Sequence[str] = (*SOFTWARE_GRAPHICS, *SOFTWARE_GPU, *FAKE_CAMERA),
) -> Iterator[Browser]:
    """A browser of its own, without a screen."""
    browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*QUIET, *flags])
    try:
        yield browser
    finally:
        browser.close()
