"""A browser that is started here, which is a script: how it is called, and how it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lowformer_edge.errors import TargetError
from lowformer_edge.targets.web.local_browser import PROGRAMS, opened_browser

from ..conftest import until

URL = "http://127.0.0.1:8000/token/"

LIVES = """#!/bin/sh
echo "$@" > "$(dirname "$0")/arguments"
echo $$ > "$(dirname "$0")/pid"
exec sleep 60
"""

DEAF = """#!/bin/sh
trap '' TERM
echo $$ > "$(dirname "$0")/pid"
while :; do sleep 0.1; done
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, which come before all others but for browsers, of which is none."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "sleep", "dirname"):
        (folder / name).symlink_to(
            next(p for p in map(Path, ("/bin", "/usr/bin")) if p.exists()) / name
        )
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(place: Path, script: str, name: str = PROGRAMS[0]) -> None:
    path = place / name
    path.write_text(script)
    path.chmod(0o755)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def written(path: Path) -> str:
    until(lambda: path.exists() and path.read_text())
    return path.read_text()


def arguments_of(place: Path, *, gpu: bool, software_gpu: bool) -> list[str]:
    with opened_browser(URL, gpu=gpu, software_gpu=software_gpu) as watch:
        arguments = written(place / "arguments").split()
        watch()
    return arguments


@pytest.mark.usefixtures("place")
def test_without_a_browser_it_says_what_to_install() -> None:
    with pytest.raises(TargetError) as caught, opened_browser(URL, gpu=False, software_gpu=False):
        pass
    assert str(caught.value).startswith("web:chromium: none of chromium, chromium-browser, google")
    assert "install chromium" in str(caught.value)


def test_the_address_is_opened_with_a_profile_of_its_own(place: Path) -> None:
    install(place, LIVES)
    arguments = arguments_of(place, gpu=False, software_gpu=False)
    assert arguments[-1] == URL
    assert {"--headless", "--disable-gpu"} <= set(arguments)
    (profile,) = (one for one in arguments if one.startswith("--user-data-dir="))
    assert not Path(profile.partition("=")[2]).parent.exists()


@pytest.mark.parametrize(
    ("software_gpu", "flags"),
    [
        (False, {"--enable-unsafe-webgpu"}),
        (True, {"--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"}),
    ],
)
def test_a_gpu_is_allowed_where_it_is_wanted(
    place: Path, software_gpu: bool, flags: set[str]
) -> None:
    install(place, LIVES)
    arguments = arguments_of(place, gpu=True, software_gpu=software_gpu)
    assert {one for one in arguments if "gpu" in one} == flags


def test_any_of_the_names_will_do(place: Path) -> None:
    install(place, LIVES, PROGRAMS[-1])
    assert arguments_of(place, gpu=False, software_gpu=False)[-1] == URL


def test_it_ends_with_the_context(place: Path) -> None:
    install(place, LIVES)
    with opened_browser(URL, gpu=False, software_gpu=False):
        pid = int(written(place / "pid"))
        assert is_alive(pid)
    assert not is_alive(pid)


def test_one_that_is_deaf_ends_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lowformer_edge.targets.web.local_browser.END_S", 0.2)
    install(place, DEAF)
    with opened_browser(URL, gpu=False, software_gpu=False):
        pid = int(written(place / "pid"))
    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            "#!/bin/sh\necho starting\necho 'no\033[31m display' >&2\nexit 3\n",
            r"no\x1b[31m display",
        ),
        ("#!/bin/sh\nexit 3\n", "it printed nothing"),
    ],
)
def test_one_that_ends_at_once_is_told_with_its_last_words(
    place: Path, script: str, reason: str
) -> None:
    install(place, script)
    with opened_browser(URL, gpu=False, software_gpu=False) as watch:
        end = time.monotonic() + 10
        with pytest.raises(TargetError) as caught:
            while time.monotonic() < end:
                watch()
                time.sleep(0.02)
    assert str(caught.value) == f"web:chromium: the browser ended with 3 ({reason})"


def test_one_that_does_not_start_is_told(place: Path) -> None:
    install(place, "no program\n")
    (place / PROGRAMS[0]).write_bytes(b"\x7fELF no program")
    with (
        pytest.raises(TargetError, match="does not start \\("),
        opened_browser(URL, gpu=False, software_gpu=False),
    ):
        pass
