"""The web laboratory: its packages are found as Node finds modules, and its programs run."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path

import pytest

from lowformer_edge.errors import LabError
from lowformer_edge.lab import web
from lowformer_edge.lab.place import Lab
from lowformer_edge.lab.web import (
    AXE_SCRIPT,
    LITERT_WASM,
    MODULES,
    ONNX_FILES,
    ONNX_FOLDER,
    TOOLS,
    esbuild,
    machine_tools,
    typescript,
)

BUILDS = ("compat", "jspi", "threaded")
WASM = b"\0asm"


def test_programs_run_from_the_lab(web_lab: Lab) -> None:
    tools = machine_tools()
    for program, package in (
        (esbuild(web_lab), tools.esbuild),
        (typescript(web_lab), tools.typescript),
    ):
        done = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)
        assert package.version in done.stdout


def test_runtimes_are_there_with_their_scripts(web_lab: Lab) -> None:
    names = {"litert_wasm_internal", *(f"litert_wasm_{build}_internal" for build in BUILDS)}
    files = {path.name: path for path in (web_lab.folder / LITERT_WASM).iterdir()}
    assert files.keys() == {f"{name}.{kind}" for name in names for kind in ("js", "wasm")}
    onnx = web_lab.folder / ONNX_FOLDER
    assert {path.name for path in onnx.iterdir()} == {*ONNX_FILES}
    compiled = [onnx / "ort-wasm-simd-threaded.wasm"]
    compiled += [path for name, path in files.items() if name.endswith(".wasm")]
    for path in compiled:
        with path.open("rb") as content:
            assert content.read(4) == WASM


def test_every_package_states_its_version_and_its_licence(web_lab: Lab) -> None:
    folders = [path.parent for path in (web_lab.folder / MODULES).glob("*/package.json")]
    folders += [path.parent for path in (web_lab.folder / MODULES).glob("@*/*/package.json")]
    stated = [json.loads((folder / "package.json").read_text()) for folder in folders]
    assert {one["name"]: one["version"] for one in stated} == web_lab.versions
    assert {one["license"] for one in stated} == {"Apache-2.0", "BSD-3-Clause", "MIT", "MPL-2.0"}


def test_a_script_uses_both_runtimes(web_lab: Lab, tmp_path: Path) -> None:
    """What LiteRT.js and ONNX Runtime need of other packages is there."""
    (tmp_path / MODULES).symlink_to(web_lab.folder / MODULES)
    (tmp_path / "both.js").write_text(
        "import {loadLiteRt} from '@litertjs/core';\n"
        "import {InferenceSession} from 'onnxruntime-web/wasm';\n"
        "export default [loadLiteRt, InferenceSession];\n"
    )
    command = [str(esbuild(web_lab)), "both.js", "--bundle", "--outfile=out.js", "--format=esm"]
    command.append("--conditions=onnxruntime-web-use-extern-wasm")
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    assert "litert_wasm_internal" in (tmp_path / "out.js").read_text()


def test_the_page_checker_is_one_script(web_lab: Lab) -> None:
    script = (web_lab.folder / AXE_SCRIPT).read_text(encoding="utf-8")
    assert script.startswith("/*! axe v4.14.1")


def test_other_machines_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(LabError, match="is for Linux on x86_64 or aarch64, not for linux on risc"):
        machine_tools()


def test_both_processors_have_the_same_versions() -> None:
    for tool in ("esbuild", "typescript"):
        packages = [getattr(tools, tool) for tools in TOOLS.values()]
        assert len({package.version for package in packages}) == 1
        assert len({package.sha512 for package in packages}) == len(TOOLS)


def test_a_missing_node_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="need node to run here; install nodejs"):
        web.node()
