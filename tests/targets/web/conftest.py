"""The page's modules, run by Node outside of a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import lowformer_edge
from lowformer_edge.errors import LabError
from lowformer_edge.lab import web
from lowformer_edge.lab.place import Lab
from lowformer_edge.process.tool import run_tool
from lowformer_edge.targets.web.compiler import bundle

ROOT = Path(lowformer_edge.__file__).parent
SCRIPTS = Path(__file__).parent / "page"

RunScript = Callable[..., str]


@pytest.fixture(scope="session")
def node() -> str:
    """Node, if it is installed."""
    try:
        return web.node()
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def run_script(web_lab: Lab, node: str, tmp_path_factory: pytest.TempPathFactory) -> RunScript:
    """Runs a script in TypeScript, by its name, in the checkout; gives what it prints."""
    folder = tmp_path_factory.mktemp("scripts")

    def run(name: str, *arguments: str) -> str:
        bundled = folder / f"{name}.mjs"
        if not bundled.exists():
            options = ["--platform=node", "--format=esm"]
            bundle(web_lab, SCRIPTS / name, bundled, options)
        command = [node, str(bundled), *arguments]
        return run_tool(command, name, cwd=ROOT, reason_of=lambda out, err: f"{out}\n{err}")

    return run
