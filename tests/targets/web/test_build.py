"""The site is what the page's modules make, and is committed as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
from lowformer_edge.lab.place import Lab
from lowformer_edge.process.tool import run_tool
from lowformer_edge.targets.web.build import ENTRIES, PAGE, SITE, STATIC, build_site, write_site
from lowformer_edge.targets.web.compiler import SETTINGS

SIZES = """\
import { sizeText } from "../size";

/** What nobody needs to download. */
console.log(sizeText({ height: 2, width: 3 }) + " \N{MULTIPLICATION SIGN}");
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with a script and a style."""
    folder = tmp_path / "page"
    for name in (ENTRIES, STATIC):
        (folder / name).mkdir(parents=True)
    shutil.copy(PAGE / SETTINGS, folder)
    shutil.copy(PAGE / "imaging" / "size.ts", folder)
    (folder / ENTRIES / "main.ts").write_text(SIZES, encoding="utf-8")
    (folder / STATIC / "page.css").write_text("body { margin: 0; }\n")
    return folder


def test_a_site_is_scripts_and_what_comes_as_it_is(
    web_lab: Lab, node: str, page: Path, tmp_path: Path
) -> None:
    site = build_site(web_lab, page)
    assert site.keys() == {"main.js", "page.css"}
    assert site["page.css"] == b"body { margin: 0; }\n"
    assert b"nobody needs" not in site["main.js"]
    write_site(site, tmp_path / "site")
    told = run_tool([node, tmp_path / "site" / "main.js"], "running a script")
    assert told == "2 x 3 \N{MULTIPLICATION SIGN}\n"


def test_the_same_modules_elsewhere_make_the_same_site(
    web_lab: Lab, page: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(page, tmp_path / "another" / "place")
    assert build_site(web_lab, copy) == build_site(web_lab, page)


def test_a_type_that_does_not_fit_is_told(web_lab: Lab, page: Path) -> None:
    (page / ENTRIES / "main.ts").write_text('import { sizeText } from "../size";\nsizeText(1);\n')
    with pytest.raises(LabError, match=r"main\.ts\(2,10\): error TS2345"):
        build_site(web_lab, page)


def test_a_page_without_modules_and_one_with_a_name_twice_are_told(
    web_lab: Lab, page: Path
) -> None:
    (page / STATIC / "main.js").touch()
    with pytest.raises(LabError, match=r"main\.js is in static and made from main\.ts"):
        build_site(web_lab, page)
    (page / ENTRIES / "main.ts").unlink()
    with pytest.raises(LabError, match="has no modules in entries"):
        build_site(web_lab, page)


def test_an_older_site_is_replaced_whole(tmp_path: Path) -> None:
    write_site({"main.js": b"1", "old.js": b"2"}, tmp_path / "site")
    write_site({"main.js": b"3"}, tmp_path / "site")
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.js")} == {"main.js": b"3"}


def test_the_committed_site_is_current(web_lab: Lab) -> None:
    """As soon as the page has an entry."""
    committed = {path.name: path.read_bytes() for path in SITE.glob("*")}
    entries = list((PAGE / ENTRIES).glob("*.ts"))
    assert committed == (build_site(web_lab) if entries else {})
