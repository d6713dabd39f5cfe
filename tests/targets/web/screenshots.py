"""Takes the pictures of the page in ``docs/``: ``make web-pictures``.

python -m lowformer_edge.tests.targets.web.screenshots CLASSIFIER DETECTOR SEGMENTER, three bundles.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from lowformer_edge.demo.scenes import bundled_garments, make_scene
from lowformer_edge.lab.place import open_lab
from lowformer_edge.targets.web.build import build_site

from .chromium import DESKTOP, PHONE, opened_browser
from .sites import WASM, served, site_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = Path(__file__).parents[3] / "docs"

_COLOURS = 256
_LARGEST = 150_000
_WAIT_MS = 300_000


def main() -> None:
    """Takes them all."""
    classifier, detector, segmenter = map(Path, sys.argv[1:])
    lab = open_lab("web")
    page = build_site(lab)
    both = (WASM, {**WASM, "threads": 2})
    pictures = (
        ("phone-light", PHONE, "light", detector, (WASM,)),
        ("phone-dark", PHONE, "dark", segmenter, (WASM,)),
        ("desktop-light", DESKTOP, "light", segmenter, both),
        ("desktop-dark", DESKTOP, "dark", classifier, both),
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        photos = _photos(Path(folder))
        with opened_browser(playwright) as browser:
            for name, size, scheme, bundle, settings in pictures:
                parts = site_of(bundle, page, settings=settings, rounds=20, samples=photos)
                with served(parts) as site:
                    picture = _taken(browser, site.address, size, scheme)
                _write(picture, DOCS / f"web-page-{name}.png")


def _photos(folder: Path) -> list[Path]:
    garments = bundled_garments()
    for number in range(3):
        scene = make_scene(*garments, seed=2026, number=number, size=(320, 320))
        Image.fromarray(scene.pixels).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


def _taken(browser: Browser, address: str, size: tuple[int, int], scheme: str) -> bytes:
    """The whole page once all was measured and a photo was seen."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=1,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Check and time all files").click()
    page.get_by_role("button", name="Save the report").wait_for(timeout=_WAIT_MS)
    page.get_by_role("button", name="Sample photo 2").click()
    page.locator(".latency:not(:empty)").wait_for(timeout=_WAIT_MS)
    page.evaluate("document.activeElement.blur()")
    picture = page.screenshot(full_page=True)
    context.close()
    return picture


def _write(picture: bytes, path: Path) -> None:
    """As few colours and bytes as tell it."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > _LARGEST:
        sys.exit(f"error: {path}: has {size} bytes, more than {_LARGEST}")


if __name__ == "__main__":
    main()
