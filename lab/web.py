"""The web laboratory: runtimes for browsers, and what builds and checks the page that uses them.

Packages lie in :data:`MODULES` under their names, as Node's resolution of modules finds them.
"""

from __future__ import annotations

import dataclasses
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from ..errors import LabError
from ..process.tool import check_program
from ..progress import Progress
from . import npm
from .npm import NpmPackage
from .place import Lab, new_lab, open_lab

NAME = "web"

MEGABYTES = 300

MODULES = "node_modules"

LITERT = NpmPackage(
    "@litertjs/core",
    "2.5.3",
    "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
)
"""LiteRT.js: TFLite files by XNNPACK in WebAssembly, and on the GPU by WebGPU. Apache-2.0."""

LITERT_LOADER = NpmPackage(
    "@litertjs/wasm-utils",
    "2.5.3",
    "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
)
"""What LiteRT.js loads its WebAssembly with. Apache-2.0."""

ONNX_RUNTIME = NpmPackage(
    "onnxruntime-web",
    "1.30.0",
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
)
"""ONNX Runtime in WebAssembly. MIT."""

ONNX_TYPES = NpmPackage(
    "onnxruntime-common",
    "1.30.0",
    "7fdVWjAID1dVhH/G8qK3APARunV4VkBFoCQAP7qp4Wkab0mrorvmc+sqiT+mKXOzDqdjN5j+/Z9nb4gzNPWcyA==",
)
"""The types of its interface. MIT."""

WEBGPU_TYPES = NpmPackage(
    "@webgpu/types",
    "0.1.74",
    "lgiI4hbuLcI9unnm2cL/tvCaQU45dp0xcLWJh5uB/9MBGvIA4F8XIk7nSiBeg+K4xWGYwgZKn80LmERI5CxoTA==",
)
"""The types of WebGPU. BSD-3-Clause."""

AXE = NpmPackage(
    "axe-core",
    "4.14.1",
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)
"""Checks pages for what keeps people from using them, in tests alone. MPL-2.0."""


@dataclasses.dataclass(frozen=True)
class Tools:
    """Programs that build the page, for a kind of processor.

    Attributes:
        esbuild: Makes one script of many modules. MIT.
        typescript: Checks their types. Apache-2.0.
    """

    esbuild: NpmPackage
    typescript: NpmPackage


TOOLS = {
    "x86_64": Tools(
        NpmPackage(
            "@esbuild/linux-x64",
            "0.28.2",
            "4xTZr1FUmSoQW4XIWmit3tzQrUTZM+N3P0XV8xROKYF50XfI7xeO90+1bZvNwxIufQ9hDQVRJH5YhgPVF8A/HQ"
            "==",
        ),
        NpmPackage(
            "@typescript/typescript-linux-x64",
            "7.0.2",
            "EYdf2cNg7rgCWJnxCdJ+F3V39O8ihb37eHAu1LK8oAFizgTQbPOK7zHHXbPt8rX24COqODXeI3sIf0fCXG7H/A"
            "==",
        ),
    ),
    "aarch64": Tools(
        NpmPackage(
            "@esbuild/linux-arm64",
            "0.28.2",
            "pW4AC0P3it8c7do9MVM4p51FzHzdM/TZrerurgRcHJ2WTa1VQ1CIq18xncfpBJw4ojkiZZrKW2yIBWBP92j6Ug"
            "==",
        ),
        NpmPackage(
            "@typescript/typescript-linux-arm64",
            "7.0.2",
            "Qh4eU4/y3yDjnfjjyPYihMj5/ODIlmt+Bzu17OI+fiSRDW57QmU5SiN63exPRNJPKUzcc1INa1NXdrJ+MqHjUQ"
            "==",
        ),
    ),
}
"""By the name that the system has for its processor."""

LITERT_WASM = f"{MODULES}/{LITERT.name}/wasm"
"""The builds of LiteRT's WebAssembly, each with a script."""

ONNX_FOLDER = f"{MODULES}/{ONNX_RUNTIME.name}/dist"
"""ONNX Runtime's :data:`ONNX_FILES`."""

ONNX_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")

AXE_SCRIPT = f"{MODULES}/{AXE.name}/axe.min.js"

_SHARED = ("package.json", "LICENSE", "NOTICE.txt")
"""Kept of every package that has them."""

_KEPT = {
    LITERT: ("dist", "wasm"),
    LITERT_LOADER: ("dist",),
    ONNX_RUNTIME: ("types.d.ts", *(f"dist/{name}" for name in ONNX_FILES)),
    ONNX_TYPES: ("dist/cjs", "dist/esm"),
    WEBGPU_TYPES: ("dist",),
    AXE: ("axe.min.js", "LICENSE-3RD-PARTY.txt"),
}
"""Files and folders that are used of each package."""

_ESBUILD = "bin/esbuild"
_TSC = "lib/tsc"


def build_web_lab(progress: Progress) -> Lab:
    """Fetches LiteRT.js, ONNX Runtime Web, esbuild, TypeScript's compiler and axe, 60 MB.

    Raises:
        LabError: Something cannot be had; an older laboratory stays as it was.
    """
    check_program("npm", NAME, "npm")
    tools = machine_tools()
    kept = _KEPT | {tools.esbuild: ("bin",), tools.typescript: ("lib",)}
    versions = {package.name: package.version for package in kept}
    with new_lab(NAME, versions, MEGABYTES) as folder:
        packages = folder / "npm"
        with progress.step("fetching runtimes for browsers and what builds the page"):
            npm.fetch([*kept], packages)
        with progress.step("unpacking them"):
            for package, parts in kept.items():
                into = folder / MODULES / package.name
                npm.extract(packages / package.tarball, into, _within((*_SHARED, *parts)))
            for package, program in ((tools.esbuild, _ESBUILD), (tools.typescript, _TSC)):
                (folder / MODULES / package.name / program).chmod(0o755)
        shutil.rmtree(packages)
    return open_lab(NAME)


def _within(parts: Sequence[str]) -> Callable[[PurePosixPath], bool]:
    """Tells whether a path is one of some parts of a package, or in it."""
    return lambda path: any(path.is_relative_to(part) for part in parts)


def machine_tools() -> Tools:
    """The programs that run on this machine.

    Raises:
        LabError: There are none.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in TOOLS:
        raise LabError(
            f"the {NAME} lab is for Linux on {' or '.join(TOOLS)}, not for {sys.platform} on"
            f" {machine}"
        )
    return TOOLS[machine]


def esbuild(lab: Lab) -> Path:
    """The laboratory's bundler."""
    return lab.folder / MODULES / machine_tools().esbuild.name / _ESBUILD


def typescript(lab: Lab) -> Path:
    """The laboratory's ``tsc``."""
    return lab.folder / MODULES / machine_tools().typescript.name / _TSC


def node() -> str:
    """The system's Node, which runs scripts outside of browsers.

    Raises:
        LabError: It is not installed.
    """
    found = shutil.which("node")
    if not found:
        raise LabError("scripts of the page need node to run here; install nodejs")
    return found
