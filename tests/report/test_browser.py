"""The page in a real browser: nothing overflows a phone's screen, and all can be read."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lowformer_edge.report.evidence import Evidence
from lowformer_edge.report.page import render

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"needs one of {', '.join(BROWSERS)}")

PHONE, DESKTOP = (390, 844), (1280, 900)
LEAST_CONTRAST = 4.5
"""What WCAG 2.1 asks of text."""

PROBE = """<script>
const shown = [...document.querySelectorAll("body *")].filter(e => e.getClientRects().length);
const beyond = shown.filter(e => !e.closest(".scroll") && !e.closest("svg")
    && e.getBoundingClientRect().right > innerWidth + 0.5);
const written = shown.filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()));
const style = e => getComputedStyle(e);
const ground = e => {
  while (e && style(e).backgroundColor == "rgba(0, 0, 0, 0)") e = e.parentElement;
  return style(e || document.body).backgroundColor;
};
parent.document.body.dataset.probe = JSON.stringify({
  width: innerWidth,
  content: document.documentElement.scrollWidth,
  beyond: beyond.map(e => e.outerHTML.slice(0, 200)),
  scrolling: shown.filter(e => e.matches(".scroll") && e.scrollWidth > e.clientWidth).length,
  colours: [...new Set(written.map(
      e => style(e)[e.closest("svg") ? "fill" : "color"] + "|" + ground(e)))],
  smallest: Math.min(...written.filter(e => !e.closest("svg")).map(
      e => parseFloat(style(e).fontSize))),
  headings: [...document.querySelectorAll("h1, h2")].map(e => e.innerText),
  names: [...document.querySelectorAll("#files > figure th[scope=row]")].map(e => e.innerText),
  loaded: performance.getEntriesByType("resource").map(e => e.name),
});
</script>"""


def browse(page: Path, size: tuple[int, int], *, is_dark: bool, options: list[str]) -> str:
    """Opens a page without a network; what the browser prints."""
    assert BROWSER is not None
    return subprocess.run(
        [
            *(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"),
            f"--user-data-dir={page.parent / 'profile'}",
            f"--window-size={size[0]},{size[1]}",
            f"--blink-settings=preferredColorScheme={0 if is_dark else 1}",
            *options,
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


def probed(
    folder: Path, evidence: Evidence, size: tuple[int, int], *, is_dark: bool = False
) -> dict[str, Any]:
    """What the browser makes of the page, as the probe within it sees it."""
    # The page itself forbids scripts, and a window is never as narrow as a phone.
    source = re.sub(r"<meta http-equiv=[^>]*>", "", render(evidence).html)
    source = html.escape(source.replace("</body>", f"{PROBE}</body>"))
    page = folder / "page.html"
    page.write_text(
        '<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<body><iframe width="{size[0]}" height="{size[1]}" style="border: 0" srcdoc="{source}">',
        encoding="utf-8",
    )
    content = browse(page, size, is_dark=is_dark, options=["--dump-dom"])
    found = re.search(r'data-probe="([^"]*)"', content)
    assert found is not None
    return json.loads(html.unescape(found[1]))


def contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Ratio of two colours' luminances, as WCAG 2.1 defines it."""

    def luminance(colour: tuple[float, ...]) -> float:
        linear = [
            value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
            for value in (channel / 255 for channel in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def colour(text: str) -> tuple[float, ...]:
    """The channels of ``rgb(1, 2, 3)``."""
    return tuple(map(float, re.findall(r"[\d.]+", text)[:3]))


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "is_dark"), [(PHONE, False), (DESKTOP, True)])
def test_it_fits_the_screen_and_can_be_read(
    size: tuple[int, int], is_dark: bool, evidence: Evidence, tmp_path: Path
) -> None:
    found = probed(tmp_path, evidence, size, is_dark=is_dark)
    assert found["width"] == size[0]
    assert found["content"] == size[0]
    assert found["beyond"] == []
    assert found["smallest"] >= 13
    assert found["loaded"] == []
    assert found["headings"][:2] == ["demo", "Where it ran"]
    assert "Where ops run" in found["headings"]
    assert found["names"] == [item.file.path for item in evidence.manifest.artifacts]
    assert (found["scrolling"] > 0) == (size == PHONE)
    pairs = [tuple(map(colour, pair.split("|"))) for pair in found["colours"]]
    assert len(pairs) >= 3
    for ink, paper in pairs:
        assert contrast(ink, paper) >= LEAST_CONTRAST, (ink, paper)
        assert (sum(paper) < sum(ink)) == is_dark


def test_long_names_break(evidence: Evidence, tmp_path: Path) -> None:
    manifest = evidence.manifest
    first, *others = manifest.artifacts
    long = first.file.model_copy(update={"path": "n" * 200 + ".tflite"})
    changed = manifest.model_copy(
        update={
            "name": "m" * 300,
            "artifacts": (first.model_copy(update={"file": long}), *others),
            "machine": {"processor": "p" * 300},
        }
    )
    found = probed(tmp_path, Evidence(changed), PHONE)
    assert found["content"] == PHONE[0]
    assert found["beyond"] == []


def test_the_page_itself_runs_no_script(evidence: Evidence, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(evidence).html.replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    assert "data-probe" not in browse(page, PHONE, is_dark=False, options=["--dump-dom"])


@pytest.mark.parametrize("is_dark", [False, True])
def test_it_takes_the_readers_colours(is_dark: bool, evidence: Evidence, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(render(evidence).html, encoding="utf-8")
    browse(page, PHONE, is_dark=is_dark, options=[f"--screenshot={picture}"])
    with Image.open(picture) as image:
        assert image.size == PHONE
        corner = np.asarray(image.convert("RGB"))[2, 2]
        inks = np.asarray(image.convert("L"), np.int64)
    assert (corner.max() < 64) == is_dark
    assert (corner.min() > 192) != is_dark
    assert np.ptp(inks) > 200
