"""Builds the site of the page: ``python -m lowformer_edge.targets.web.build``.

The site is committed, so that who installs the package needs no Node and no TypeScript.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from ...errors import LabError, LowFormerEdgeError
from ...lab.place import Lab, open_lab
from ...lab.web import NAME
from ...process.replacing import Ownership, named_contents, replaced_folder
from .compiler import SETTINGS, bundle, check_types

PAGE = Path(__file__).parent / "page"
SITE = Path(__file__).parent / "site"

ENTRIES = "entries"
"""In the page's folder: modules that each become a script of the site, for pages and workers."""

STATIC = "static"
"""In it: what the site has as it is."""

_OPTIONS = ("--minify", "--format=iife", "--charset=utf8")
"""Workers whose script is a module cannot load LiteRT.js."""


def build_site(lab: Lab, page: Path = PAGE) -> dict[str, bytes]:
    """The site's files by name.

    Args:
        lab: The web laboratory.
        page: The folder of the page's modules.

    Raises:
        LabError: There is nothing to build, a type does not fit, a module is missing, or a script
            and a file have one name.
    """
    modules = sorted((page / ENTRIES).glob("*.ts"))
    if not modules:
        raise LabError(f"{page}: has no modules in {ENTRIES}; build it in a checkout")
    check_types(lab, page / SETTINGS, [page])
    site = {path.name: path.read_bytes() for path in sorted((page / STATIC).glob("*"))}
    with tempfile.TemporaryDirectory() as folder:
        for module in modules:
            script = Path(folder) / f"{module.stem}.js"
            if script.name in site:
                raise LabError(f"{page}: {script.name} is in {STATIC} and made from {module.name}")
            bundle(lab, module, script, _OPTIONS)
            site[script.name] = script.read_bytes()
    return site


def write_site(site: dict[str, bytes], folder: Path = SITE) -> None:
    """Puts a site in the place of an older one, whole.

    Raises:
        ArtifactError: The folder cannot be written.
    """
    with replaced_folder(folder, _OWN) as new:
        for name, content in site.items():
            (new / name).write_bytes(content)


def main() -> None:
    """Builds the site anew."""
    try:
        write_site(build_site(open_lab(NAME)))
    except LowFormerEdgeError as error:
        sys.exit(f"error: {error}")


_OWN = Ownership(lambda folder: named_contents(folder, [path.name for path in folder.iterdir()]))
"""All files of an older site."""


if __name__ == "__main__":
    main()
