"""The page's modules, run by Node and in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lowformer_edge
from lowformer_edge import export_model, load_model
from lowformer_edge.artifact.samples import Samples
from lowformer_edge.errors import LabError
from lowformer_edge.lab import web
from lowformer_edge.lab.place import Lab
from lowformer_edge.process.tool import run_tool
from lowformer_edge.targets.web.build import build_site
from lowformer_edge.targets.web.compiler import bundle

from ...conftest import MakeOnce
from .chromium import chromium_or_skip, opened_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

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


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers, where there is one."""
    chromium_or_skip()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A browser without a screen, whose GPU is a program."""
    with opened_browser(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def page_files(web_lab: Lab) -> dict[str, bytes]:
    """The page, as it is built from its modules."""
    return build_site(web_lab)


@pytest.fixture(scope="session")
def harness(web_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A script by which tests reach the page's modules in a browser."""
    script = tmp_path_factory.mktemp("harness") / "harness.js"
    bundle(web_lab, SCRIPTS / "browser-harness.ts", script, ["--format=iife"])
    return script.read_bytes()


@pytest.fixture(scope="session")
def classifier_bundle(made_once: MakeOnce) -> Path:
    """The demo classifier as TFLite and ONNX, in fp32 and INT8."""
    return exported(made_once, None, ("tflite/fp32", "tflite/int8", "onnx/fp32"))


@pytest.fixture(scope="session", params=["detect", "segment"])
def dense_bundle(request: pytest.FixtureRequest, made_once: MakeOnce) -> Path:
    """The demo detector, and the segmenter, as TFLite."""
    return exported(made_once, request.param, ("tflite/fp32",))


def exported(made_once: MakeOnce, task: str | None, specs: tuple[str, ...]) -> Path:
    """A bundle of a demo model, judged by a few images, whose parity is nothing to the page."""

    def make(folder: Path) -> None:
        model = load_model(task=task)
        size = (model.preprocessing.height, model.preprocessing.width)
        pixels = np.random.default_rng(0).integers(0, 256, (4, *size, 3), np.uint8)
        few = Samples("noise", pixels, None)
        export_model(model, folder / "bundle", list(specs), evaluation=few, runs=1)

    return made_once(f"web-{task}", make) / "bundle"
